"""Goldin and Reck for ordered options: the binary estimator at every cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import EvidenceError
from .goldin_reck import GoldinReck
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ordered_shares"]


def ordered_shares(counts: pd.DataFrame, rule: GoldinReck | None = None) -> pd.DataFrame:
    """Who prefers at least each option, when a frame moves everybody up (or leaves them), on ordered options.

    For each cut k the choice "at least k" is a binary choice under the same frames; partition consistency lets the
    binary estimator be applied to it.

    Parameters
    ----------
    counts
        Columns cell, framing ("against" pulls down, "for" pulls up, "neutral"), option (ordered numbers), n people who
        chose it.
    rule
        The binary estimator; None: its defaults.

    Returns
    -------
    DataFrame
        A row an option but the lowest: share preferring at least it, standard error, bounds, and the share preferring
        exactly it (differences). ``attrs["monotone"]``: do shares fall from cut to cut, as they must?

    Raises
    ------
    EvidenceError
        A column that is missing, fewer than two options, counts that are not.

    References
    ----------
    Goldin and Reck (2020), doi:10.1086/706860, appendix D.3.
    """
    import pandas as pd

    made = rule or GoldinReck()
    table = LAYOUTS["OrderedCounts"].check(counts)
    options = np.unique(table["option"].to_numpy(dtype=np.float64))
    if len(options) < 2:
        raise EvidenceError("has fewer than two options", where="column 'option'")
    rows = {}
    for cut in options[1:]:
        upper = table["option"].to_numpy(dtype=np.float64) >= cut
        both = table.assign(k=np.where(upper, table["n"], 0))
        grouped = both.groupby(["cell", "framing"], as_index=False)[["n", "k"]].sum()
        found = made.fit(grouped)
        low, high = found.bounds
        rows[cut] = (found.estimate, found.standard_error, low, high)
    result = pd.DataFrame.from_dict(rows, orient="index", columns=["at_least", "standard_error", "lower", "upper"])
    result.index.name = "option"
    result["exactly"] = result["at_least"] - result["at_least"].shift(-1, fill_value=0.0)
    result.attrs["monotone"] = bool((result["at_least"].diff().dropna() <= 1e-12).all())
    return result
