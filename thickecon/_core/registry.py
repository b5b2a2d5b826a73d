"""Named collections that other distributions can extend through entry points."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from ..errors import InputError, UnknownNameError

__all__ = ["ClassRegistry", "Registry", "nearest"]

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
    One that cannot be loaded, or that takes a name which is taken, is left out with a warning that names its
    distribution: a faulty plug-in must not take the others down.

    Parameters
    ----------
    kind
        What the things are, in the singular, for messages.
    group
        Of entry points; None: no plug-ins.
    admit
        (name, object of an entry point) -> the thing to file; raises InputError where it is none.
    """

    def __init__(self, kind: str, group: str | None = None, admit: Callable[[str, Any], T] | None = None) -> None:
        self.kind, self.group, self._admit = kind, group, admit
        self._known: dict[str, T] = {}
        self._owner: dict[str, str] = {}  # of things from entry points: which distribution brought them
        self._broken: dict[str, Exception] = {}
        self._entry_points_loaded = group is None

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that files a thing under ``name``."""

        def file(thing: T) -> T:
            self.add(name, thing)
            return thing

        return file

    def add(self, name: str, thing: T) -> None:
        """File ``thing`` under ``name``; it takes the place of an entry point's, with a warning."""
        owner = self._owner.pop(name, None)
        if owner is not None and self._known[name] is not thing:
            self._warn(f"{name!r} of {owner} is left out: the name is taken")
        self._known[name] = thing

    def filed(self, name: str) -> T | None:
        """What is filed under ``name`` so far, without looking for entry points."""
        return self._known.get(name)

    def _load_entry_points(self) -> None:
        if self._entry_points_loaded:
            return
        self._entry_points_loaded = True
        for point in sorted(entry_points(group=self.group or ""), key=lambda each: (each.name, _distribution(each))):
            self._load(point)

    def _load(self, point: EntryPoint) -> None:
        name, owner = point.name, _distribution(point)
        before = self._known.get(name)
        try:
            thing = point.load()
            filed = self._known.get(name)
            if filed is not None and before is None:  # its module has filed it itself
                thing = filed
            if self._admit is not None:
                thing = self._admit(name, thing)
        except Exception as err:  # noqa: BLE001 - whatever a stranger's module may raise
            self._known.pop(name, None)
            if before is None:
                self._broken[name] = err
            else:
                self._known[name] = before
            self._warn(f"{name!r} of {owner} ({point.value}) cannot be loaded: {type(err).__name__}: {err}")
            return
        if before is None:
            self.add(name, thing)
            self._owner[name] = owner
            self._broken.pop(name, None)
            return
        self._known[name] = before  # its module may have filed over it
        if thing is not before:
            taken = f"by {self._owner[name]}" if name in self._owner else "already"
            self._warn(f"{name!r} of {owner} is left out: the name is taken {taken}")

    def _warn(self, what: str) -> None:
        warnings.warn(f"{self.kind} {what}", UserWarning, stacklevel=2)

    def __getitem__(self, name: str) -> T:
        self._load_entry_points()
        if name in self._known:
            return self._known[name]
        if name in self._broken:
            err = self._broken[name]
            raise UnknownNameError(
                f"{name!r} cannot be loaded: {type(err).__name__}: {err}",
                where=self.kind,
                remedy="repair or remove the distribution that declares it",
            ) from err
        raise UnknownNameError(
            f"no {self.kind} is called {name!r}; {nearest(name, self.names())}",
            where=self.kind,
            remedy="'thickecon list' prints all names",
        )

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


class ClassRegistry(Registry[Any]):
    """Concrete subclasses of one base.

    Parameters
    ----------
    kind, group
        As in :class:`Registry`.
    base
        Returns the base; called when the first entry point is loaded.
    named
        Does each class learn the name it is filed under, as its attribute ``name``?
    needs
        Attributes that each must have.
    """

    def __init__(
        self, kind: str, group: str, base: Callable[[], type], *, named: bool = True, needs: tuple[str, ...] = ()
    ) -> None:
        super().__init__(kind, group, self._checked)
        self._base, self._named, self._needs = base, named, needs

    def add(self, name: str, thing: Any) -> None:
        """File a class, and tell it its name."""
        super().add(name, thing)
        if self._named:
            thing.name = name

    def _checked(self, name: str, thing: Any) -> Any:
        base = self._base()
        if not (isinstance(thing, type) and issubclass(thing, base)):
            found = thing.__name__ if isinstance(thing, type) else type(thing).__name__
            raise InputError(f"must be a subclass of {base.__name__}, found {found}", where=name)
        missing = [
            *sorted(getattr(thing, "__abstractmethods__", ())),
            *(x for x in self._needs if not hasattr(thing, x)),
        ]
        if missing:
            raise InputError(f"{thing.__name__} must define {', '.join(missing)}", where=name)
        return thing


def _distribution(point: EntryPoint) -> str:
    """Name and version of the distribution that declares an entry point."""
    return "an unknown distribution" if point.dist is None else f"{point.dist.name} {point.dist.version}"
