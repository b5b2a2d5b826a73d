"""Relations as boolean matrices, many at once: ``r[..., x, y]`` says that x stands in the relation to y."""

from __future__ import annotations

import numpy as np

from ..._core.arrays import BoolArray, IntArray

__all__ = ["cyclic", "levels", "transitive_core", "undominated"]


def undominated(beats: BoolArray, menu: BoolArray | None = None) -> BoolArray:
    """(..., K) options of the menu that no option of the menu beats.

    Parameters
    ----------
    beats
        (..., K, K).
    menu
        (..., K); None: everything is on offer.
    """
    on = np.ones(beats.shape[-1], dtype=bool) if menu is None else np.asarray(menu, dtype=bool)
    return np.asarray(on & ~(beats & on[..., :, None]).any(axis=-2))


def levels(beats: BoolArray) -> IntArray:
    """(..., K) rank by removal: 0 for what nothing beats, then again among the rest; -1 for what lies in or below a
    cycle and is never free.
    """
    size = beats.shape[-1]
    rank = np.full(beats.shape[:-1], -1, dtype=np.intp)
    left = np.ones(beats.shape[:-1], dtype=bool)
    for step in range(size):
        free = undominated(beats, left)
        if not free.any():
            break
        rank[free] = step
        left &= ~free
    return rank


def cyclic(beats: BoolArray) -> BoolArray:
    """(...,) does the relation have a cycle? Removing what nothing beats does not come to an end of the options."""
    return np.asarray((levels(beats) < 0).any(axis=-1))


def transitive_core(weakly: BoolArray) -> BoolArray:
    """(..., K, K) x over y iff whatever is at least x is at least y, and whatever y is at least of, x is too.

    Parameters
    ----------
    weakly
        (..., K, K) reflexive or not; it is read as reflexive.

    References
    ----------
    Nishimura (2018), "The transitive core", Theoretical Economics 13, 579-606, doi:10.3982/TE1769
    """
    r = np.asarray(weakly, dtype=bool) | np.eye(weakly.shape[-1], dtype=bool)
    above = r.astype(np.int64)  # [z, x]: z R x
    missing = 1 - above
    # some z with z R x and not z R y; some z with y R z and not x R z
    first = np.swapaxes(above, -1, -2) @ missing
    second = missing @ np.swapaxes(above, -1, -2)
    return np.asarray((first == 0) & (second == 0))
