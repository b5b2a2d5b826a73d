"""An evidence file: what is known of the endorsement of each motive, a row each."""

from __future__ import annotations

import os

import numpy as np

from ...errors import FileFormatError, UnknownNameError
from ...profiles.endorsement import Endorsement, Evidence
from ...profiles.profile import ThickProfile

__all__ = ["read_evidence"]

COLUMNS = ("motive", "endorsement", "standard_error")


def read_evidence(path: str | os.PathLike[str], profile: ThickProfile) -> Endorsement:
    """CSV with columns motive, endorsement, standard_error; motives not named are fully endorsed and certain.

    Parameters
    ----------
    path
        The file.
    profile
        Whose motives are meant.

    Raises
    ------
    FileFormatError
        No such file, a column missing, or a cell that is no number, a share outside [0, 1] or a negative error.
    UnknownNameError
        A motive that the profile does not have.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as err:
        raise FileFormatError(f"cannot be read as CSV ({err})", where=str(path)) from err
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise FileFormatError(f"has no column {missing[0]!r}", where=str(path), remedy=f"columns: {', '.join(COLUMNS)}")
    names = [motive.name for motive in profile.motives]
    theta, error = np.ones(len(names)), np.zeros(len(names))
    for row, (motive, share, sd) in enumerate(table[list(COLUMNS)].itertuples(index=False, name=None), start=2):
        if motive not in names:
            from ..._core.registry import nearest

            raise UnknownNameError(f"no motive is called {motive!r}; {nearest(str(motive), names)}", where=str(path))
        share, sd = _number(path, row, "endorsement", share), _number(path, row, "standard_error", sd)
        if not 0 <= share <= 1 or sd < 0:
            raise FileFormatError(
                f"row {row}: endorsement must lie in [0, 1] and standard_error be at least 0, found {share}, {sd}",
                where=str(path),
            )
        theta[names.index(motive)], error[names.index(motive)] = share, sd
    return Endorsement(theta[None, :], covariance=error**2, evidence=(Evidence(f"evidence file {os.fspath(path)}"),))


def _number(path: str | os.PathLike[str], row: int, column: str, cell: object) -> float:
    try:
        made = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        made = float("nan")
    if not np.isfinite(made):
        raise FileFormatError(f"row {row}: {column} must be a number, found {cell!r}", where=str(path))
    return made
