"""Running changes nothing that goes in, and nothing that comes out can be changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..mechanism.mechanism import Mechanism
from ..problems.problem import Problem
from .checks import SEED

__all__ = ["arrays_of", "check_immutability"]


def check_immutability(mechanism: Mechanism, problem: Problem) -> None:
    """Every array that goes in keeps its bits and stays read-only; every array of the outcome is read-only.

    What goes in are the problem and the parameters of the mechanism. A second run, by another lottery, shows arrays
    that only look read-only: views of a buffer that the mechanism keeps.

    Raises
    ------
    AssertionError
        An array changed, then or by the next run, or can be written to; the mechanism changed; a field can be
        replaced.
    """
    setting = repr(mechanism)
    before = [(name, array, array.copy()) for name, array in _given(mechanism, problem)]
    outcome = mechanism.run(problem, rng=SEED)
    for name, array, copy in before:
        assert np.array_equal(array, copy, equal_nan=array.dtype.kind == "f"), f"{name} changed: {copy} became {array}"
    now = dict(_given(mechanism, problem))
    for name, array, _ in before:
        assert now.get(name) is array, f"{name} was replaced by another array"
    assert repr(mechanism) == setting, f"the mechanism changed: {setting} became {mechanism!r}"
    seen = [("outcome.payments", outcome.payments), ("outcome.shares", outcome.shares)]
    for name, array in [*_given(mechanism, problem), *arrays_of(outcome, "outcome"), *seen]:
        assert not array.flags.writeable, f"{name} can be written to"
    kept = [(name, array, array.copy()) for name, array in arrays_of(outcome, "outcome")]
    mechanism.run(problem, rng=SEED + 1)
    for name, array, copy in kept:
        same = np.array_equal(array, copy, equal_nan=array.dtype.kind == "f")
        assert same, f"{name} is overwritten by the next run: {copy} became {array}"
    for thing, attribute in ((mechanism, "lens"), (outcome, "decision"), (problem, "profile")):
        try:
            setattr(thing, attribute, getattr(thing, attribute))
        except FrozenInstanceError:
            continue
        raise AssertionError(f"{type(thing).__name__}.{attribute} can be replaced; is it a frozen dataclass?")


def _given(mechanism: Mechanism, problem: Problem) -> list[tuple[str, npt.NDArray[Any]]]:
    return [*arrays_of(mechanism, "mechanism"), *arrays_of(problem, "problem")]


def arrays_of(thing: Any, name: str, depth: int = 8) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Every array held by a dataclass, in its fields, their fields, and tuples and mappings of them; with its name."""
    if isinstance(thing, np.ndarray):
        yield name, thing
    elif depth and is_dataclass(thing) and not isinstance(thing, type):
        for item in fields(thing):
            yield from arrays_of(getattr(thing, item.name), f"{name}.{item.name}", depth - 1)
    elif depth and isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from arrays_of(value, f"{name}[{key!r}]", depth - 1)
    elif depth and isinstance(thing, (tuple, list)):
        for k, value in enumerate(thing):
            yield from arrays_of(value, f"{name}[{k}]", depth - 1)
