"""Effects of rankings of a social-media feed, as an audit measured them on users' own timelines.

The audit of Milli et al. compared, for 806 users of Twitter in 2023, tweets in the order of the platform's engagement
ranking, in reverse chronological order, and re-ranked by what users said they wanted to see. The table of effects is
not part of this package: the repository that prints it (smilli/twitter on GitHub) names no licence, and the data on
users are given out on request only. So :func:`load` reads a table that the caller has.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from ..errors import FileFormatError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TIMELINES", "load"]

TIMELINES = ("engagement", "stated_preference", "stated_preference_outgroup_downrank")
"""Rankings; effects are against the chronological one."""
COLUMNS = ("timeline", "outcome", "std_effect", "p_value")
CLEAR = 0.5
"""P-values above this are left out where errors are worked out: effect and quantile are both near 0 and rounded."""


def load(path: str | PathLike[str]) -> pd.DataFrame:
    """Effects in standard deviations, with standard errors worked out from p-values.

    Parameters
    ----------
    path
        CSV with a row for each timeline and outcome and columns timeline, outcome, std_effect (difference from the
        chronological timeline in standard deviations of users' means there) and p_value (two-sided).

    Returns
    -------
    DataFrame
        Indexed by outcome and timeline, columns effect, p_value, standard_error.

    Raises
    ------
    FileFormatError
        A column, or an outcome of one of :data:`TIMELINES`, that is not there or is there twice; numbers out of range;
        an outcome of which no row says anything on its error.

    Notes
    -----
    The source prints p-values, not errors. With z the normal quantile of 1 - p/2, an effect has the error effect / z;
    an outcome's is the median of those over its timelines, all of which rest on the same users. The smallest p-value
    of the table is a floor, set by the number of permutations: such rows only say that the error is at most
    effect / z. They count where an outcome has no other row, and the least of the bounds is taken, so errors are
    rather too large than too small.

    References
    ----------
    S. Milli, M. Carroll, Y. Wang, S. Pandey, S. Zhao and A. D. Dragan, Engagement, user satisfaction, and the
    amplification of divisive content on social media, PNAS Nexus 4 (2025), pgaf062, doi:10.1093/pnasnexus/pgaf062
    """
    import pandas as pd

    table = pd.read_csv(path)
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise FileFormatError(f"has no column {missing[0]!r}", where=str(path))
    table = table[table["timeline"].isin(TIMELINES)]
    made = table.set_index(["outcome", "timeline"])[["std_effect", "p_value"]].astype(float)
    made = made.rename(columns={"std_effect": "effect"}).sort_index()
    if made.index.has_duplicates:
        raise FileFormatError(f"has {made.index[made.index.duplicated()][0]} twice", where=str(path))
    counts = made.groupby(level="outcome").size()
    if not len(counts) or (counts != len(TIMELINES)).any():
        name = counts.index[counts != len(TIMELINES)][0] if len(counts) else "any timeline"
        raise FileFormatError(f"lacks rows of {name!r}; there must be one for each of {TIMELINES}", where=str(path))
    p = made["p_value"]
    if not np.isfinite(made["effect"]).all() or not ((p > 0) & (p <= 1)).all():
        raise FileFormatError("effects must be finite and p-values in (0, 1]", where=str(path))
    size: pd.Series[float] = (made["effect"].abs() / -ndtri(p / 2)).where((made["effect"] != 0) & (p <= CLEAR))
    floor = p <= p.min()
    by = {"level": "outcome"}
    errors = size.where(~floor).groupby(**by).median().fillna(size.where(floor).groupby(**by).min())
    if errors.isna().any():
        raise FileFormatError(f"says nothing on the error of {errors.index[errors.isna()][0]!r}", where=str(path))
    made["standard_error"] = errors.reindex(made.index.get_level_values("outcome")).to_numpy()
    return made
