"""Framing counts of the Many Labs replication project, in the layout that :class:`GoldinReck` reads.

The counts are not part of this package: they come from a repository under GPL-3.0 (ManyLabsOpenScience/ManyLabs1 on
GitHub; project page osf.io/wx7ck), so :func:`load` reads a table that the caller has.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from .._core.registry import nearest
from ..errors import FileFormatError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FRAMINGS", "load"]

FRAMINGS = {
    "gain_loss": {"loss": "against", "gain": "for"},  # option: the sure programme
    "allow_forbid": {"allow": "against", "forbid": "for"},  # option: the speech is permitted
}
"""Task -> frame in the table -> framing of the option counted. The two tasks whose option is documented."""


def load(path: str | PathLike[str], task: str = "gain_loss") -> pd.DataFrame:
    """Counts of one task by site and framing.

    Parameters
    ----------
    path
        CSV with columns site, task, frame, n (people), n_choose (of them, chose the option).
    task
        ``"gain_loss"``: the disease problem, option "sure programme". ``"allow_forbid"``: speech against democracy,
        option "permitted".

    Returns
    -------
    DataFrame
        Columns cell (site), framing, n, k.

    Raises
    ------
    FileFormatError
        A column or frame that is not there, or counts that are not whole numbers with n_choose <= n.
    UnknownNameError
        The table or this loader does not know the task.

    Notes
    -----
    In sheet Gain_Loss of the published workbook the column labels are exchanged; tables for this loader count the
    sure programme, 66.5 % under gain and 37.8 % under loss, the published direction.

    References
    ----------
    Klein et al. (2014), "Investigating variation in replicability: A 'many labs' replication project", Social
    Psychology 45(3), doi:10.1027/1864-9335/a000178.
    """
    import pandas as pd

    table = pd.read_csv(path)
    missing = [name for name in ("site", "task", "frame", "n", "n_choose") if name not in table.columns]
    if missing:
        raise FileFormatError(f"has no column {missing[0]!r}", where=str(path))
    if task not in FRAMINGS or not (table["task"] == task).any():
        raise UnknownNameError(f"no task is called {task!r}; {nearest(task, list(FRAMINGS))}", where="task")
    mine = table[table["task"] == task]
    framing = mine["frame"].map(FRAMINGS[task])
    if framing.isna().any():
        raise FileFormatError(f"has an unknown frame {mine['frame'][framing.isna()].iloc[0]!r}", where=str(path))
    whole = all(pd.api.types.is_integer_dtype(mine[name]) for name in ("n", "n_choose"))
    if not whole or (mine["n_choose"] < 0).any() or (mine["n_choose"] > mine["n"]).any():
        raise FileFormatError("counts must be whole numbers with 0 <= n_choose <= n", where=str(path))
    made = pd.DataFrame({"cell": mine["site"], "framing": framing, "n": mine["n"], "k": mine["n_choose"]})
    return made.reset_index(drop=True)
