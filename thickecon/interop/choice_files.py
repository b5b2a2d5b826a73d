"""Choice data in, from the files of other programs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..endorsement.layouts import LAYOUTS
from ..errors import FileFormatError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_choices"]


def read_choices(path: str | os.PathLike[str], rename: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Choice sets from Stata (.dta), CSV or parquet, in layout ChoiceSets.

    Parameters
    ----------
    path
        The file.
    rename
        Column of the file -> agent, set, option or chosen.

    Raises
    ------
    FileFormatError
        No such file, another ending, or a file that cannot be read.
    EvidenceError
        A column of the layout is missing.
    """
    import pandas as pd

    place = os.fspath(path)
    readers: dict[str, Any] = {".dta": pd.read_stata, ".csv": pd.read_csv, ".parquet": pd.read_parquet}
    ending = os.path.splitext(place)[1].lower()
    if ending not in readers:
        raise FileFormatError(f"must end in {', '.join(readers)}", where=place)
    try:
        table = readers[ending](place)
    except (OSError, ValueError) as err:
        raise FileFormatError(f"cannot be read ({err})", where=place) from err
    made: pd.DataFrame = table.rename(columns=dict(rename or {}))
    extra = tuple(str(c) for c in made.columns if c not in LAYOUTS["ChoiceSets"].required)
    return LAYOUTS["ChoiceSets"].check(made, extra)
