"""Whom a frame moves, and whether it pushes anybody the other way: a multiple test over groups of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["pulls"]


def pulls(
    pull: FloatArray,
    expected: FloatArray,
    weight: FloatArray | None = None,
    cluster: IntArray | None = None,
    groups: int = 10,
) -> pd.DataFrame:
    """The pull of the frame by groups of people, and one-sided tests that it is nowhere negative.

    Parameters
    ----------
    pull
        (n,) unbiased scores of Y1(w) - Y0(w).
    expected
        (n,) what it was expected to be, from other people's answers: groups are quantiles of it.
    weight, cluster
        (n,) or None.
    groups
        At most so many.

    Returns
    -------
    DataFrame
        A row a group: people, pull, standard_error, p (of "not negative"), holm_p (adjusted for the groups).

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2).
    """
    import pandas as pd
    from scipy.special import ndtr

    edges = np.unique(np.quantile(expected, np.linspace(0, 1, groups + 1)[1:-1]))
    group = np.searchsorted(edges, expected, side="right")
    rows = []
    for g in np.unique(group):
        at = group == g
        share = np.full(int(at.sum()), 1.0) if weight is None else weight[at]
        if share.sum() <= 0:
            continue
        mean = float(np.average(pull[at], weights=share))
        effect = share * (pull[at] - mean) / share.sum()
        if cluster is not None:
            effect = np.bincount(cluster[at], effect)
        rows.append((int(at.sum()), mean, float(np.sqrt(effect @ effect))))
    table = pd.DataFrame(rows, columns=["people", "pull", "standard_error"])
    error = table["standard_error"].where(table["standard_error"] > 0, np.nan)
    table["p"] = pd.Series(ndtr(table["pull"] / error)).fillna((table["pull"] >= 0).astype(float))
    order = np.argsort(table["p"].to_numpy(), kind="stable")
    stepped = np.maximum.accumulate(table["p"].to_numpy()[order] * np.arange(len(order), 0, -1))
    table["holm_p"] = np.minimum(stepped, 1.0)[np.argsort(order)]
    return table
