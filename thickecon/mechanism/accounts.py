"""What outcomes are worth to agents, and through which motives."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import FloatArray, frozen
from ..errors import NotApplicableError
from ..lenses.lens import Lens
from ..lenses.reading import Cardinal
from ..profiles.profile import ThickProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["account_table", "idle_share", "utility_vector"]


def idle_share(profile: ThickProfile, taken: FloatArray) -> FloatArray:
    """(n,) what an agent does not use of its first unit, and spends on doing nothing."""
    used = np.bincount(profile.index.agent, taken, minlength=profile.n_agents)
    made: FloatArray = np.clip(1.0 - used, 0.0, 1.0)
    return made


def utility_vector(profile: ThickProfile, taken: FloatArray, lens: Lens) -> FloatArray:
    """(n,) sum over rows of taken times value, and ``outside`` for the idle share; off the grid, not rounded.

    Raises
    ------
    NotApplicableError
        The lens gives no values, or the profile is ordinal.
    """
    if profile.unit == "ordinal":
        raise NotApplicableError(
            "rankings have no utilities", where="utilities", remedy="use yardsticks of ranks, or a cardinal profile"
        )
    reading = lens.read(replace(profile, resolution_override=0.0))
    if not isinstance(reading, Cardinal):
        raise NotApplicableError(
            f"utilities need values; the reading of {lens.title} is {reading.kind}",
            where="utilities",
            remedy="Endorsed()",
        )
    sums = np.bincount(profile.index.agent, taken * reading.values, minlength=profile.n_agents).astype(np.float64)
    if profile.outside is not None:
        sums += idle_share(profile, taken) * reading.outside
    return frozen(sums, copy=False)


def account_table(profile: ThickProfile, taken: FloatArray, other: FloatArray) -> pd.DataFrame:
    """(agent, motive) endorsed change from ``other`` to ``taken``, each entry summed exactly (fsum)."""
    import pandas as pd

    index = profile.index
    matrix = profile.endorsement.matrix(profile.n_agents, profile.n_motives)
    change = taken - other
    moved = np.flatnonzero(change)
    table = np.zeros((profile.n_agents, profile.n_motives))
    for c in range(profile.n_motives):
        terms = change[moved] * profile.contributions[c, moved] * matrix[index.agent[moved], c]
        cuts = np.searchsorted(index.agent[moved], np.arange(profile.n_agents + 1))
        for i in np.unique(index.agent[moved]):
            table[i, c] = math.fsum(terms[cuts[i] : cuts[i + 1]])
    names = [motive.name for motive in profile.motives]
    frame = pd.DataFrame(table, index=pd.Index(list(index.agents), name="agent"), columns=names)
    if profile.outside is not None:
        idle = idle_share(profile, taken) - idle_share(profile, other)
        if profile.outside.ndim == 2:
            frame += idle[:, None] * profile.outside * matrix
        else:
            frame["outside"] = idle * profile.outside
    return frame
