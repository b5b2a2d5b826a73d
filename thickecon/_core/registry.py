"""Named collections that other distributions can extend through entry points."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from ..errors import UnknownNameError

__all__ = ["Registry", "nearest"]

T = TypeVar("T")


def nearest(name: str, known: list[str]) -> str:
    """A phrase that suggests the closest known names, for error messages."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    if close:
        return "did you mean " + " or ".join(map(repr, close)) + "?"
    shown = ", ".join(map(repr, known[:12])) + (", ..." if len(known) > 12 else "")
    return f"known: {shown}" if known else "none is registered"


class Registry(Generic[T]):
    """Names to things of one kind; entry points of ``group`` are loaded on the first look-up.

    A distribution extends it by declaring, in its own ``pyproject.toml``,
    ``[project.entry-points."thickecon.mechanisms"]`` (or another group) ``name = "package.module:object"``.
    """

    def __init__(self, kind: str, group: str | None = None) -> None:
        self.kind, self.group = kind, group
        self._known: dict[str, T] = {}
        self._entry_points_loaded = group is None

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that files a thing under ``name``."""

        def file(thing: T) -> T:
            self._known[name] = thing
            return thing

        return file

    def add(self, name: str, thing: T) -> None:
        """File ``thing`` under ``name``."""
        self._known[name] = thing

    def _load_entry_points(self) -> None:
        if self._entry_points_loaded:
            return
        self._entry_points_loaded = True
        for point in entry_points(group=self.group or ""):
            if point.name not in self._known:
                self._known[point.name] = point.load()

    def __getitem__(self, name: str) -> T:
        self._load_entry_points()
        try:
            return self._known[name]
        except KeyError:
            raise UnknownNameError(
                f"no {self.kind} is called {name!r}; {nearest(name, self.names())}",
                where=self.kind,
                remedy="'thickecon list' prints all names",
            ) from None

    def __contains__(self, name: object) -> bool:
        self._load_entry_points()
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def names(self) -> list[str]:
        """All names in order, those of entry points among them."""
        self._load_entry_points()
        return sorted(self._known)

    def items(self) -> list[tuple[str, T]]:
        """(name, thing) in order of names."""
        return [(name, self._known[name]) for name in self.names()]
