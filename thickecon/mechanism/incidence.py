"""Who gains and who loses, by group."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray
from ..errors import InputError
from ..profiles.profile import ThickProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Groups", "incidence", "tolerance"]

Groups = Mapping[Hashable, Iterable[Hashable] | BoolArray] | Sequence[Hashable]


def tolerance(profile: ThickProfile) -> float:
    """A millionth of the largest endorsed value, at least of 1: what counts as no change."""
    return 1e-6 * max(1.0, float(np.abs(profile.rows.endorsed).max(initial=0.0)))


def incidence(changes: pd.DataFrame, profile: ThickProfile, groups: Groups) -> pd.DataFrame:
    """Changes of surplus added up by group.

    Parameters
    ----------
    changes
        By agent, in the order of the profile, columns ``endorsed change`` and ``revealed change``.
    profile
        Says who the agents are and how many people each stands for.
    groups
        Name -> labels (or mask) of its agents, which may overlap; or one name for each agent, in their order.

    Returns
    -------
    pandas.DataFrame
        A row a group: people in it, those who gain, lose or stay in endorsed surplus, and the mean changes a head of
        endorsed and revealed surplus.

    Raises
    ------
    InputError
        Not one name an agent, or a group without agents.
    UnknownNameError
        An agent that is not there.
    """
    import pandas as pd

    people = np.ones(profile.n_agents) if profile.weights is None else profile.weights
    endorsed, revealed = (changes[f"{name} change"].to_numpy(dtype=float) for name in ("endorsed", "revealed"))
    tol = tolerance(profile)

    def row(who: IntArray) -> dict[str, float]:
        heads: FloatArray = people[who]
        total, change = float(heads.sum()), endorsed[who]
        gain, lose = float(heads[change > tol].sum()), float(heads[change < -tol].sum())
        return {
            "people": total,
            "gain": gain,
            "lose": lose,
            "same": total - gain - lose,
            "mean endorsed change": float(heads @ change) / total,
            "mean revealed change": float(heads @ revealed[who]) / total,
        }

    members = _members(profile, groups)
    empty = next((name for name, who in members.items() if not len(who)), None)
    if empty is not None:
        raise InputError(f"group {empty!r} has no agents", where="groups")
    return pd.DataFrame([row(who) for who in members.values()], index=pd.Index(list(members), name="group"))


def _members(profile: ThickProfile, groups: Groups) -> dict[Hashable, IntArray]:
    """Positions of agents by name of the group."""
    if isinstance(groups, Mapping):
        return {name: np.unique(profile.index.agent_positions(who)) for name, who in groups.items()}
    named = [groups] if isinstance(groups, str) else list(groups)
    if len(named) != profile.n_agents:
        raise InputError(
            f"must name a group for each of {profile.n_agents} agents, found {len(named)}",
            where="groups",
            remedy="or pass {name: agents}",
        )
    found: dict[Hashable, list[int]] = {}
    for i, name in enumerate(named):
        found.setdefault(name, []).append(i)
    return {name: np.array(who, dtype=np.intp) for name, who in found.items()}
