"""Moral learning is not manipulation (T16): a change counts where it is itself endorsed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal

from ..errors import InputError
from .changing_preferences import ChangingPreferences, Plan

__all__ = ["judged", "tipping_chance"]

Standard = Literal["realised", "counterfactual"]


def judged(
    world: ChangingPreferences, plan: Plan, changed: Hashable, pi: float, standard: Standard = "realised"
) -> float:
    """Expected worth of a plan where with chance ``pi`` the change to ``changed`` is one the person endorses.

    ``"realised"``: by the selves that came to be. With chance pi a change that happens is endorsed and the later self
    judges from the start; else the first self does. ``"counterfactual"``: with chance pi the self that would have been,
    had the change happened, judges whatever plan is taken.

    Parameters
    ----------
    world
        With the first self as its start.
    plan
        Actions.
    changed
        The later self.
    pi
        In [0, 1].
    standard
        Which selves judge.

    Raises
    ------
    InputError
        ``pi`` outside [0, 1], an unknown self or standard.
    """
    if not 0 <= pi <= 1 or changed not in world.rewards or standard not in ("realised", "counterfactual"):
        raise InputError(f"found pi={pi!r}, changed={changed!r}, standard={standard!r}", where="judged")
    first = world.value(plan, "privileged", world.start)
    later = world.value(plan, "privileged", changed)
    happens = changed in world.path(plan)
    if standard == "realised" and not happens:
        return first
    return pi * later + (1 - pi) * first


def tipping_chance(
    world: ChangingPreferences, plan: Plan, changed: Hashable, standard: Standard = "realised"
) -> float | None:
    """The chance of endorsement at which a plan is worth what noop is; None where they never meet in [0, 1].

    Parameters
    ----------
    world, plan, changed, standard
        As in :func:`judged`.

    Examples
    --------
    >>> from thickecon.influence import conspiracy
    >>> always = ("influence",) * 3
    >>> round(tipping_chance(conspiracy(), always, "influenced"), 6)  # 11 / 20
    0.55
    >>> round(tipping_chance(conspiracy(), always, "influenced", "counterfactual"), 6)  # 11 / 31
    0.354839
    """
    still = (world.noop,) * len(plan)

    def gap(pi: float) -> float:
        return judged(world, plan, changed, pi, standard) - judged(world, still, changed, pi, standard)

    low, high = gap(0.0), gap(1.0)
    if low == high or low * high > 0:
        return None
    return -low / (high - low)  # both are linear in pi
