"""The manipulation, planted openly: a campaign that promotes three courses to some of the students.

The strength is that of a published framing effect. In Many Labs 1 (Klein et al. 2014, gain / loss problem, 36 sites,
6,271 people) an option was chosen by 37.81 % under the frame against it and by 66.48 % under the frame for it: 1.18
log odds. What one unit of log odds is worth in points comes from a logit fitted to the students' own points.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..._core.arrays import BoolArray, FloatArray, IntArray, frozen
from ..._core.rng import RNG, generator
from ...errors import InputError
from ...problems.assignment import Assignment
from ...profiles.endorsement import Endorsement, Evidence
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile

__all__ = ["MANY_LABS_LOG_ODDS", "MANY_LABS_SHARES", "Plant", "Scale", "draw_plant", "eligible_courses", "fit_scale"]

MANY_LABS_SHARES = (0.3781, 0.6648)
"""Share choosing the option under the frame against it and for it; doi:10.1027/1864-9335/a000178."""


def _log_odds(share: float) -> float:
    return float(np.log(share) - np.log1p(-share))


MANY_LABS_LOG_ODDS = _log_odds(MANY_LABS_SHARES[1]) - _log_odds(MANY_LABS_SHARES[0])
"""1.18: the difference of log odds between the two frames."""


@dataclass(frozen=True)
class Scale:
    """Points for one unit of log odds, and the standard error of that number."""

    points: float
    standard_error: float


def fit_scale(profile: ThickProfile) -> Scale:
    """A logit fitted to points by moments: d[i, x] = quality[x] + scale * Gumbel noise between students.

    The variance of Gumbel noise is pi^2 / 6, so scale = sqrt(6) / pi times the standard deviation of points around
    the mean of their course (residual degrees of freedom). Its error is the jackknife over students.

    Parameters
    ----------
    profile
        Reported points.

    Returns
    -------
    Scale

    Raises
    ------
    InputError
        Fewer than two students, or no more rows than courses.
    """
    index, points = profile.index, profile.rows.revealed
    if profile.n_agents < 2 or len(points) <= profile.n_options + int(np.diff(index.indptr).max()):
        raise InputError("needs several students and more rows than courses", where="fit_scale")
    full = _scale(points, index.option, profile.n_options)
    without = [
        _scale(points[index.agent != i], index.option[index.agent != i], profile.n_options)
        for i in range(profile.n_agents)
    ]
    n = len(without)
    return Scale(full, float(np.sqrt((n - 1) / n * ((np.array(without) - np.mean(without)) ** 2).sum())))


def _scale(points: FloatArray, course: npt.NDArray[np.int32], m: int) -> float:
    count = np.bincount(course, minlength=m)
    mean = np.bincount(course, points, minlength=m) / np.maximum(count, 1)
    squares = float(((points - mean[course]) ** 2).sum())
    return float(np.sqrt(6.0) / np.pi * np.sqrt(squares / (len(points) - int((count > 0).sum()))))


@dataclass(frozen=True, eq=False)
class Plant:
    """One campaign.

    Attributes
    ----------
    market
        The untouched market: real points.
    truth
        Reports d = v + delta with v the real points: a motive "points" that is endorsed and one for each promotion
        that is not.
    courses
        Labels of the promoted courses.
    reached
        (n,) students the campaign reached.
    log_odds, shift
        Its strength, and what that is in points.
    """

    market: Assignment
    truth: ThickProfile
    courses: tuple[Hashable, ...]
    reached: BoolArray
    log_odds: float
    shift: float

    @property
    def motives(self) -> tuple[str, ...]:
        """Names of the promotions among the motives."""
        return tuple(motive.name for motive in self.truth.motives[1:])


def eligible_courses(profile: ThickProfile) -> IntArray:
    """Positions of courses with an audience: at least half of the students can take them."""
    count = np.bincount(profile.index.option, minlength=profile.n_options)
    found: IntArray = np.flatnonzero(2 * count >= profile.n_agents)
    return found


def draw_plant(
    market: Assignment, scale: Scale, rng: RNG, *, log_odds: float = MANY_LABS_LOG_ODDS, courses: int = 3
) -> Plant:
    """A campaign for ``courses`` courses drawn at random from those with an audience, to a random half of the students.

    Parameters
    ----------
    market
        Real points.
    scale
        Points for one unit of log odds.
    rng
        Seed: which courses and which students.
    log_odds
        Strength of the promotion.

    Raises
    ------
    InputError
        Too few courses with an audience.
    """
    gen = generator(rng)
    profile = market.profile
    pool = eligible_courses(profile)
    if len(pool) < courses:
        raise InputError(f"only {len(pool)} courses have an audience, {courses} are to be promoted", where="draw_plant")
    promoted = np.sort(gen.choice(pool, size=courses, replace=False))
    reached = np.zeros(profile.n_agents, dtype=bool)
    reached[gen.choice(profile.n_agents, size=profile.n_agents // 2, replace=False)] = True
    labels = tuple(profile.options[int(x)] for x in promoted)
    shift = log_odds * scale.points
    truth = _bent(profile, promoted, labels, reached, shift)
    return Plant(market, truth, labels, frozen(reached, bool, copy=False), log_odds, shift)


def _bent(
    profile: ThickProfile, promoted: FloatArray, labels: tuple[Hashable, ...], reached: BoolArray, shift: float
) -> ThickProfile:
    index, points = profile.index, profile.rows.revealed
    pushed = (index.option[None, :] == promoted[:, None]) & reached[index.agent][None, :]
    table = np.concatenate([points[None, :], np.where(pushed, shift, 0.0)])
    motives = (
        Motive("points", "value"),
        *(Motive(f"promotion of {name}", "influence", owner="department", channel="campaign") for name in labels),
    )
    theta = np.array([[1.0] + [0.0] * len(labels)])
    record = Evidence("planted: the promotions are endorsed by nobody")
    return replace(
        profile,
        contributions=frozen(table, copy=False),
        endorsement=Endorsement(theta, evidence=(record,)),
        motives=motives,
        resolution_override=None,
    )
