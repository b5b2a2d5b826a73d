"""Other readings of the same answers, for comparison: PageRank, Bradley-Terry, HodgeRank, and trimming."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from .._core.arrays import BoolArray, FloatArray
from ..errors import EvidenceError

__all__ = ["bradley_terry", "hodge_rank", "likelihood_and_entropy", "pagerank", "published_trimming"]


def likelihood_and_entropy(
    wiser: npt.ArrayLike, refused: npt.ArrayLike, unsure: npt.ArrayLike, reverse: npt.ArrayLike, shown: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """(W - L) / (W + N + U + L), and the entropy in bits of (W, N, L, U, I), as the published code computes them.

    I, the number of impressions, is among the five counts, which looks like an oversight: a unanimous edge has entropy
    1, not 0.

    Parameters
    ----------
    wiser, refused, unsure, reverse, shown
        (E,) W, N, U, L and I.
    """
    w, n, u, low, shown_ = (np.asarray(x, dtype=np.float64) for x in (wiser, refused, unsure, reverse, shown))
    likelihood = (w - low) / (w + n + u + low)
    counts = np.stack([w, n, low, u, shown_])
    share = counts / counts.sum(axis=0)
    bits = -np.where(share > 0, share * np.log2(np.where(share > 0, share, 1.0)), 0.0).sum(axis=0)
    return np.asarray(likelihood), np.asarray(bits)


def published_trimming(wiser: npt.ArrayLike, likelihood: npt.ArrayLike, entropy: npt.ArrayLike) -> BoolArray:
    """(E,) which edges the published pipeline keeps: W >= 2, likelihood >= .33, entropy <= 1.69."""
    kept = (np.asarray(wiser) >= 2) & (np.asarray(likelihood) >= 0.33) & (np.asarray(entropy) <= 1.69)
    return np.asarray(kept)


def pagerank(
    source: npt.ArrayLike,
    target: npt.ArrayLike,
    weight: npt.ArrayLike,
    size: int,
    *,
    dangling: Literal["source", "redistribute"] = "redistribute",
    damping: float = 0.85,
    steps: int = 100,
) -> FloatArray:
    """(size,) PageRank of a weighted graph in one of two conventions.

    Parameters
    ----------
    source, target, weight
        (E,) edges.
    size
        Nodes.
    dangling
        What happens to the mass of nodes without an edge: ``"source"``, it is lost (the published code; ranks may sum
        to less than 1), or ``"redistribute"``, it is spread evenly (networkx).
    damping, steps
        Steps from uniform; 100 leave an error of .85^100, about 1e-7.

    Raises
    ------
    EvidenceError
        Another convention.

    References
    ----------
    Page, Brin, Motwani and Winograd (1999), The PageRank Citation Ranking, Stanford InfoLab 1999-66.
    """
    if dangling not in ("source", "redistribute"):
        raise EvidenceError(f"must be 'source' or 'redistribute', found {dangling!r}", where="pagerank(dangling)")
    a, b, w = np.asarray(source), np.asarray(target), np.asarray(weight, dtype=np.float64)
    out = np.bincount(a, w, minlength=size)
    flow = sp.csr_array((w / out[a], (b, a)), shape=(size, size))
    sink = out == 0
    rank = np.full(size, 1.0 / size)
    for _ in range(steps):
        lost = rank[sink].sum() / size if dangling == "redistribute" else 0.0
        rank = (1 - damping) / size + damping * (flow @ rank + lost)
    return np.asarray(rank)


def bradley_terry(
    source: npt.ArrayLike, target: npt.ArrayLike, wins: npt.ArrayLike, losses: npt.ArrayLike, size: int,
    *, ridge: float = 0.01, steps: int = 100,
) -> FloatArray:  # fmt: skip
    """(size,) strengths s, centred, with P(target beats source) = 1 / (1 + exp(s_source - s_target)).

    A ridge of ``ridge`` / 2 times the sum of squares keeps them finite where nobody lost.

    Parameters
    ----------
    source, target, wins, losses
        (E,) pairs, and how often the target won and lost.
    size
        Nodes.
    ridge, steps
        Of Newton's method.

    References
    ----------
    Bradley and Terry (1952), doi:10.2307/2334029
    """
    from scipy.sparse.linalg import spsolve

    a, b = np.asarray(source), np.asarray(target)
    won, lost = np.asarray(wins, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    edges = len(a)
    d = sp.csr_array(
        (np.tile([1.0, -1.0], edges), (np.repeat(np.arange(edges), 2), np.stack([b, a], axis=1).ravel())),
        shape=(edges, size),
    )
    s = np.zeros(size)
    for _ in range(steps):
        p = 1.0 / (1.0 + np.exp(-(d @ s)))
        gradient = d.T @ (won - (won + lost) * p) - ridge * s
        if np.abs(gradient).max(initial=0.0) < 1e-10 * max(1.0, float((won + lost).sum())):
            break
        hessian = d.T @ sp.diags_array((won + lost) * p * (1 - p)) @ d + ridge * sp.eye_array(size)
        step = spsolve(sp.csc_array(hessian), gradient)
        s = s + step / max(1.0, float(np.abs(step).max()) / 5.0)
    return np.asarray(s - s.mean())


def hodge_rank(
    source: npt.ArrayLike, target: npt.ArrayLike, flow: npt.ArrayLike, weight: npt.ArrayLike, size: int
) -> tuple[FloatArray, float]:
    """(size,) potential that fits the flow best, centred, and the share of the flow that is cyclic.

    s minimises sum_e w_e (s_target - s_source - flow_e)^2; the share is the residual's part of sum_e w_e flow_e^2.

    Parameters
    ----------
    source, target, flow, weight
        (E,).
    size
        Nodes.

    References
    ----------
    Jiang, Lim, Yao and Ye (2011), "Statistical ranking and combinatorial Hodge theory", doi:10.1007/s10107-010-0419-x
    """
    from scipy.sparse.linalg import lsqr

    a, b = np.asarray(source), np.asarray(target)
    y, root = np.asarray(flow, dtype=np.float64), np.sqrt(np.asarray(weight, dtype=np.float64))
    edges = len(a)
    d = sp.csr_array(
        (np.stack([root, -root], axis=1).ravel(), (np.repeat(np.arange(edges), 2), np.stack([b, a], axis=1).ravel())),
        shape=(edges, size),
    )
    s = lsqr(d, root * y, atol=1e-12, btol=1e-12, iter_lim=10 * size + 100)[0]
    total = float(((root * y) ** 2).sum())
    left = float(((root * y - d @ s) ** 2).sum())
    return np.asarray(s - s.mean()), left / total if total > 0 else 0.0
