"""Frames as text that pastes into a paper or a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..plotting.page import number
from .verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["html", "latex", "verdict_frame"]

_STATE = {True: "holds", False: "fails", None: "not checked"}


def latex(frame: pd.DataFrame) -> str:
    """A booktabs table that compiles as it is; needs no further package."""
    shown = frame.map(lambda cell: number(cell).replace("–", "--"))
    made: str = _booktabs(shown)
    return made


def _escape(text: object) -> str:
    table = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}"}
    return "".join(table.get(char, char) for char in str(text))


def _booktabs(frame: pd.DataFrame) -> str:
    levels = frame.index.nlevels
    names = [_escape(name or "") for name in frame.index.names] + [_escape(name) for name in frame.columns]
    lines = [rf"\begin{{tabular}}{{{'l' * levels}{'r' * frame.shape[1]}}}", r"\toprule", " & ".join(names) + r" \\"]
    lines.append(r"\midrule")
    for label, cells in zip(frame.index, frame.to_numpy(), strict=True):
        head = label if levels > 1 else (label,)
        lines.append(" & ".join([*map(_escape, head), *map(_escape, cells)]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def html(frame: pd.DataFrame) -> str:
    """An HTML table with escaped cells."""
    made: str = frame.map(number).to_html(border=0, escape=True, classes="thickecon")
    return made


def verdict_frame(certificate: Iterable[Verdict]) -> pd.DataFrame:
    """One row a verdict."""
    import pandas as pd

    rows = [
        {
            "property": verdict.name,
            "self": verdict.self,
            "state": _STATE[verdict.holds],
            "gap": float("nan") if verdict.gap is None else verdict.gap,
            "tolerance": verdict.tol,
            "witness": "" if verdict.witness is None else str(verdict.witness),
            "statement": verdict.statement,
        }
        for verdict in certificate
    ]
    columns = ["property", "self", "state", "gap", "tolerance", "witness", "statement"]
    return pd.DataFrame(rows, columns=columns)
