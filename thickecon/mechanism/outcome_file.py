"""Outcomes in files: what is taken, what was checked, and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ..errors import FileFormatError
from ..profiles.io.files import replace_file, write_target

if TYPE_CHECKING:
    import os

    from .outcome import Outcome

__all__ = ["outcome_document", "write_outcome", "write_page"]


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """Plain data: rows taken with their labels, payments, prices, certificate, provenance."""
    index = outcome.profile.index
    here = np.flatnonzero(outcome.taken)
    document: dict[str, Any] = {
        "format": "thickecon.outcome",
        "version": 1,
        "provenance": outcome.provenance.to_dict(),
        "taken": [
            {
                "agent": _plain(index.agents[int(index.agent[r])]),
                "option": _plain(index.options[int(index.option[r])]),
                "share": float(outcome.taken[r]),
            }
            for r in here
        ],
        "certificate": [
            {
                "name": verdict.name,
                "self": verdict.self,
                "holds": verdict.holds,
                "gap": verdict.gap,
                "tol": verdict.tol,
                "witness": None if verdict.witness is None else str(verdict.witness),
                "statement": verdict.statement,
            }
            for verdict in outcome.certificate
        ],
    }
    if outcome.with_money:
        document["payments"] = outcome.payments.tolist()
    if outcome.decision.prices is not None:
        document["prices"] = outcome.decision.prices.tolist()
    return document


def write_outcome(outcome: Outcome, path: str | os.PathLike[str]) -> None:
    """Write an outcome as ``.json``, atomically.

    Raises
    ------
    FileFormatError
        Another ending, or a folder that is not there.
    """
    place, container = write_target(path)
    if container != "json":
        raise FileFormatError("outcomes are written as .json", where=str(place), remedy="or to_frame().to_parquet()")
    text = json.dumps(outcome_document(outcome), indent=1, allow_nan=False) + "\n"
    _put(text, place)


def write_page(text: str, path: str | os.PathLike[str]) -> None:
    """Write an HTML page, atomically.

    Raises
    ------
    FileFormatError
        Another ending, or a folder that is not there.
    """
    place = Path(path)
    if place.suffix.lower() not in (".html", ".htm"):
        raise FileFormatError(f"must end in .html, found {place.suffix or 'no ending'!r}", where=str(place))
    if not place.resolve().parent.is_dir():
        raise FileFormatError("its folder does not exist", where=str(place), remedy=f"create {str(place.parent)!r}")
    _put(text, place)


def _put(text: str, place: Path) -> None:
    def write(file: BinaryIO) -> None:
        file.write(text.encode())

    replace_file(place, write)


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label
