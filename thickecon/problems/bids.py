"""Bids on bundles of items."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from .._core.arrays import as_floats, first_bad, frozen, shape_text
from ..errors import ProblemError
from ..profiles.rows import as_labels
from .bundle_table import bundle_table, is_named
from .problem import Problem, capacity_vector, require_profile

__all__ = ["Bids", "Language"]

Language = Literal["XOR", "OR", "OR*", "additive", "unit"]
LANGUAGES = ("XOR", "OR", "OR*", "additive", "unit")


@dataclass(frozen=True, eq=False)
class Bids(Problem):
    """A combinatorial auction: options are bundles of items.

    Parameters
    ----------
    profile
        Values of bundles (an option each).
    bundles
        (m, items) how many units of each item a bundle takes, or m collections of names of ``items``; None: each
        option is an item of its own.
    language
        "XOR": at most one bundle an agent; "OR": any disjoint bundles; "OR*": OR with dummy items among the
        items; "additive": bundles are single items and values add up; "unit": at most one single item.
    supply
        Number or (items,).
    items
        Labels of items.

    Raises
    ------
    ProblemError
        A bundle that is empty, negative or larger than the supply; a language that does not fit the bundles.
    UnknownNameError
        A bundle names an item that is not among ``items``.
    """

    bundles: Any = None
    language: Language = "XOR"
    supply: Any = 1
    items: Sequence[Hashable] | Iterable[Hashable] | None = None
    kind: ClassVar[str] = "bids"

    def __post_init__(self) -> None:
        profile = require_profile(self.profile, "Bids.profile")
        m = profile.n_options
        if is_named(self.bundles):
            listed = None if self.items is None else tuple(self.items)
            object.__setattr__(self, "items", listed)
            object.__setattr__(self, "bundles", bundle_table(self.bundles, listed))
        if self.language not in LANGUAGES:
            raise ProblemError(f"must be one of {LANGUAGES}, found {self.language!r}", where="Bids.language")
        table = np.eye(m) if self.bundles is None else as_floats(self.bundles, "bundles", error=ProblemError)
        if table.ndim != 2 or table.shape[0] != m:
            raise ProblemError(
                f"must have shape (options, items) with {m} options, found {shape_text(table.shape)}", where="bundles"
            )
        bad = ~np.isfinite(table) | (table < 0) | (table != np.floor(np.where(np.isfinite(table), table, 0)))
        if bad.any():
            x, j = first_bad(bad)
            raise ProblemError(
                f"must be whole numbers, at least 0; found {table[x, j]:g} for option {profile.options[x]!r}, item {j}",
                where="bundles",
            )
        given = self.items if self.items is not None else (profile.options if self.bundles is None else None)
        items = as_labels(given, table.shape[1], "items")
        supply = capacity_vector(self.supply, table.shape[1], "supply", items)
        for test, text in ((table.sum(axis=1) == 0, "is empty"), ((table > supply).any(axis=1), "exceeds the supply")):
            if test.any():
                raise ProblemError(f"bundle {profile.options[int(np.argmax(test))]!r} {text}", where="bundles")
        if self.language in ("additive", "unit") and (table.sum(axis=1) != 1).any():
            raise ProblemError(
                f"language {self.language!r} needs single items, bundle"
                f" {profile.options[int(np.argmax(table.sum(axis=1) != 1))]!r} has more",
                where="bundles",
                remedy="use language='XOR'",
            )
        object.__setattr__(self, "bundles", frozen(table))
        object.__setattr__(self, "supply", supply)
        object.__setattr__(self, "items", items)
