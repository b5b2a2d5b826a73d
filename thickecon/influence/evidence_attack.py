"""Attacks on the evidence: the estimate of endorsement is moved, not the preferences."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import InputError
from ..lenses.lens import Endorsed
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Outcome
from ..problems.choice import Choice
from .objectives import objective_of

__all__ = ["EvidenceAttack", "attack_evidence"]

CORNERS = 10
"""Unknowns up to which all corners of the attacked box are tried."""


@dataclass(frozen=True, eq=False)
class EvidenceAttack:
    """What moving the estimate within a radius gains.

    Attributes
    ----------
    gain
        Found.
    theta
        The estimate that brings it.
    largest_move
        By how much the attack moves the sum over people of any difference between two options, at most.
    margin
        Gap between the best and second-best option in what is read (T2); None where no sum over options decides.
    safe
        Is the largest move below the margin? Then an objective that depends on the allocation alone gains nothing.
    evaluations
        Runs.
    base, outcome
        Before and after.
    """

    gain: float
    theta: FloatArray
    largest_move: float
    margin: float | None
    safe: bool
    evaluations: int
    base: Outcome
    outcome: Outcome


def attack_evidence(
    mechanism: Mechanism, problem: object, objective: Any = "revenue", *, radius: float, draws: int = 200, rng: RNG = 0
) -> EvidenceAttack:
    """Search estimates within ``radius`` of the planner's (each unknown, cut to [0, 1]) for the best of an attacker.

    Of an objective that depends on the allocation alone the gain is at most its range over allocations, and 0 while
    the estimate moves sums by less than the margin (T6). Of one that counts payments there is no such zero.

    Parameters
    ----------
    mechanism, problem
        The planner's picture.
    objective
        See :func:`objective_of`.
    radius
        In units of endorsement.
    draws
        Random estimates, where there are more than ten unknowns.
    rng
        Seed.

    Raises
    ------
    InputError
        A negative radius.
    """
    if not radius >= 0:
        raise InputError(f"must be at least 0, found {radius!r}", where="radius")
    seen, value = mechanism.wrap(problem), objective_of(objective)
    profile, e = seen.profile, seen.profile.endorsement
    gen = generator(rng)
    seed = int(gen.integers(0, 2**62))
    base = mechanism.run(seen, rng=seed)
    low, high = np.clip(e.theta - radius, 0, 1), np.clip(e.theta + radius, 0, 1)
    if e.theta.size <= CORNERS:
        tables = [np.where(np.reshape(bits, e.theta.shape), high, low) for bits in product((0, 1), repeat=e.theta.size)]
        tables += [np.where(np.reshape(one, e.theta.shape), end, e.theta) for end in (low, high)
                   for one in np.eye(e.theta.size, dtype=bool)]  # fmt: skip
    else:
        bits = gen.integers(0, 2, (draws, *e.theta.shape))
        tables = list(np.where(bits, high, low))
    best, theta, outcome = 0.0, e.theta, base
    for table in tables:
        made = mechanism.run(seen.with_profile(profile.with_endorsement(e.at_theta(table))), rng=seed)
        gain = value(made) - value(base)
        if gain > best:
            best, theta, outcome = gain, table, made
    move, margin = _sums(seen, low, high)
    return EvidenceAttack(
        best, theta, move, margin, margin is not None and move < margin, len(tables) + 1, base, outcome
    )


def _sums(seen: Any, low: FloatArray, high: FloatArray) -> tuple[float, float | None]:
    """The largest move of a difference between two options' sums, and the margin of a choice."""
    profile, e, index = seen.profile, seen.profile.endorsement, seen.profile.index
    people = np.ones(profile.n_agents) if profile.weights is None else profile.weights
    group = np.zeros(profile.n_agents, dtype=np.intp) if e.group is None else e.group
    totals = np.zeros((*e.theta.shape, profile.n_options))
    for motive, column in enumerate(e.columns(profile.n_motives)):
        pull = profile.contributions[motive] * people[index.agent]
        np.add.at(totals[:, column], (group[index.agent], index.option), pull)
    gaps = np.abs(totals[..., None, :] - totals[..., :, None])
    reach = np.maximum(high - e.theta, e.theta - low)
    move = float((gaps * reach[..., None, None]).sum(axis=(0, 1)).max(initial=0.0))
    if not isinstance(seen, Choice) or profile.n_options < 2:
        return move, None
    values = Endorsed().read(profile).values * people[index.agent]
    sums = np.sort(np.bincount(index.option, values, minlength=profile.n_options))
    return move, float(sums[-1] - sums[-2])
