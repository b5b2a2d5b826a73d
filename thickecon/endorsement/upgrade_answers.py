"""Answers to "is b wiser than a, in this context?", counted: the edges of a moral graph."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from .._core.arrays import FloatArray, IntArray, first_bad
from ..errors import EvidenceError
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Edges", "UpgradeAnswers", "nodes_of"]

ANSWERS = ("wiser", "not", "unsure")
CARDS = ("from_card", "to_card")


@dataclass(frozen=True, eq=False)
class Edges:
    """Ordered pairs (a, b) of nodes with at least one answer; a node is a value in a context.

    Attributes
    ----------
    source, target
        (E,) positions of nodes, sorted by (source, target).
    wiser, refused, unsure
        (E,) answers: b is wiser than a, it is not, not sure.
    reverse
        (E,) answers that a is wiser than b, and ``reverse_asked`` (E,) whether that was ever asked.
    """

    source: IntArray
    target: IntArray
    wiser: FloatArray
    refused: FloatArray
    unsure: FloatArray
    reverse: FloatArray
    reverse_asked: FloatArray


@dataclass(frozen=True, eq=False)
class UpgradeAnswers:
    """Answers, a row each (or with a count), with nodes for values in contexts.

    Attributes
    ----------
    nodes
        (value, context) labels.
    source, target
        (rows,) nodes.
    answer
        (rows,) 0 wiser, 1 not, 2 unsure.
    n
        (rows,) how many gave it.
    user, group
        (rows,) codes, or None; ``users``, ``groups`` their labels.
    proposers
        Answers by who proposed the edge; empty where nobody is named.
    shown
        (rows,) codes of the cards that were shown for source and target, before cards were merged into values; None
        where the data do not say. ``cards`` are their labels.
    """

    nodes: tuple[tuple[Hashable, Hashable], ...]
    source: IntArray
    target: IntArray
    answer: IntArray
    n: FloatArray
    user: IntArray | None
    users: tuple[Hashable, ...]
    group: IntArray | None
    groups: tuple[Hashable, ...]
    proposers: dict[Hashable, float]
    shown: tuple[IntArray, IntArray] | None = None
    cards: tuple[Hashable, ...] = ()

    @classmethod
    def read(cls, data: pd.DataFrame, group: str | None = None) -> UpgradeAnswers:
        """From layout Upgrades.

        Raises
        ------
        EvidenceError
            A missing column, an unknown answer, a value asked against itself, a count that is none, nobody decided; one
        column of cards without the other, a card of two values.
        """
        import pandas as pd

        there = getattr(data, "columns", ())
        extra = tuple(name for name in ("user", "n", "proposer") if name in there)
        if any(name in there for name in CARDS):
            extra += CARDS
        table = LAYOUTS["Upgrades"].check(data, extra + (() if group is None else (group,)))
        answer = np.asarray(pd.Index(ANSWERS).get_indexer(pd.Index(table["answer"].astype(str))), dtype=np.intp)
        if (answer < 0).any():
            row = first_bad(answer < 0)[0]
            raise EvidenceError(
                f"must be one of {', '.join(ANSWERS)}, found {table['answer'].iloc[row]!r} in row {row}",
                where="column 'answer'",
            )
        n = np.ones(len(table)) if "n" not in extra else _counts(table["n"])
        if not n[answer < 2].sum():
            raise EvidenceError("nobody decided: all answers are 'unsure'", where="column 'answer'")
        values = pd.concat([table["from"], table["to"]], ignore_index=True)
        value, value_labels = pd.factorize(values)
        context, context_labels = pd.factorize(table["context"])
        key = np.tile(context, 2).astype(np.int64) * len(value_labels) + value
        used, node = np.unique(key, return_inverse=True)
        source, target = np.split(node.astype(np.intp), 2)
        if (source == target).any():
            row = first_bad(source == target)[0]
            raise EvidenceError(f"row {row} asks whether {table['from'].iloc[row]!r} is wiser than itself", where="to")
        nodes = tuple((value_labels[k % len(value_labels)], context_labels[k // len(value_labels)]) for k in used)
        user, users = (None, ()) if "user" not in extra else _coded(table["user"])
        part, groups = (None, ()) if group is None else _coded(table[group])
        named: dict[Hashable, float] = {}
        if "proposer" in extra:
            named = pd.Series(n).groupby(table["proposer"].to_numpy()).sum().to_dict()
        shown, cards = (None, ()) if CARDS[0] not in extra else _shown(table)
        return cls(nodes, source, target, answer, n, user, users, part, groups, named, shown, cards)

    @cached_property
    def edges(self) -> Edges:
        """All answers, counted."""
        size = len(self.nodes)
        key = self.source.astype(np.int64) * size + self.target
        pairs, row = np.unique(key, return_inverse=True)
        count = np.zeros((3, len(pairs)))
        np.add.at(count, (self.answer, row), self.n)
        back = (pairs % size) * size + pairs // size
        at = np.minimum(np.searchsorted(pairs, back), len(pairs) - 1)
        asked = pairs[at] == back
        reverse = np.where(asked, count[0][at], 0.0)
        decided = np.where(asked, count[0][at] + count[1][at], 0.0) > 0
        source, target = (pairs // size).astype(np.intp), (pairs % size).astype(np.intp)
        return Edges(source, target, count[0], count[1], count[2], reverse, decided.astype(np.float64))

    def of_group(self, code: int) -> UpgradeAnswers:
        """The same pairs with the answers of one group only (others count 0)."""
        assert self.group is not None
        return replace(self, n=np.where(self.group == code, self.n, 0.0))

    def resampled(self, gen: np.random.Generator) -> UpgradeAnswers:
        """Voters drawn anew with replacement; answers, where no voter is named."""
        if self.user is None:
            total = round(float(self.n.sum()))
            return replace(self, n=gen.multinomial(total, self.n / self.n.sum()).astype(np.float64))
        times = gen.multinomial(len(self.users), np.full(len(self.users), 1 / len(self.users)))
        return replace(self, n=self.n * times[self.user])


Node: TypeAlias = tuple[Hashable, Hashable]


def nodes_of(source: list[Node], target: list[Node]) -> tuple[tuple[Node, ...], IntArray, IntArray]:
    """Distinct (value, context) labels in order of appearance, and (rows,) positions of both ends among them."""
    place = {label: k for k, label in enumerate(dict.fromkeys([*source, *target]))}
    first, last = (np.array([place[label] for label in labels], dtype=np.intp) for labels in (source, target))
    return tuple(place), first, last


def _shown(table: pd.DataFrame) -> tuple[tuple[IntArray, IntArray], tuple[Hashable, ...]]:
    """Codes of the cards at both ends, and labels; a card belongs to one value."""
    import pandas as pd

    codes, labels = _coded(pd.concat([table[name] for name in CARDS], ignore_index=True))
    values = pd.concat([table["from"], table["to"]], ignore_index=True)
    pairs = pd.DataFrame({"card": codes, "value": values}).drop_duplicates()
    twice = pairs["card"][pairs["card"].duplicated()]
    if len(twice):
        both = pairs["value"][pairs["card"] == twice.iloc[0]].tolist()
        raise EvidenceError(
            f"card {labels[twice.iloc[0]]!r} is said to be of {both[0]!r} and of {both[1]!r}",
            where="columns 'from_card', 'to_card'",
            remedy="each card was merged into one value",
        )
    source, target = np.split(codes, 2)
    return (source, target), labels


def _coded(column: pd.Series) -> tuple[IntArray, tuple[Hashable, ...]]:
    import pandas as pd

    codes, labels = pd.factorize(column)
    return np.asarray(codes, dtype=np.intp), tuple(labels)


def _counts(column: pd.Series) -> FloatArray:
    try:
        n = np.asarray(column.to_numpy(dtype=np.float64))
    except (TypeError, ValueError) as err:
        raise EvidenceError("must be whole numbers", where="column 'n'") from err
    bad = ~np.isfinite(n) | (n < 0) | (n != np.round(n))
    if bad.any():
        row = first_bad(bad)[0]
        raise EvidenceError(f"must be whole numbers >= 0, found {n[row]!r} in row {row}", where="column 'n'")
    return n
