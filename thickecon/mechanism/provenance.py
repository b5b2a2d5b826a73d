"""Where an outcome comes from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..problems.problem import Problem

__all__ = ["Provenance", "package_version"]


@cache
def package_version() -> str:
    """The installed version, or ``unknown`` when run from a bare checkout."""
    try:
        return version("thickecon")
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, eq=False)
class Provenance:
    """Enough to tell what was run on what, and to run it again.

    Attributes
    ----------
    mechanism
        Name and parameters.
    lens
        Title, what it sees, what it ignores.
    seed
        Start of the lottery.
    version
        Of this package.
    stamp
        ``"oracle"`` if the mechanism was handed the truth, ``"reports"`` if reports were passed in, else "".
    """

    mechanism: str
    lens: dict[str, str]
    seed: str
    version: str
    stamp: str
    problem: Problem

    @property
    def problem_hash(self) -> str:
        """sha256 of the problem's content; computed on first use."""
        return self.problem.content_hash

    def to_dict(self) -> dict[str, Any]:
        """Plain data for files, the problem by its content hash."""
        return {
            "mechanism": self.mechanism,
            "lens": self.lens,
            "seed": self.seed,
            "version": self.version,
            "stamp": self.stamp,
            "problem": {"kind": self.problem.kind, "sha256": self.problem_hash},
        }
