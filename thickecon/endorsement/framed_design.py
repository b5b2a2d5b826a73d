"""From framed choice sets to the design matrix of a conditional logit."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, IntArray, first_bad
from ..errors import EvidenceError
from .estimate import Target
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd


__all__ = ["ChoiceTerms", "Design", "build_design"]


class ChoiceTerms(Protocol):
    """What a choice model says of its terms."""

    @property
    def attributes(self) -> Sequence[str]:
        """Numeric columns that count for the endorsed index."""

    @property
    def frames(self) -> Sequence[str]:
        """Columns of frames."""

    @property
    def numeraire(self) -> str | None:
        """Column in whose unit wedges are."""

    @property
    def by_option(self) -> bool:
        """A term for each framed option?"""

    @property
    def constants(self) -> bool:
        """A constant for each option but the first?"""

    @property
    def neutral(self) -> str:
        """Reference level of text frames."""


@dataclass(frozen=True, eq=False)
class Design:
    """Regressors (rows, K) with K names, sets, choices, clusters (S,), and what each frame term pushes."""

    matrix: FloatArray
    names: tuple[str, ...]
    starts: IntArray
    chosen: BoolArray
    cluster: IntArray
    targets: dict[str, Target]
    unexposed: dict[str, float]


def build_design(model: ChoiceTerms, data: pd.DataFrame) -> Design:
    """Checked data in the order of sets, and one column a term.

    Raises
    ------
    EvidenceError
        See :meth:`FrameAugmentedChoice.fit`.
    """
    import pandas as pd

    numeric = [*model.attributes, *([model.numeraire] if model.numeraire else [])]
    table = LAYOUTS["ChoiceSets"].check(data, (*model.frames, *numeric))
    sets, set_labels = pd.factorize(table["set"])
    order = np.argsort(sets, kind="stable")
    table, sets = table.iloc[order], sets[order]
    starts = np.flatnonzero(np.diff(sets, prepend=-1))
    options, labels = pd.factorize(table["option"], sort=True)
    chosen = _choices(table, sets, starts, options, set_labels)
    agents, _ = pd.factorize(table["agent"])
    if (agents != agents[starts][sets]).any():
        at = int(np.argmax(agents != agents[starts][sets]))
        raise EvidenceError(f"set {set_labels[sets[at]]!r} belongs to two agents", where="ChoiceSets")
    columns: dict[str, FloatArray] = {name: _numbers(table[name], name) for name in numeric}
    targets: dict[str, Target] = {}
    unexposed: dict[str, float] = {}
    for frame in model.frames:
        for level, strength in _levels(table[frame], frame, model.neutral):
            term = frame if level is None else f"{frame}={level}"
            _frame_terms(model.by_option, term, (frame, level), strength, options, labels, columns, targets, unexposed)
    if model.constants:
        for j in range(1, len(labels)):
            columns[f"constant[{labels[j]}]"] = (options == j).astype(np.float64)
    matrix = np.empty((len(table), len(columns)))
    for k, column in enumerate(columns.values()):
        matrix[:, k] = column
    return Design(matrix, tuple(columns), starts, chosen, agents[starts].astype(np.intp), targets, unexposed)


def _choices(
    table: pd.DataFrame, sets: npt.NDArray[Any], starts: IntArray, options: npt.NDArray[Any], labels: Any
) -> BoolArray:
    marked = _numbers(table["chosen"], "chosen")
    if not np.isin(marked, (0.0, 1.0)).all():
        bad = marked[first_bad(~np.isin(marked, (0.0, 1.0)))]
        raise EvidenceError(f"must be 0 or 1, found {bad:g}", where="column 'chosen'")
    count = np.add.reduceat(marked, starts)
    if (count != 1).any():
        at = first_bad(count != 1)[0]
        raise EvidenceError(
            f"set {labels[at]!r} must have exactly one chosen option, found {count[at]:g}",
            where="column 'chosen'",
            remedy="write choosing nothing as an option of its own",
        )
    key = np.sort(sets.astype(np.int64) * (int(options.max()) + 1) + options)
    if (np.diff(key) == 0).any():
        at = int(key[first_bad(np.diff(key) == 0)[0]] // (int(options.max()) + 1))
        raise EvidenceError(f"set {labels[at]!r} lists an option twice", where="column 'option'")
    return np.asarray(marked == 1.0)


def _numbers(column: pd.Series[Any], name: str) -> FloatArray:
    try:
        numbers = column.to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as err:
        raise EvidenceError("must be numeric", where=f"column {name!r}") from err
    if not np.isfinite(numbers).all():
        raise EvidenceError("must be finite", where=f"column {name!r}")
    return numbers


def _levels(column: pd.Series[Any], name: str, neutral: str) -> list[tuple[Hashable, FloatArray]]:
    """(level, strength of the frame in each row): one for numbers, one for each level but the neutral."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return [(None, _numbers(column, name))]
    text = column.astype(str).to_numpy(dtype=object)
    levels = sorted(set(text))
    if neutral not in levels:
        raise EvidenceError(
            f"has no reference level {neutral!r}; found {', '.join(map(repr, levels[:6]))}",
            where=f"frame column {name!r}",
            remedy="name the reference with neutral=",
        )
    return [(level, (text == level).astype(np.float64)) for level in levels if level != neutral]


def _frame_terms(
    by_option: bool,
    term: str,
    frame: tuple[str, Hashable],
    strength: FloatArray,
    options: npt.NDArray[Any],
    labels: Any,
    columns: dict[str, FloatArray],
    targets: dict[str, Target],
    unexposed: dict[str, float],
) -> None:
    framed = np.unique(options[strength != 0])
    if not len(framed):
        raise EvidenceError("no option is ever framed", where=f"frame {term!r}", remedy="drop the column")
    groups = [(f"{term}[{labels[j]}]", [int(j)]) for j in framed] if by_option else [(term, [int(j) for j in framed])]
    for name, members in groups:
        here = np.isin(options, members)
        columns[name] = np.where(here, strength, 0.0)
        pushed = tuple(_plain(labels[j]) for j in members)
        targets[name] = Target(pushed, *frame)
        unexposed[name] = float((strength[here] == 0).mean())


def _plain(label: Any) -> Hashable:
    plain: Hashable = label.item() if isinstance(label, np.generic) else label
    return plain
