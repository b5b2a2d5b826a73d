"""New unknowns in an endorsement: who shares which is kept explicit, and so is their joint covariance."""

from __future__ import annotations

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray, frozen
from ..errors import SizeError
from ..profiles.endorsement import Endorsement

__all__ = ["share_unknowns"]

_LIMIT = 4096  # unknowns of a full covariance: 128 MB


def share_unknowns(
    e: Endorsement,
    n_agents: int,
    n_motives: int,
    columns: IntArray,
    values: FloatArray,
    covariance: FloatArray | None,
    member: BoolArray | None = None,
    bounds: FloatArray | None = None,
) -> Endorsement:
    """The endorsement in which the member agents share k new unknowns, one for each of k motives.

    Everybody else, and every other motive, reads what it read before. The new theta is a linear map of the old
    theta and the new unknowns, and the covariance is mapped with it.

    Parameters
    ----------
    columns
        (k,) positions of motives.
    values, covariance
        (k,) points in [0, 1] and (k, k), None: known exactly.
    member
        (n,) the agents it holds for; None: all.
    bounds
        (k, 2) identified set of each; None: the point, or its covariance.

    Raises
    ------
    SizeError
        A covariance of more than 4096 unknowns would be needed.
    """
    k = len(columns)
    old_group = np.zeros(n_agents, dtype=np.intp) if e.group is None or e.shared else e.group
    here = np.ones(n_agents, dtype=bool) if member is None else member
    pairs, group = np.unique(old_group * 2 + here, return_inverse=True)
    source, new = pairs // 2, (pairs % 2).astype(bool)
    reads = e.columns(n_motives)
    width = e.theta.shape[1]

    param = reads.copy()
    param[columns] = width + np.arange(k)
    used, param = np.unique(param, return_inverse=True)  # columns that no motive reads any more are left out

    def widen(table: FloatArray, mine: FloatArray) -> FloatArray:
        kept = table[np.ix_(source, reads[columns])]
        return np.hstack([table[source], np.where(new[:, None], mine, kept)])[:, used]

    spread = np.zeros(k) if covariance is None else 1.959963984540054 * np.sqrt(np.diag(covariance))
    low, high = (values - spread, values + spread) if bounds is None else (bounds[:, 0], bounds[:, 1])
    lower, upper = (e.lower, e.upper) if bounds is None or e.lower is not None else e.box()
    if lower is not None and upper is not None:
        lower = widen(lower, np.minimum(np.clip(low, 0.0, 1.0), values))
        upper = widen(upper, np.maximum(np.clip(high, 0.0, 1.0), values))
    joint = None
    if e.covariance is not None or covariance is not None:
        added = np.zeros((k, k)) if covariance is None else covariance
        joint = _mapped(e, added, source, new, reads[columns], used)
    return Endorsement(
        widen(e.theta, values),
        lower,
        upper,
        frozen(group.astype(np.intp)) if len(pairs) > 1 else None,
        param,
        joint,
        e.evidence,
    )


def _mapped(
    e: Endorsement, added: FloatArray, source: IntArray, new: BoolArray, replaced: IntArray, used: IntArray
) -> FloatArray:
    """L diag(old, added) L' where each row of L picks the one unknown that an entry of the new theta reads."""
    width, k = e.theta.shape[1], len(added)
    size = len(source) * len(used)
    total = e.theta.size + k
    if max(size, total) > _LIMIT:
        raise SizeError(
            f"the joint covariance of {size} unknowns would take {8 * size * size / 2**30:.1f} GB",
            where="endorsement.covariance",
            remedy="apply the estimate before giving each agent an endorsement of its own",
        )
    joint = np.zeros((total, total))
    if e.covariance is not None:
        joint[:-k, :-k] = np.diag(e.covariance) if e.covariance.ndim == 1 else e.covariance
    joint[-k:, -k:] = added
    own = source[:, None] * width + np.arange(width)
    kept = source[:, None] * width + replaced
    fresh = np.broadcast_to(e.theta.size + np.arange(k), kept.shape)
    picked = np.hstack([own, np.where(new[:, None], fresh, kept)])[:, used].ravel()
    return np.asarray(joint[np.ix_(picked, picked)])
