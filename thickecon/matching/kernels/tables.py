"""One side of a market as arrays: who is evaluated by whom, and how highly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import BoolArray, FloatArray, IntArray, as_floats, first_bad, frozen, shape_text
from ...errors import InputError

if TYPE_CHECKING:
    from ...lenses.reading import Ranked

__all__ = ["SideTable", "LotteryOf"]

LotteryOf = Literal["option", "row"]


@dataclass(frozen=True, eq=False)
class SideTable:
    """Rows "agent i evaluates option x", sorted by (agent, option), and one value for each.

    Parameters
    ----------
    indptr
        (n + 1,) rows of agent i are ``indptr[i]:indptr[i + 1]``.
    option
        (rows,) positions in ``range(n_options)``, increasing within an agent.
    values
        (rows,) higher is better, comparable within an agent; equal means indifferent. No nan. Integers are read
        as floats, exact up to 2**53.
    n_options
        Size of the other side.
    acceptable
        (rows,) may the agent be matched to this option? None: all rows, or ``values >= outside`` if that is given.
    outside
        (n,) worth of being unmatched, or None where lists decide: then any acceptable partner beats none.
    lottery
        Numbers drawn by the caller that break indifference, lowest first; None: the lowest option first.
    lottery_of
        "option": (n_options,) numbers, the same at all agents (single tie-breaking, STB);
        "row": (rows,) numbers, each agent its own (multiple tie-breaking, MTB).

    Raises
    ------
    InputError
        Lengths that disagree, rows out of order or out of range, nan in values, outside or lottery.

    Examples
    --------
    >>> side = SideTable.from_dense([[3.0, 1.0], [float("nan"), 2.0]], outside=2.0)
    >>> side.option.tolist(), side.acceptable.tolist()
    ([0, 1, 1], [True, False, True])
    """

    indptr: IntArray
    option: npt.NDArray[np.int32]
    values: FloatArray
    n_options: int
    acceptable: BoolArray | None = None
    outside: FloatArray | None = None
    lottery: FloatArray | None = None
    lottery_of: LotteryOf = "option"

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "indptr", np.ascontiguousarray(self.indptr, dtype=np.intp))
        put(self, "option", np.ascontiguousarray(self.option, dtype=np.int32))
        put(self, "values", _numbers(self.values, "values"))
        _require_rows(self.indptr, self.option, self.n_options)
        rows, n = len(self.option), len(self.indptr) - 1
        _require_length(self.values, rows, "values")
        if self.outside is not None:
            put(self, "outside", _numbers(np.broadcast_to(self.outside, (n,)), "outside", n))
        if self.lottery is not None:
            if self.lottery_of not in ("option", "row"):
                raise InputError(f"must be 'option' or 'row', found {self.lottery_of!r}", where="lottery_of")
            wanted = self.n_options if self.lottery_of == "option" else rows
            put(self, "lottery", _numbers(self.lottery, "lottery", wanted))
        if self.acceptable is not None:
            put(self, "acceptable", np.ascontiguousarray(self.acceptable, dtype=np.bool_))
            _require_length(self.acceptable, rows, "acceptable")
        elif self.outside is not None:
            put(self, "acceptable", frozen(self.values >= np.repeat(self.outside, np.diff(self.indptr)), copy=False))

    @property
    def n_agents(self) -> int:
        """Number of agents on this side."""
        return len(self.indptr) - 1

    @cached_property
    def longest(self) -> int:
        """Rows of the agent with the most."""
        return int(np.diff(self.indptr).max(initial=0))

    @classmethod
    def from_reading(
        cls, reading: Ranked, lottery: npt.ArrayLike | None = None, lottery_of: LotteryOf = "option"
    ) -> SideTable:
        """A side as a lens reads it; shares the profile's arrays.

        Parameters
        ----------
        reading
            Cardinal or ordinal reading of this side's profile.
        lottery, lottery_of
            As in the class.

        Raises
        ------
        InputError
            The lottery has the wrong length.
        """
        index, lists_decide = reading.profile.index, reading.profile.outside is None
        return cls(
            index.indptr,
            index.option,
            reading.keys,  # type: ignore[arg-type]  # ordinal keys are integers and become floats
            index.n_options,
            acceptable=None if lists_decide else reading.acceptable,
            outside=None if lists_decide else reading.outside_keys,  # type: ignore[arg-type]
            lottery=lottery,  # type: ignore[arg-type]
            lottery_of=lottery_of,
        )

    @classmethod
    def from_dense(
        cls,
        values: npt.ArrayLike,
        outside: npt.ArrayLike | None = None,
        lottery: npt.ArrayLike | None = None,
        lottery_of: LotteryOf = "option",
    ) -> SideTable:
        """A side from a table of values.

        Parameters
        ----------
        values
            (n, m), higher is better; nan = not listed.
        outside
            Number or (n,): worth of being unmatched; None: all that is listed is acceptable.
        lottery, lottery_of
            As in the class; rows are counted along the table, without the nan.

        Raises
        ------
        InputError
            Not a table of numbers.
        """
        table = as_floats(values, "values")
        if table.ndim != 2:
            raise InputError(f"must have shape (n, m), found {shape_text(table.shape)}", where="values")
        n, m = table.shape
        missing = np.isnan(table)
        if missing.any():
            indptr = np.concatenate(([0], np.cumsum(m - missing.sum(axis=1))))
            option, flat = np.nonzero(~missing)[1], table[~missing]
        else:
            indptr, option, flat = np.arange(n + 1) * m, np.tile(np.arange(m, dtype=np.int32), n), table.ravel()
        made: Any = outside
        return cls(indptr, option, flat, m, outside=made, lottery=lottery, lottery_of=lottery_of)  # type: ignore[arg-type]

    @classmethod
    def from_lists(cls, lists: npt.ArrayLike, n_options: int) -> SideTable:
        """A side from preference lists.

        Parameters
        ----------
        lists
            (n, k) integers: options, best first, padded with -1.
        n_options
            Size of the other side.

        Raises
        ------
        InputError
            Not a table of integers, an option out of range, or one that stands twice in a list.
        """
        table = np.asarray(lists)
        if table.ndim != 2 or not (table.size == 0 or np.issubdtype(table.dtype, np.integer)):
            raise InputError(
                f"must be a table of integers (agents, places), found {table.dtype} {shape_text(table.shape)}",
                where="lists",
                remedy="pad short lists with -1",
            )
        bad = (table < -1) | (table >= n_options)
        if bad.any():
            i, k = first_bad(bad)
            raise InputError(
                f"must lie in [0, {n_options}) or be -1, found {int(table[i, k])}", where=f"lists[{i}][{k}]"
            )
        agent, place = np.nonzero(table >= 0)
        option = table[agent, place]
        order = np.lexsort((option, agent))
        agent, option, place = agent[order], option[order].astype(np.int32), place[order]
        twice = (agent[1:] == agent[:-1]) & (option[1:] == option[:-1])
        if twice.any():
            at = first_bad(twice)[0]
            raise InputError(f"names {int(option[at])} twice", where=f"lists[{int(agent[at])}]")
        indptr = np.concatenate(([0], np.cumsum(np.bincount(agent, minlength=len(table)))))
        return cls(indptr, option, -place.astype(np.float64), n_options)


def _numbers(given: npt.ArrayLike, name: str, length: int | None = None) -> FloatArray:
    """A contiguous float vector without nan."""
    vector = np.ascontiguousarray(as_floats(given, name))
    if length is not None:
        _require_length(vector, length, name)
    with np.errstate(invalid="ignore", over="ignore"):
        suspect = vector.size and not np.isfinite(vector.sum())
    if suspect and np.isnan(vector).any():
        raise InputError(
            f"must be a number, found nan at [{first_bad(np.isnan(vector))[0]}]",
            where=name,
            remedy="leave out the rows that are not evaluated",
        )
    return vector


def _require_length(vector: npt.NDArray[Any], length: int, name: str) -> None:
    if vector.shape != (length,):
        raise InputError(f"must have shape ({length},), found {shape_text(vector.shape)}", where=name)


def _require_rows(indptr: IntArray, option: npt.NDArray[np.int32], n_options: int) -> None:
    """Rows sorted by (agent, option), no pair twice, options in range."""
    if indptr.ndim != 1 or not len(indptr) or indptr[0] != 0 or (np.diff(indptr) < 0).any():
        raise InputError("must be a nondecreasing vector that starts at 0", where="indptr")
    if option.ndim != 1 or indptr[-1] != len(option):
        raise InputError(
            f"indptr ends at {int(indptr[-1])} and option has shape {shape_text(option.shape)}; they must agree",
            where="option",
        )
    if not len(option):
        return
    if option.min() < 0 or option.max() >= n_options:
        at = first_bad((option < 0) | (option >= n_options))[0]
        raise InputError(f"must lie in [0, {n_options}), found {int(option[at])} in row {at}", where="option")
    falls = option[1:] <= option[:-1]
    starts = indptr[1:-1]
    falls[starts[(starts > 0) & (starts < len(option))] - 1] = False
    if falls.any():
        at = first_bad(falls)[0] + 1
        raise InputError(
            f"must increase within an agent, found {int(option[at])} after {int(option[at - 1])} in row {at}",
            where="option",
            remedy="sort rows by (agent, option), each pair once",
        )
