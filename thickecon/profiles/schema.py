"""The layout of profile files, version 1: pydantic models, and the JSON Schema that is published from them.

The same models check ``.json`` files, where numbers stand in lists, and ``.parquet`` files, where they are columns;
either way numbers leave the models as numpy arrays. A vector of ten million bad entries gives one error, not ten
million: arrays are checked by functions that stop at the first bad entry and say where it is.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = [
    "FORMAT",
    "VERSION",
    "EndorsementPart",
    "EvidencePart",
    "Labels",
    "Matrix",
    "MotivePart",
    "Part",
    "Positions",
    "ProfileDocument",
    "RowsPart",
    "Vector",
    "plain_label",
    "positions",
    "profile_schema",
    "vector",
]

FORMAT = "thickecon/profile"
VERSION = 1
MOST = 2**31 - 1
"""Positions are 32-bit."""


def _bad(message: str, *at: int) -> PydanticCustomError:
    """An error at entry ``at`` of the array under test."""
    return PydanticCustomError("entry", "{message}", {"message": message, "at": at})


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _numbers(row: Sequence[Any], allowed: set[type], wanted: str, *at: int) -> None:
    """Every entry of ``row`` has an allowed type (``bool`` is not a number)."""
    if set(map(type, row)) <= allowed:
        return
    k = next(k for k, entry in enumerate(row) if type(entry) not in allowed)
    raise _bad(f"must be {wanted}, found {_shown(row[k])}", *at, k)


def _as_array(row: Sequence[Any], dtype: npt.DTypeLike, *at: int) -> npt.NDArray[Any]:
    try:
        made = np.array(row, dtype=dtype)
    except OverflowError as err:
        raise _bad("holds a number too large for its type", *at) from err
    if made.dtype.kind == "f" and not np.isfinite(made).all():
        k = int(np.argmin(np.isfinite(made)))
        raise _bad(f"must be finite, found {made[k]}", *at, k)
    return made


def vector(value: Any) -> npt.NDArray[np.float64]:
    """A vector of finite numbers, or an error that says which entry is not one."""
    if isinstance(value, np.ndarray):
        if value.ndim != 1 or value.dtype != np.float64:
            raise _bad(f"must be a vector of numbers, found {value.dtype} with {value.ndim} axes")
        return value
    if not isinstance(value, list):
        raise _bad(f"must be a list of numbers, found {_shown(value)}")
    _numbers(value, {float, int}, "a number")
    return _as_array(value, np.float64)


def _matrix(value: Any) -> npt.NDArray[np.float64]:
    if isinstance(value, np.ndarray):
        if value.ndim != 2 or value.dtype != np.float64:
            raise _bad(f"must be a table of numbers, found {value.dtype} with {value.ndim} axes")
        return value
    if not isinstance(value, list):
        raise _bad(f"must be a list of lists of numbers, found {_shown(value)}")
    for k, row in enumerate(value):
        if not isinstance(row, list):
            raise _bad(f"must be a list of numbers, found {_shown(row)}", k)
        if len(row) != len(value[0]):
            raise _bad(f"must have {len(value[0])} numbers like the first list, found {len(row)}", k)
        _numbers(row, {float, int}, "a number", k)
    width = len(value[0]) if value else 0
    table = np.empty((len(value), width))
    for k, row in enumerate(value):
        table[k] = _as_array(row, np.float64, k)
    return table


def positions(value: Any) -> npt.NDArray[np.int64]:
    """A vector of whole numbers, or an error that says which entry is not one."""
    if isinstance(value, np.ndarray):
        if value.ndim != 1 or value.dtype.kind != "i":
            raise _bad(f"must be a vector of positions, found {value.dtype} with {value.ndim} axes")
        return value
    if not isinstance(value, list):
        raise _bad(f"must be a list of positions, found {_shown(value)}")
    _numbers(value, {int}, "a position (0, 1, 2, ...)")
    return _as_array(value, np.int64)


def plain_label(value: Any) -> Hashable:
    """A label from what a file holds: text, number, true, false, null; a list stands for a tuple.

    Raises
    ------
    ValueError
        An object, or a number that is not finite.
    """
    if isinstance(value, list):
        return tuple(plain_label(entry) for entry in value)
    if value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and np.isfinite(value)):
        return value
    raise ValueError(f"must be text, a number, true, false, null or a list of them, found {_shown(value)}")


def _labels(value: Any) -> Sequence[Hashable]:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= MOST:
            raise _bad(f"must be a list of labels or their number, at least 0 and at most {MOST}, found {value}")
        return range(value)
    if not isinstance(value, list):
        raise _bad(f"must be a list of labels, or their number, found {_shown(value)}")
    if set(map(type, value)) <= {str, int}:
        return tuple(value)
    made = []
    for k, entry in enumerate(value):
        try:
            made.append(plain_label(entry))
        except ValueError as err:
            raise _bad(str(err), k) from err
    return tuple(made)


_NUMBERS = {"type": "array", "items": {"type": "number"}}
_LABEL = {
    "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {"type": "array", "description": "a tuple of labels"},
    ]
}

Vector = Annotated[Any, PlainValidator(vector), WithJsonSchema(_NUMBERS)]
Matrix = Annotated[Any, PlainValidator(_matrix), WithJsonSchema({"type": "array", "items": _NUMBERS})]
Positions = Annotated[
    Any, PlainValidator(positions), WithJsonSchema({"type": "array", "items": {"type": "integer", "minimum": 0}})
]
Labels = Annotated[
    Any,
    PlainValidator(_labels),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": MOST}, {"type": "array", "items": _LABEL}]}),
]


class Part(BaseModel):
    """A part of a file: exact types, no unknown keys."""

    model_config = ConfigDict(strict=True, extra="forbid", arbitrary_types_allowed=True)


class MotivePart(Part):
    """One motive."""

    name: str = Field(min_length=1)
    kind: Literal["value", "influence"] = "value"
    attends_to: list[str] = Field(default_factory=list)
    contexts: list[str] = Field(default_factory=list)
    tier: int = Field(default=0, ge=0)
    owner: str | None = None
    channel: str | None = None


def _extended(value: Any) -> Any:
    """JSON has no infinite numbers; an unbounded interval is written as text."""
    if isinstance(value, float) and not np.isfinite(value):
        raise ValueError("must be a number, 'inf', '-inf' or 'nan'")
    return float(value) if value in ("inf", "-inf", "nan") else value


_EXTENDED = {"anyOf": [{"type": "number"}, {"enum": ["inf", "-inf", "nan"]}]}
Extended = Annotated[float, BeforeValidator(_extended), WithJsonSchema(_EXTENDED)]


class EvidencePart(Part):
    """What an endorsement rests on."""

    source: str
    estimate: Extended | None = None
    standard_error: Extended | None = None
    interval: list[Extended] | None = Field(default=None, min_length=2, max_length=2)
    n: int | None = None


class EndorsementPart(Part):
    """E[i, c] = theta[group[i], param[c]]."""

    theta: Matrix = Field(description="(groups, parameters) shares in [0, 1]")
    lower: Matrix | None = Field(default=None, description="least admissible shares, shape of theta")
    upper: Matrix | None = Field(default=None, description="greatest admissible shares, shape of theta")
    group: Positions | None = Field(default=None, description="row of theta that each agent reads")
    param: Positions | None = Field(default=None, description="column of theta that each motive reads")
    variance: Vector | None = Field(default=None, description="variances of theta, row by row")
    covariance: Matrix | None = Field(default=None, description="covariance of theta, row by row; not with variance")
    evidence: list[EvidencePart] = Field(default_factory=list)


class RowsPart(Part):
    """Who evaluates what: positions, sorted by (agent, option), no pair twice."""

    agent: Positions
    option: Positions


class ProfileDocument(Part):
    """A thick value profile."""

    format: Literal["thickecon/profile"]
    version: Literal[1]
    unit: Literal["utils", "money", "ordinal"] = "utils"
    resolution: float | None = Field(default=None, ge=0, description="comparison grid; null: from the contributions")
    agents: Labels = Field(description="labels, or how many there are")
    options: Labels = Field(description="labels, or how many there are")
    motives: list[MotivePart] = Field(min_length=1)
    rows: RowsPart | None = Field(default=None, description="null: every agent evaluates every option, agent by agent")
    contributions: Matrix = Field(description="a list for each motive, an entry for each row")
    endorsement: EndorsementPart
    outside_worth: Vector | None = Field(default=None, description="worth of doing nothing for each agent")
    outside_contributions: Matrix | None = Field(default=None, description="(agents, motives); not with outside_worth")
    weights: Vector | None = Field(default=None, description="people that each agent stands for")


def profile_schema() -> dict[str, Any]:
    """The JSON Schema of profile files, as published in ``docs/reference/schema/profile-v1.schema.json``.

    Examples
    --------
    >>> profile_schema()["properties"]["format"]["const"]
    'thickecon/profile'
    """
    made = ProfileDocument.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
