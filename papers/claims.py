"""Claims of a paper: what it printed, with a tolerance, beside what the package computes.

A folder ``papers/<key>/`` has ``expected.toml`` (the claims), ``replicate.py`` (a function ``replicate`` that returns
a number for each claim) and ``test_replication.py``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Claim", "check", "read_claims", "table"]


@dataclass(frozen=True)
class Claim:
    """One number of a paper.

    Parameters
    ----------
    id
        Key in what ``replicate`` returns.
    what, where
        In words, and the page, table or equation it stands in.
    value
        As printed.
    tolerance
        Absolute; half a unit of the last printed digit unless ``note`` says why it is more.
    source
        ``"read"``: printed in the source and read there; ``"recalled"``: known at second hand; ``"computed"``: a
        closed form or a second method, not printed in the paper.
    note
        Whatever a reader should know, for example that the source is wrong.
    """

    id: str
    what: str
    where: str
    value: float
    tolerance: float
    source: str = "read"
    note: str = ""


def read_claims(folder: Path) -> tuple[Claim, ...]:
    """The ``[[claim]]`` tables of ``expected.toml``.

    Raises
    ------
    ValueError
        Two claims have the same id, or a source is not one of the three.
    """
    claims = tuple(Claim(**entry) for entry in tomllib.loads((folder / "expected.toml").read_text("utf-8"))["claim"])
    names = [claim.id for claim in claims]
    if len(set(names)) < len(names):
        raise ValueError(f"{folder.name}: claims must have different ids")
    if not {claim.source for claim in claims} <= {"read", "recalled", "computed"}:
        raise ValueError(f"{folder.name}: source must be read, recalled or computed")
    return claims


def check(folder: Path, found: Mapping[str, float]) -> None:
    """Every claim is computed, lies within its tolerance, and nothing is computed that is not claimed.

    Raises
    ------
    AssertionError
        Names the claims that fail, with both numbers.
    """
    claims = read_claims(folder)
    assert set(found) == {claim.id for claim in claims}, set(found) ^ {claim.id for claim in claims}
    off = [
        f"{claim.id}: printed {claim.value}, found {found[claim.id]} (tolerance {claim.tolerance})"
        for claim in claims
        if not abs(found[claim.id] - claim.value) <= claim.tolerance
    ]
    assert not off, "\n".join(off)


def table(folder: Path, found: Mapping[str, float]) -> str:
    """Markdown: claim, where, printed, found, within tolerance."""
    lines = ["| claim | where | source | printed | found | within |", "| --- | --- | --- | --- | --- | --- |"]
    for claim in read_claims(folder):
        value = found[claim.id]
        within = "yes" if abs(value - claim.value) <= claim.tolerance else "**no**"
        lines.append(
            f"| {claim.what} | {claim.where} | {claim.source} | {claim.value:g} ± {claim.tolerance:g} | {value:.6g} |"
            f" {within} |"
        )
    return "\n".join(lines)
