"""What the error of the evidence makes of a comparison: ranges and probabilities over draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, NotApplicableError

if TYPE_CHECKING:
    import pandas as pd

    from .comparison import Comparison

__all__ = ["intervals", "probabilities"]


def _drawn(comparison: Comparison) -> pd.DataFrame:
    if comparison.draws is None:
        raise NotApplicableError("no draws of the evidence were asked for", where="comparison", remedy="pass draws=200")
    return comparison.draws


def intervals(comparison: Comparison, level: float) -> pd.DataFrame:
    """See :meth:`Comparison.intervals`.

    Raises
    ------
    InputError
        A level outside (0, 1).
    NotApplicableError
        No draws.
    """
    import pandas as pd

    if not 0 < level < 1:
        raise InputError(f"must lie in (0, 1), found {level!r}", where="level")
    draws, means = _drawn(comparison), comparison.to_frame()
    low, high = (draws.groupby(level="arm", sort=False).quantile(0.5 + sign * level / 2) for sign in (-1, 1))
    records = {
        (arm, name): (means.loc[arm, name], low.loc[arm, name], high.loc[arm, name])
        for arm in means.index
        for name in means.columns
    }
    made = pd.DataFrame.from_dict(records, orient="index", columns=["value", "low", "high"])
    made.index = pd.MultiIndex.from_tuples(list(records), names=["arm", "yardstick"])
    return made


def probabilities(comparison: Comparison) -> pd.DataFrame:
    """See :attr:`Comparison.probabilities`; draws in which both are the same count half.

    Raises
    ------
    NotApplicableError
        No draws.
    """
    import pandas as pd

    draws = _drawn(comparison)
    base = draws.xs(comparison.versus, level="arm")
    sign = {item.name: {"more": 1.0, "less": -1.0}.get(str(item.better), np.nan) for item in comparison.yardsticks}
    columns = {}
    for arm in comparison.outcomes:
        if arm != comparison.versus:
            gap = (draws.xs(arm, level="arm") - base).to_numpy() * np.array([sign[str(name)] for name in base.columns])
            share = np.where(gap == 0, 0.5, np.where(np.isnan(gap), np.nan, gap > 0)).mean(axis=0)
            columns[arm] = pd.Series(share, index=base.columns)
    made = pd.DataFrame(columns)
    made.index.name = "yardstick"
    return made
