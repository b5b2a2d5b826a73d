"""Frozen arrays and checks that name the first bad entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError

__all__ = ["FloatArray", "IntArray", "BoolArray", "frozen", "as_floats", "first_bad", "require_finite", "shape_text"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


def frozen(values: npt.ArrayLike, dtype: npt.DTypeLike | None = None, *, copy: bool = True) -> npt.NDArray[Any]:
    """A read-only, C-contiguous array that shares no memory with its argument.

    An array that is already frozen and owns its data cannot change under us and is returned as it is.
    ``copy=False`` freezes an array that was just made here and that nobody else holds.
    """
    array = np.asarray(values, dtype=dtype)
    if not array.flags.writeable and array.flags.c_contiguous and _root_is_frozen(array):
        return array
    if copy or not array.flags.c_contiguous:
        array = np.array(array, order="C", copy=True)
    array.flags.writeable = False
    return array


def _root_is_frozen(array: npt.NDArray[Any]) -> bool:
    base: Any = array
    while isinstance(base, np.ndarray):
        if base.flags.writeable:
            return False
        if base.base is None:
            return True
        base = base.base
    return False


def as_floats(
    values: npt.ArrayLike, name: str, *, error: type[InputError] = InputError, copy: bool = False
) -> FloatArray:
    """``values`` as float64, or an error that says which argument is not numeric."""
    try:
        return np.array(values, dtype=np.float64, copy=True if copy else None)
    except (TypeError, ValueError) as err:
        raise error(
            f"must be numeric, found {type(values).__name__} ({err})",
            where=name,
            remedy="pass numbers in a rectangular array",
        ) from err


def shape_text(shape: Sequence[int]) -> str:
    """A shape as numpy prints it, for messages."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def first_bad(bad: npt.NDArray[Any]) -> tuple[int, ...]:
    """Index of the first true entry of ``bad``."""
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(bad)), bad.shape))


def require_finite(
    array: FloatArray,
    name: str,
    *,
    error: type[InputError] = InputError,
    allow_nan: bool = False,
    place: Callable[[tuple[int, ...]], str] | None = None,
    remedy: str = "remove or impute the entry",
) -> None:
    """Raise, naming the first entry that is nan or infinite.

    A finite sum proves that all entries are finite without a boolean array as large as the input; only
    when it is not finite (or overflows) is the slow exact test made.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        if not array.size or np.isfinite(array.sum()):
            return
    bad = np.isinf(array) if allow_nan else ~np.isfinite(array)
    if bad.any():
        index = first_bad(bad)
        at = place(index) if place else f"[{', '.join(map(str, index))}]"
        raise error(f"must be finite, found {array[index]} at {at}", where=name, remedy=remedy)
