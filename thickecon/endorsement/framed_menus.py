"""Choices from menus under frames, as bit masks: the table that Bernheim-Rangel and the swaps index read."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, IntArray, first_bad
from .._core.registry import nearest
from ..errors import EvidenceError, UnknownNameError
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FramedMenus"]

MOST_OPTIONS = 64


@dataclass(frozen=True, eq=False)
class FramedMenus:
    """Rows of layout FramedChoices that count, in the order of agents.

    Attributes
    ----------
    agents, options, frames
        Labels.
    agent, frame
        (rows,) positions.
    menu, chosen
        (rows,) bit j is option j.
    weight
        (rows,) how often the row happened.
    deleted
        Frames that were declared not welfare-relevant, and rows that the table marked so.
    """

    agents: tuple[Hashable, ...]
    options: tuple[Hashable, ...]
    frames: tuple[Hashable, ...]
    agent: IntArray
    frame: IntArray
    menu: npt.NDArray[np.uint64]
    chosen: npt.NDArray[np.uint64]
    weight: FloatArray
    deleted: tuple[Hashable, ...] = ()
    rows_deleted: int = 0

    @classmethod
    def read(cls, data: pd.DataFrame, delete_frames: Iterable[Hashable] = ()) -> FramedMenus:
        """Checked; frames in ``delete_frames`` and rows with ``welfare_relevant`` False are left out.

        Raises
        ------
        EvidenceError
            A column is missing, a menu is empty or no list, a choice lies outside its menu, more than 64 options,
            nothing is left.
        UnknownNameError
            A frame to be deleted that is not there.
        """
        extra = tuple(name for name in ("welfare_relevant", "weight") if name in getattr(data, "columns", ()))
        table = LAYOUTS["FramedChoices"].check(data, extra)
        frames = list(dict.fromkeys(table["frame"]))
        gone = tuple(delete_frames)
        for name in gone:
            if name not in frames:
                raise UnknownNameError(
                    f"no frame is called {name!r}; {nearest(str(name), [str(f) for f in frames])}",
                    where="delete_frames",
                )
        marked = np.zeros(len(table), dtype=bool)
        if "welfare_relevant" in extra:
            marked = ~table["welfare_relevant"].to_numpy(dtype=bool)
        kept = table[~marked & ~table["frame"].isin(gone).to_numpy()]
        if kept.empty:
            raise EvidenceError("no row is welfare-relevant", where="FramedChoices", remedy="delete fewer frames")
        return cls._coded(kept.reset_index(drop=True), gone, int(marked.sum()))

    @classmethod
    def _coded(cls, table: pd.DataFrame, gone: tuple[Hashable, ...], marked: int) -> FramedMenus:
        import pandas as pd

        menus, picks = _lists(table["menu"], "menu"), _lists(table["chosen"], "chosen")
        flat = pd.Series(list(chain.from_iterable(menus)), dtype=object)
        codes, labels = pd.factorize(flat)
        order = np.array(sorted(range(len(labels)), key=lambda k: str(labels[k])), dtype=np.intp)
        place = np.empty(len(order), dtype=np.intp)
        place[order] = np.arange(len(order))
        options = tuple(labels[k] for k in order)
        if len(options) > MOST_OPTIONS:
            raise EvidenceError(
                f"has {len(options)} options, at most {MOST_OPTIONS} can be told apart",
                where="column 'menu'",
                remedy="group options, or fit parts of the menu",
            )
        menu = _masks(place[codes], np.fromiter(map(len, menus), dtype=np.intp, count=len(menus)))
        position = {label: k for k, label in enumerate(options)}
        picked = [position.get(label, -1) for label in chain.from_iterable(picks)]
        chosen_codes = np.array(picked, dtype=np.intp)
        counts = np.fromiter(map(len, picks), dtype=np.intp, count=len(picks))
        outside = chosen_codes < 0
        chosen = _masks(np.where(outside, 0, chosen_codes), counts)
        row_of = np.repeat(np.arange(len(picks)), counts)
        bad = (chosen & ~menu) != 0
        bad[row_of[outside]] = True
        if bad.any():
            row = first_bad(bad)[0]
            raise EvidenceError(
                f"row {row}: {list(picks[row])!r} is not all in the menu {list(menus[row])!r}", where="column 'chosen'"
            )
        agent, agents = pd.factorize(table["agent"])
        frame, frames = pd.factorize(table["frame"])
        weight = np.ones(len(table))
        if "weight" in table.columns:
            weight = np.asarray(table["weight"].to_numpy(dtype=np.float64))
            if not np.isfinite(weight).all() or (weight < 0).any():
                row = first_bad(~np.isfinite(weight) | (weight < 0))[0]
                raise EvidenceError(f"must be at least 0, found {weight[row]!r} in row {row}", where="column 'weight'")
        return cls(
            tuple(agents), options, tuple(frames), np.asarray(agent, dtype=np.intp), np.asarray(frame, dtype=np.intp),
            menu, chosen, weight, gone, marked,
        )  # fmt: skip

    def complete(self) -> BoolArray:
        """(agents,) did every menu of two or more options occur? Only then is P* sure to be acyclic."""
        size = len(self.options)
        if size > 20:  # a million menus
            return np.zeros(len(self.agents), dtype=bool)
        wide = _popcount(self.menu) >= 2
        pairs = np.unique(np.stack([self.agent[wide].astype(np.uint64), self.menu[wide]]), axis=1)
        seen = np.bincount(pairs[0].astype(np.intp), minlength=len(self.agents))
        return np.asarray(seen == 2**size - size - 1)


def _popcount(masks: npt.NDArray[np.uint64]) -> IntArray:
    return np.asarray(np.unpackbits(masks.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1), dtype=np.intp)


def _lists(column: pd.Series, name: str) -> list[Any]:
    found = column.tolist()
    for row, value in enumerate(found):
        if isinstance(value, str) or not hasattr(value, "__len__"):
            raise EvidenceError(
                f"must be lists of options, found {value!r} in row {row}",
                where=f"column {name!r}",
                remedy="for CSV text: df['menu'].str.split(',')",
            )
        if not len(value):
            raise EvidenceError(f"is empty in row {row}", where=f"column {name!r}")
    return found


def _masks(codes: IntArray, counts: IntArray) -> npt.NDArray[np.uint64]:
    bits = np.uint64(1) << codes.astype(np.uint64)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)
    return np.asarray(np.bitwise_or.reduceat(bits, starts), dtype=np.uint64)
