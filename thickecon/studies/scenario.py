"""What a scenario is: a world, who sees what of it, and what comes of it in each arm."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

import numpy as np

from .._core.registry import ClassRegistry, nearest
from ..errors import InputError, UnknownNameError
from .seeds import Draws

if TYPE_CHECKING:
    from ..mechanism.mechanism import Mechanism

__all__ = ["ARMS", "SCENARIOS", "Known", "Measure", "Scenario", "knob", "scenario"]

ARMS = ("sidt", "informed", "thick", "shrunk", "cautious", "regret", "text", "oracle")
"""What decides: revealed values; those with the same evidence; endorsed values by the estimate at face value; their
posterior mean; the estimate if a lower bound favours it; minimax regret; free text; the truth."""


@dataclass(frozen=True)
class Measure:
    """A yardstick of a scenario.

    Attributes
    ----------
    name
        Of its column.
    better
        Which direction is better; None where neither is.
    line
        One sentence.
    """

    name: str
    better: Literal["more", "less"] | None
    line: str


@dataclass(frozen=True)
class Known:
    """A number that a study must meet: a closed form or an exact sum at the scenario's knobs.

    Attributes
    ----------
    arm, measure
        Whose mean it is.
    value
        The number.
    source
        Where it comes from, in words.
    """

    arm: str
    measure: str
    value: float
    source: str


def knob(
    default: Any, line: str, *, low: float | None = None, high: float | None = None, one_of: tuple[Any, ...] = ()
) -> Any:
    """A parameter of a scenario: default, one sentence, and what is allowed (bounds included)."""
    return field(default=default, metadata={"line": line, "low": low, "high": high, "one_of": one_of})


@dataclass(frozen=True)
class Scenario(ABC):
    """A frozen dataclass of knobs; subclasses write :meth:`draw` and :meth:`play`.

    Attributes
    ----------
    mechanism
        What decides where a mechanism of the catalogue does; None: the scenario's own default.
    name, section, title
        Of the registry; the label in the literature's list (L2a, A4, V1); a heading.
    question, loses
        What it asks, and where thick values do not help, one sentence each.
    premise
        The normative choice in force, one sentence: what does not count.
    failures
        Failures of value-blind systems that it shows, in words.
    source
        What it follows.
    version
        Raise it whenever numbers change: it is part of every key in a store.
    arms
        Arms that exist here, in the order of tables.
    measures
        What is measured; the first is the headline.
    beside
        Pairs of measures that must be read together, drawn one against the other.
    own_rule
        Does the scenario decide by a rule of its own, so that no mechanism of the catalogue can be put in its place?
    evidence
        The knob that is the error of the evidence, or None. Break-even curves run over it.
    surveyed
        Is a knob called ``s`` a standard error, which falls with the root of the number of answers?
    """

    mechanism: Mechanism | None = field(default=None, kw_only=True)

    name: ClassVar[str] = ""
    section: ClassVar[str] = ""
    title: ClassVar[str] = ""
    question: ClassVar[str] = ""
    premise: ClassVar[str] = ""
    loses: ClassVar[str] = ""
    failures: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = ""
    version: ClassVar[int] = 1
    arms: ClassVar[tuple[str, ...]] = ("sidt", "thick", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = ()
    beside: ClassVar[tuple[tuple[str, str], ...]] = ()
    own_rule: ClassVar[bool] = False
    evidence: ClassVar[str | None] = "s"
    surveyed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for each in self.knobs():
            object.__setattr__(self, each.name, _checked(self.name, each, getattr(self, each.name)))

    @property
    def maximises(self) -> bool:
        """Does sidt maximise the measure ``revealed``, and the oracle ``endorsed``, over one and the same set?

        Then T3 bounds what sidt loses: by revealed less endorsed in its outcome, less the same in the oracle's.
        """
        return False

    @classmethod
    def arms_with(cls, mechanism: Mechanism | None) -> tuple[str, ...]:
        """Those of ``arms`` that exist where this mechanism decides.

        Parameters
        ----------
        mechanism
            None: the scenario's own.
        """
        return cls.arms

    # ---- what a subclass writes ---------------------------------------------------------------------------

    @abstractmethod
    def draw(self, draws: Draws) -> Any:
        """The world of one replicate: truth, reports, and standardised noise of the evidence.

        The knob named in ``evidence`` must not be used here, nor any arm.
        """

    @abstractmethod
    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """What comes of it in one arm: a number for each of ``measures`` that applies."""

    def known(self) -> tuple[Known, ...]:
        """Closed forms at these knobs."""
        return ()

    def break_even(self) -> float | None:
        """The error of evidence at which thick is as good as SIDT, where a closed form is known."""
        return None

    # ---- knobs --------------------------------------------------------------------------------------------

    @classmethod
    def knobs(cls) -> tuple[Field[Any], ...]:
        """The fields that are knobs."""
        return tuple(each for each in fields(cls) if "line" in each.metadata)

    @property
    def parameters(self) -> dict[str, Any]:
        """Knobs by name, typed."""
        return {each.name: getattr(self, each.name) for each in self.knobs()}

    @classmethod
    def make(cls, parameters: Mapping[str, Any], mechanism: Mechanism | None = None) -> Self:
        """From names and values.

        Raises
        ------
        UnknownNameError
            A knob that does not exist; the nearest name is suggested.
        InputError
            A value of the wrong type or out of bounds.
        """
        names = [each.name for each in cls.knobs()]
        for name in parameters:
            if name not in names:
                raise UnknownNameError(f"no knob is called {name!r}; {nearest(name, names)}", where=cls.name)
        made = cls(**parameters)
        return made if mechanism is None else replace(made, mechanism=mechanism)


def _checked(where: str, each: Field[Any], value: Any) -> Any:
    """The value in the type of the knob's default, so that 1 and 1.0 are one value where numbers are meant."""
    default = None if each.default is MISSING else each.default
    place = f"{where}.{each.name}"
    allowed = each.metadata["one_of"]
    if allowed and value not in allowed:
        raise InputError(f"must be one of {', '.join(map(repr, allowed))}, found {value!r}", where=place)
    if isinstance(default, tuple):
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            raise InputError(f"must be a list, found {value!r}", where=place)
        return tuple(_number(place, float if default and isinstance(default[0], float) else int, x) for x in value)
    if isinstance(default, bool):
        if not isinstance(value, (bool, np.bool_)):
            raise InputError(f"must be true or false, found {value!r}", where=place)
        return bool(value)
    if isinstance(default, (int, float)):
        number = _number(place, type(default), value)
        low, high = each.metadata["low"], each.metadata["high"]
        if (low is not None and number < low) or (high is not None and number > high):
            raise InputError(f"must lie in [{low}, {high}], found {number!r}", where=place)
        return number
    if isinstance(default, str) and not isinstance(value, str):
        raise InputError(f"must be text, found {value!r}", where=place)
    return value


def _number(place: str, kind: type, value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InputError(f"must be a number, found {value!r}", where=place)
    if not np.isfinite(value) or (kind is int and value != int(value)):
        raise InputError(f"must be a {'whole' if kind is int else 'finite'} number, found {value!r}", where=place)
    return kind(value)


class _Scenarios(ClassRegistry):
    """The modules of ``studies.scenarios`` register on the first look-up, then those of other distributions."""

    _loaded = False

    def _load_entry_points(self) -> None:
        if not self._loaded:
            self._loaded = True
            package = import_module(f"{__package__}.scenarios")
            for module in iter_modules(package.__path__):
                import_module(f"{package.__name__}.{module.name}")
        super()._load_entry_points()


SCENARIOS: _Scenarios = _Scenarios("scenario", "thickecon.scenarios", lambda: Scenario)

S = TypeVar("S", bound="type[Scenario]")


def scenario(name: str) -> Callable[[S], S]:
    """Class decorator that files a scenario; other distributions use entry points ``thickecon.scenarios``."""

    def file(made: S) -> S:
        SCENARIOS.add(name, made)
        return made

    return file
