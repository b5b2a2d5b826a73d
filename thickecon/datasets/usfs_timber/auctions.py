"""The sample of timber auctions as a frame."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from ...errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["usfs_timber"]


def usfs_timber(bidders: int | None = None) -> pd.DataFrame:
    """Bids in 200 auctions of timber by the US Forest Service, 1973 to 1990.

    Parameters
    ----------
    bidders
        Only auctions with that many bids, 2 to 6; None: all.

    Returns
    -------
    DataFrame
        A row for each bid, the highest of an auction first, columns of the source and ``bidders``.

    Raises
    ------
    InputError
        ``bidders`` is not in 2..6.

    Examples
    --------
    >>> len(usfs_timber()), len(usfs_timber(bidders=3))
    (800, 120)
    """
    import pandas as pd

    with files(__package__).joinpath("usfs_timber_sample.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    table["bidders"] = table.groupby("auctionid")["actual_bid"].transform("size")
    if bidders is None:
        return table
    if bidders not in (2, 3, 4, 5, 6):
        raise InputError(f"must be 2, 3, 4, 5 or 6, found {bidders!r}", where="bidders")
    return table[table["bidders"] == bidders].reset_index(drop=True)
