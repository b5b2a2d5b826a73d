"""Checks of the parameters of a law; each error names the parameter."""

from __future__ import annotations

import math
import operator
from typing import Any

from ..._core.arrays import shape_text
from ...errors import InputError

__all__ = ["count", "number", "per_option"]


def count(value: Any, name: str, least: int = 1) -> int:
    """A whole number of things, at least ``least``.

    Raises
    ------
    InputError
        It is not.
    """
    try:
        made = operator.index(value)
    except TypeError as err:
        raise InputError(f"must be a whole number, found {value!r}", where=name) from err
    if isinstance(value, bool) or made < least:
        raise InputError(f"must be a whole number, at least {least}, found {value!r}", where=name)
    return made


def number(value: Any, name: str, least: float = -math.inf, most: float = math.inf, *, open_: bool = False) -> float:
    """A finite number in [least, most]; ``open_`` excludes ``least`` itself.

    Raises
    ------
    InputError
        It is not.
    """
    try:
        made = float(value)
    except (TypeError, ValueError) as err:
        raise InputError(f"must be a number, found {value!r}", where=name) from err
    if not math.isfinite(made) or not least <= made <= most or (open_ and made == least):
        left = "(" if open_ or least == -math.inf else "["
        right = ")" if most == math.inf else "]"
        raise InputError(f"must lie in {left}{least:g}, {most:g}{right}, found {value!r}", where=name)
    return made


def per_option(value: Any, name: str, m: int) -> Any:
    """A number, or a vector with one for each of ``m`` options, as an array that broadcasts over rows.

    Raises
    ------
    InputError
        It is not.
    """
    from ..._core.arrays import as_floats, require_finite

    table = as_floats(value, name)
    if table.shape not in ((), (m,)):
        raise InputError(f"must be a number or have shape ({m},), found {shape_text(table.shape)}", where=name)
    require_finite(table, name)
    return table
