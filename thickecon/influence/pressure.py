"""One way of bending preferences: whose, through which channel, at what cost; and profiles under pressure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from ..errors import InputError, NotApplicableError
from ..profiles.endorsement import Endorsement
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile

__all__ = ["Influence", "pressed", "with_pull"]


class _Pushed(tuple[tuple[Hashable, float], ...]):
    """(option, strength) pairs: told apart from options that are tuples themselves."""

    __slots__ = ()


@dataclass(frozen=True)
class Influence:
    """What a unit of effort adds to evaluations, who pays for it and what it costs.

    Nothing of it is endorsed: whether it should be is not the manipulator's to say.

    Parameters
    ----------
    owner
        Who profits.
    channel
        Through what it comes.
    target
        What is pushed: options, or option -> how much a unit of effort adds to its evaluation.
    budget
        The most effort that can go into it.
    cost
        Of effort e: ``cost * e ** convexity``.
    decay
        Share of past effort that is gone a period later; 1: nothing is carried over.
    agents
        Whom it reaches; None: everybody.
    convexity
        1 is linear, 2 quadratic.

    Raises
    ------
    InputError
        A negative budget or cost, a decay outside [0, 1], a convexity below 1, nothing pushed.

    Examples
    --------
    >>> ad = Influence("brand", "banner", {"cola": 2.0}, budget=3.0, cost=0.5)
    >>> ad.price(2.0)
    1.0
    """

    owner: str
    channel: str = ""
    target: Any = ()
    budget: float = 1.0
    cost: float = 0.0
    decay: float = 1.0
    agents: tuple[Hashable, ...] | None = None
    convexity: float = 1.0

    def __post_init__(self) -> None:
        if not self.budget >= 0 or not self.cost >= 0 or not 0 <= self.decay <= 1 or not self.convexity >= 1:
            raise InputError(
                f"needs budget >= 0, cost >= 0, decay in [0, 1], convexity >= 1; found {self.budget}, {self.cost},"
                f" {self.decay}, {self.convexity}",
                where="Influence",
            )
        given = self.target  # pairs, where dataclasses.replace hands them back
        if not isinstance(given, _Pushed):
            given = given.items() if isinstance(given, Mapping) else ((x, 1.0) for x in _listed(given))
        made = _Pushed((option, float(strength)) for option, strength in given)
        if not made or not np.isfinite([s for _, s in made]).all():
            raise InputError("must name options, with finite strengths", where="Influence.target")
        object.__setattr__(self, "target", made)
        if self.agents is not None:
            object.__setattr__(self, "agents", tuple(self.agents))

    def price(self, effort: float) -> float:
        """What effort costs."""
        return float(self.cost * effort**self.convexity)

    def pull(self, profile: ThickProfile) -> FloatArray:
        """(rows,) what a unit of effort adds to each evaluation.

        Raises
        ------
        UnknownNameError
            An option or agent that the profile does not have.
        """
        index = profile.index
        strength = np.zeros(profile.n_options)
        strength[index.option_positions([x for x, _ in self.target])] = [s for _, s in self.target]
        reached = np.zeros(profile.n_agents)
        reached[slice(None) if self.agents is None else index.agent_positions(self.agents)] = 1.0
        return np.asarray(strength[index.option] * reached[index.agent])

    def carried(self, efforts: Sequence[float]) -> FloatArray:
        """(T,) pressure in each period when effort is made period by period and decays.

        Parameters
        ----------
        efforts
            (T,).
        """
        made, level = np.empty(len(efforts)), 0.0
        for t, effort in enumerate(efforts):
            level = level * (1.0 - self.decay) + float(effort)
            made[t] = level
        return made


def _listed(target: Any) -> Iterable[Hashable]:
    return (target,) if isinstance(target, (str, int)) else target


def pressed(profile: ThickProfile, influences: Sequence[Influence], efforts: npt.ArrayLike) -> ThickProfile:
    """The profile under pressure: revealed values move, endorsed ones do not, each influence is a motive of its own.

    Parameters
    ----------
    profile
        Without the pressure.
    influences
        (K).
    efforts
        (K,) at least 0.

    Raises
    ------
    InputError
        Another number of efforts, or one that is negative.
    NotApplicableError
        A profile of rankings, in which nothing can be added up.
    """
    e = as_floats(efforts, "efforts")
    require_finite(e, "efforts")
    if e.shape != (len(influences),) or (e < 0).any():
        raise InputError(f"must be {len(influences)} numbers of at least 0, found {e.tolist()}", where="efforts")
    made = profile
    for influence, effort in zip(influences, e, strict=True):
        if effort > 0:
            label = f"{influence.owner}: {influence.channel}" if influence.channel else influence.owner
            made = with_pull(made, effort * influence.pull(profile), label, influence.owner, influence.channel)
    return made


def with_pull(
    profile: ThickProfile, pull: FloatArray, name: str, owner: str | None = None, channel: str | None = None
) -> ThickProfile:
    """The same endorsed values with one more, unendorsed, pull; the grid stays.

    Parameters
    ----------
    profile
        Without it.
    pull
        (rows,).
    name, owner, channel
        Of the new motive.

    Raises
    ------
    NotApplicableError
        A profile of rankings.
    """
    if profile.unit == "ordinal":
        raise NotApplicableError(
            "rankings have no values that an influence could add to", where="influence", remedy="give values"
        )
    e, count = profile.endorsement, profile.n_motives
    wide = {
        key: None if table is None else np.concatenate([table, np.zeros((len(e.theta), 1))], axis=1)
        for key, table in (("theta", e.theta), ("lower", e.lower), ("upper", e.upper))
    }
    assert wide["theta"] is not None
    param = np.append(e.columns(count), e.theta.shape[1])
    made = Endorsement(wide["theta"], wide["lower"], wide["upper"], e.group, param, _widened(e), e.evidence)
    outside = profile.outside
    if outside is not None and outside.ndim == 2:
        outside = frozen(np.concatenate([outside, np.zeros((profile.n_agents, 1))], axis=1))
    taken = {motive.name for motive in profile.motives}
    label = next(text for text in (name, *(f"{name} ({k})" for k in range(2, count + 3))) if text not in taken)
    return replace(
        profile,
        contributions=frozen(np.concatenate([profile.contributions, pull[None]]), copy=False),
        endorsement=made,
        motives=(*profile.motives, Motive(label, "influence", owner=owner, channel=channel or None)),
        outside=outside,
        resolution_override=profile.resolution,
    )


def _widened(e: Endorsement) -> FloatArray | None:
    """The covariance with a known unknown more in each group."""
    if e.covariance is None:
        return None
    groups, width = e.theta.shape
    at = (np.arange(groups)[:, None] * (width + 1) + np.arange(width)).ravel()
    if e.covariance.ndim == 1:
        made = np.zeros(groups * (width + 1))
        made[at] = e.covariance
        return made
    square = np.zeros((groups * (width + 1),) * 2)
    square[np.ix_(at, at)] = e.covariance
    return square
