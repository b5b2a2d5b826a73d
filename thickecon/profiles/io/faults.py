"""Everything that is wrong with a profile in a file, where reading stops at the first.

Two passes: what the layout forbids, every entry of it; then what the layout cannot see (order, ranges, lengths),
checked on those parts that passed, so that no fault is the echo of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, TypeAdapter, ValidationError

from ...errors import FileFormatError, InputError, ProfileError
from .. import schema
from .document import fault_of, place_in

__all__ = ["MOST", "each_bad", "labels_twice", "layout_faults", "part", "structure_faults"]

MOST = 25
"""Faults of one kind that are named one by one; the others are counted."""

_POSITIONS = ("agent", "option", "group", "param")


# ---- what the layout forbids ----------------------------------------------------------------------------------


def layout_faults(model: type[BaseModel], tree: dict[str, Any], where: str) -> list[InputError]:
    """Missing, misspelt and mistyped parts, and every bad entry of an array where reading names the first."""
    try:
        model.model_validate(tree)
    except ValidationError as err:
        return [fault for error in err.errors(include_url=False) for fault in _with_siblings(error, tree, where)]
    return []


def _with_siblings(error: Any, tree: dict[str, Any], where: str) -> Iterator[InputError]:
    """The finding itself, then like findings in other entries of the same array."""
    at = error.get("ctx", {}).get("at", ())
    if not at:
        yield fault_of(error, tree, where)
        return
    check: Callable[[Any], Any] = schema.vector
    allowed: tuple[type, ...] = (float, int)
    if error["loc"][-1] in _POSITIONS:
        check, allowed = schema.positions, (int,)
    elif not isinstance(error["input"], list) or _is_label(error):
        yield fault_of(error, tree, where)
        return
    count = 0
    for place, entry in _entries(error["input"], deep=isinstance(error["input"][0], list)):
        if type(entry) in allowed and (type(entry) is int or np.isfinite(entry)) and abs(entry) < 2.0**63:
            continue
        what = "" if count >= MOST else _complaint(check, entry)  # words for those that are named
        if what is None:
            continue
        count += 1
        if what:
            yield FileFormatError(what, where=f"{where}: {place_in([*error['loc'], *place], tree)}")
    if not count:  # not a matter of single entries: lists of other lengths
        yield fault_of(error, tree, where)
    if count > MOST:
        yield _others(count - MOST, f"{where}: {place_in(error['loc'], tree)}")


def _is_label(error: Any) -> bool:
    return error["loc"][-1] in ("agents", "options", "items", "scope", "excuses") or "conflicts" in error["loc"]


def _entries(values: list[Any], *, deep: bool) -> Iterator[tuple[tuple[int, ...], Any]]:
    for k, row in enumerate(values):
        if deep and isinstance(row, list):
            yield from (((k, j), entry) for j, entry in enumerate(row))
        else:
            yield (k,), row


def _complaint(check: Callable[[Any], Any], entry: Any) -> str | None:
    from pydantic_core import PydanticCustomError

    try:
        check([entry])
    except PydanticCustomError as err:
        return err.message()
    return None


def _others(count: int, where: str) -> FileFormatError:
    return FileFormatError(f"and {count} more entries like these", where=where)


# ---- what the layout cannot see -------------------------------------------------------------------------------


def part(kind: Any, value: Any) -> Any:
    """``value`` as the layout's ``kind``, or None where it is not: then another fault says so."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return None


def each_bad(bad: npt.NDArray[np.bool_], make: Callable[..., InputError], where: str) -> Iterator[InputError]:
    """``make(*index)`` for each true entry of ``bad``, up to MOST; the others are counted."""
    found = np.argwhere(bad)
    for at in found[:MOST]:
        yield make(*map(int, at))
    if len(found) > MOST:
        yield _others(len(found) - MOST, where)


def labels_twice(labels: Sequence[Any] | None, name: str, where: str) -> Iterator[InputError]:
    """Labels that stand more than once, each once."""
    if labels is None or isinstance(labels, range):
        return
    first: dict[Any, int] = {}
    for k, label in enumerate(labels):
        if label in first:
            yield ProfileError(
                f"labels must differ, {label!r} stands twice (the first is {name}[{first[label]}])",
                where=f"{where}: {name}[{k}]",
            )
        first.setdefault(label, k)


@dataclass
class _Parts:
    """What could be read of a tree; None where it could not."""

    tree: dict[str, Any]
    where: str

    def __post_init__(self) -> None:
        get = self.tree.get
        # empty lists are a fault of their own, of which the others would only be echoes
        self.agents: Sequence[Any] | None = part(schema.Labels, get("agents")) or None
        self.options: Sequence[Any] | None = part(schema.Labels, get("options")) or None
        self.table: npt.NDArray[Any] | None = part(schema.Matrix, get("contributions"))
        self.rows: schema.RowsPart | None = part(schema.RowsPart, get("rows"))
        self.names: list[Any] | None = None
        motives = get("motives")
        if isinstance(motives, list):
            self.names = [each.get("name") if isinstance(each, dict) else None for each in motives] or None


def structure_faults(tree: dict[str, Any], where: str) -> list[InputError]:
    """Order, ranges and lengths, of those parts of a profile that passed the layout."""
    p = _Parts(tree, where)
    checks: Iterable[Callable[[_Parts], Iterator[InputError]]] = (_labels, _table, _positions, _endorsement, _by_agent)
    return [fault for check in checks for fault in check(p)]


def _labels(p: _Parts) -> Iterator[InputError]:
    for labels, name in ((p.agents, "agents"), (p.options, "options"), (p.names, "motives")):
        yield from labels_twice(labels, name, p.where)
    for name in ("agents", "options"):
        if p.tree.get(name) in ([], 0):
            yield ProfileError(f"has no {name}", where=p.where, remedy=f"list at least one of the {name}")


def _table(p: _Parts) -> Iterator[InputError]:
    """One list of contributions for each motive, one finite number for each row."""
    if p.table is None:
        return
    count, width = p.table.shape
    if p.names is not None and count != len(p.names):
        what = f"must have a list for each of the {len(p.names)} motives, found {count}"
        yield FileFormatError(what, where=f"{p.where}: contributions")

    def bad(c: int, row: int) -> InputError:
        place = place_in(["contributions", c, row], p.tree)
        return ProfileError(f"must be finite, found {p.table[c, row]}", where=f"{p.where}: {place}")  # type: ignore[index]

    yield from each_bad(~np.isfinite(p.table), bad, f"{p.where}: contributions")
    if p.tree.get("rows") is None and p.agents is not None and p.options is not None:
        n, m = len(p.agents), len(p.options)
        if width != n * m:
            yield FileFormatError(
                f"must have {n} x {m} = {n * m} entries a motive (no 'rows': every agent evaluates every option),"
                f" found {width}",
                where=f"{p.where}: contributions",
                remedy="list the evaluated pairs in 'rows'",
            )


def _positions(p: _Parts) -> Iterator[InputError]:
    """Rows in range, sorted, each pair once."""
    if p.rows is None:
        return
    known = True
    for name, column, labels in (("agent", p.rows.agent, p.agents), ("option", p.rows.option, p.options)):
        if p.table is not None and len(column) != p.table.shape[1]:
            what = f"must have an entry for each of the {p.table.shape[1]} contributions, found {len(column)}"
            yield FileFormatError(what, where=f"{p.where}: rows.{name}")
        bound = len(labels) if labels is not None else schema.MOST

        def out(k: int, name: str = name, column: npt.NDArray[Any] = column, bound: int = bound) -> InputError:
            what = f"unknown {name} {int(column[k])}, the file lists {bound} (positions 0 to {bound - 1})"
            return FileFormatError(what, where=f"{p.where}: rows.{name}[{k}]")

        wrong = (column < 0) | (column >= bound)
        known &= not wrong.any()
        yield from each_bad(wrong, out, f"{p.where}: rows.{name}")
    if known and len(p.rows.agent) == len(p.rows.option) and p.agents is not None and p.options is not None:
        yield from _order(p, p.rows, p.agents, p.options)


def _order(p: _Parts, rows: schema.RowsPart, agents: Sequence[Any], options: Sequence[Any]) -> Iterator[InputError]:
    key = rows.agent.astype(np.int64) * len(options) + rows.option
    order = np.argsort(key, kind="stable")
    again = np.zeros(len(key), dtype=bool)
    again[order[1:]] = key[order[1:]] == key[order[:-1]]

    def pair(k: int) -> str:
        return f"agent {agents[int(rows.agent[k])]!r}, option {options[int(rows.option[k])]!r}"

    def twice(k: int) -> InputError:
        what = f"the pair {pair(k)} stands twice"
        return FileFormatError(what, where=f"{p.where}: rows[{k}]", remedy="aggregate duplicate rows before saving")

    yield from each_bad(again, twice, f"{p.where}: rows")
    late = np.flatnonzero(np.diff(key) < 0) + 1
    if len(late):
        k = int(late[0])
        more = f" (and so do {len(late) - 1} other rows)" if len(late) > 1 else ""
        yield FileFormatError(
            f"must be sorted by agent, then option; {pair(k)} comes too late{more}",
            where=f"{p.where}: rows[{k}]",
            remedy="build it with te.ThickProfile.from_rows, which sorts, and save that",
        )


def _endorsement(p: _Parts) -> Iterator[InputError]:
    """Shares in [0, 1], intervals in order and around the estimate."""
    e = part(schema.EndorsementPart, p.tree.get("endorsement"))
    if e is None:
        return
    where = f"{p.where}: endorsement"
    tables = {name: getattr(e, name) for name in ("theta", "lower", "upper") if getattr(e, name) is not None}
    for name, table in tables.items():

        def outside(*at: int, name: str = name, table: npt.NDArray[Any] = table) -> InputError:
            return ProfileError(
                f"must lie in [0, 1], found {table[at]:g}",
                where=f"{where}.{name}{''.join(f'[{k}]' for k in at)}",
                remedy="endorsement is the share of a pull that the agent stands behind",
            )

        yield from each_bad(~((table >= 0) & (table <= 1)), outside, f"{where}.{name}")
    if {table.shape for table in tables.values()} != {e.theta.shape} or len(tables) == 1:
        return  # reading says which shapes do not fit
    lower, upper = tables.get("lower", np.zeros_like(e.theta)), tables.get("upper", np.ones_like(e.theta))

    def reversed_ends(*at: int) -> InputError:
        what = f"lower must not exceed upper, found {lower[at]:g} > {upper[at]:g}"
        return ProfileError(what, where=f"{where}.lower{''.join(f'[{k}]' for k in at)}")

    def stray(*at: int) -> InputError:
        what = f"the estimate {e.theta[at]:g} lies outside its interval [{lower[at]:g}, {upper[at]:g}]"
        return ProfileError(what, where=f"{where}.theta{''.join(f'[{k}]' for k in at)}")

    yield from each_bad(lower > upper, reversed_ends, f"{where}.lower")
    inside = (e.theta >= lower) & (e.theta <= upper) | (lower > upper)
    yield from each_bad(~inside & (e.theta >= 0) & (e.theta <= 1), stray, f"{where}.theta")


def _by_agent(p: _Parts) -> Iterator[InputError]:
    """Weights and the worth of doing nothing: one for each agent."""
    for name in ("weights", "outside_worth"):
        vector = part(schema.Vector, p.tree.get(name)) if p.tree.get(name) is not None else None
        if vector is None:
            continue
        where = f"{p.where}: {name}"
        if p.agents is not None and len(vector) != len(p.agents):
            yield ProfileError(
                f"must have an entry for each of the {len(p.agents)} agents, found {len(vector)}", where=where
            )
        wrong, wanted = (~(vector > 0), "positive") if name == "weights" else (~np.isfinite(vector), "finite")

        def bad(k: int, vector: npt.NDArray[Any] = vector, wanted: str = wanted, name: str = name) -> InputError:
            place = place_in([name, k], p.tree)
            return ProfileError(f"must be {wanted}, found {vector[k]:g}", where=f"{p.where}: {place}")

        yield from each_bad(wrong, bad, where)
