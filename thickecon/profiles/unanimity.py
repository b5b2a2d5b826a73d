"""The strict partial order on which every endorsement in the identified set agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import BoolArray, FloatArray
from .summation import round_to

if TYPE_CHECKING:
    from .profile import ThickProfile

__all__ = ["unanimous_matrix", "least_differences"]


def least_differences(totals: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """(k, k) least over the box of v(x) - v(y).

    Parameters
    ----------
    totals
        (P, k) each parameter's total contribution to each of k options.
    lower, upper
        (P,) ends of the box. The minimum is taken parameter by parameter, not motive by motive and not as a
        difference of bounds: x and y are read with the same theta.
    """
    differences = totals[:, :, None] - totals[:, None, :]
    least: FloatArray = np.minimum(lower[:, None, None] * differences, upper[:, None, None] * differences).sum(axis=0)
    return least


def unanimous_matrix(profile: ThickProfile, agent: int, *, with_outside: bool = False) -> BoolArray:
    """(k, k) strict relation of one agent (by position) over their own rows, on the profile's grid.

    ``with_outside`` appends doing nothing as the last entry.
    """
    index, e = profile.index, profile.endorsement
    part = slice(int(index.indptr[agent]), int(index.indptr[agent + 1]))
    columns = e.columns(profile.n_motives)
    used = np.unique(columns)
    own = profile.contributions[:, part]
    constant = np.zeros(own.shape[1] + with_outside)
    if with_outside:
        nothing = np.zeros((profile.n_motives, 1))
        if profile.outside is not None and profile.outside.ndim == 2:
            nothing = profile.outside[agent][:, None]
        elif profile.outside is not None:
            constant[-1] = profile.outside[agent]
        own = np.concatenate([own, nothing], axis=1)
    totals = np.stack([own[columns == k].sum(axis=0) for k in used])
    lower, upper = e.box()
    group = 0 if e.group is None else int(e.group[agent])
    least = least_differences(totals, lower[group, used], upper[group, used])
    least += constant[:, None] - constant[None, :]
    relation: BoolArray = round_to(least, profile.resolution) > 0
    return relation
