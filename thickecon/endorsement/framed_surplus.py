"""Consumer surplus where the willingness to pay depends on a frame: bounds that no frame contradicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import as_floats, require_finite
from ..errors import EvidenceError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["surplus_bounds"]


def surplus_bounds(lists: pd.DataFrame) -> pd.DataFrame:
    """Bounds on the equivalent variation of a good, from price lists answered under several frames.

    At the amount m the choice is between the good and m in money. The good is worth at least every m up to which it
    is chosen in every frame, and at most every m from which on the money is chosen in every frame.

    Parameters
    ----------
    lists
        Columns agent, frame, amount, bought (1: the good was chosen over the amount). Several rows at an amount may
        disagree: then neither is chosen always.

    Returns
    -------
    DataFrame
        A row an agent: lower (-inf where money is always taken somewhere at the least amount), upper (inf likewise).
        Where a good is bought iff m <= w_f in frame f, and amounts are fine enough, [min_f w_f, max_f w_f].

    Raises
    ------
    EvidenceError
        A column is missing, amounts are not finite, ``bought`` is not 0 or 1.

    References
    ----------
    Bernheim and Rangel (2009), doi:10.1162/qjec.2009.124.1.51, section V; the form printed by Bernheim, Fradkin and
    Popov (2015), "The Welfare Economics of Default Options", American Economic Review 105(9), doi:10.1257/aer.20130907.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("Ann", f, m, int(m <= w)) for f, w in (("L", 3), ("H", 5)) for m in range(1, 8)]
    >>> surplus_bounds(pd.DataFrame(rows, columns=["agent", "frame", "amount", "bought"])).loc["Ann"].tolist()
    [3.0, 6.0]
    """
    import pandas as pd

    from .layouts import LAYOUTS

    table = LAYOUTS["FramedPrices"].check(lists)
    amount = as_floats(table["amount"], "amount", error=EvidenceError)
    require_finite(amount, "amount", error=EvidenceError)
    bought = as_floats(table["bought"], "bought", error=EvidenceError)
    if not np.isin(bought, (0.0, 1.0)).all():
        raise EvidenceError("must be 0 or 1", where="column 'bought'")
    rows = {}
    for agent, part in table.assign(amount=amount, bought=bought).groupby("agent", sort=False):
        at = part.groupby("amount")["bought"].agg(["min", "max"]).sort_index()
        always, never = at["min"].to_numpy() == 1, at["max"].to_numpy() == 0
        m = at.index.to_numpy(dtype=np.float64)
        ups, downs = np.cumprod(always).astype(bool), np.cumprod(never[::-1])[::-1].astype(bool)
        rows[agent] = (m[ups][-1] if ups.any() else -np.inf, m[downs][0] if downs.any() else np.inf)
    made = pd.DataFrame.from_dict(rows, orient="index", columns=["lower", "upper"])
    made.index.name = "agent"
    return made
