"""Values merged from several cards: the merge undone where it is known what was shown, bounded where it is not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import EvidenceError, NotApplicableError, UnknownNameError
from .upgrade_answers import UpgradeAnswers, nodes_of

if TYPE_CHECKING:
    import pandas as pd

    from .moral_graph import Graph

__all__ = ["cards_by_value", "merge_bounds", "merge_effects", "unmerged"]


def cards_by_value(answers: UpgradeAnswers) -> dict[Hashable, tuple[Hashable, ...]]:
    """Value -> the cards that were shown for it; empty where the data do not say."""
    if answers.shown is None:
        return {}
    found: dict[Hashable, dict[Hashable, None]] = {}
    for nodes, cards in zip((answers.source, answers.target), answers.shown, strict=True):
        for node, card in dict.fromkeys(zip(nodes.tolist(), cards.tolist(), strict=True)):
            found.setdefault(answers.nodes[node][0], {})[answers.cards[card]] = None
    return {value: tuple(cards) for value, cards in found.items()}


def unmerged(answers: UpgradeAnswers, values: Iterable[Hashable] | None = None) -> UpgradeAnswers:
    """The same answers, with the cards of ``values`` (None: of all) in the place of the value.

    Raises
    ------
    EvidenceError
        The data do not say which card was shown, or a card bears the name of another value.
    UnknownNameError
        A value that is not there.
    """
    if answers.shown is None:
        raise EvidenceError(
            "it is not known which card was shown",
            where="merges of MoralGraph",
            remedy="columns from_card and to_card; without them merge_bounds(value, cards) says what is certain",
        )
    there = cards_by_value(answers)
    undone = set(there) if values is None else set(values)
    for value in undone - set(there):
        raise UnknownNameError(f"no value is called {value!r}", where="merges of MoralGraph")
    for value in undone:
        for card in there[value]:
            if card != value and card in there and card not in undone:
                raise EvidenceError(
                    f"card {card!r} of {value!r} bears the name of another value", where="merges of MoralGraph"
                )
    labels: list[list[tuple[Hashable, Hashable]]] = []
    for codes, cards in zip((answers.source, answers.target), answers.shown, strict=True):
        pairs = ((answers.nodes[node], answers.cards[card]) for node, card in zip(codes, cards, strict=True))
        labels.append([(card if value in undone else value, context) for (value, context), card in pairs])
    nodes, source, target = nodes_of(labels[0], labels[1])
    return replace(answers, nodes=nodes, source=source, target=target)


def merge_effects(graph: Graph) -> pd.DataFrame:
    """What hangs on each merge: a row a value of several cards, the estimate made anew with this one merge undone.

    Raises
    ------
    EvidenceError
        The data do not say which card was shown.
    """
    import pandas as pd

    whole = replace(graph.settings, draws=0)
    before = _shares(whole, graph.answers)
    rows: dict[Hashable, tuple[object, ...]] = {}
    if graph.answers.shown is None:
        unmerged(graph.answers)  # says what is missing
    for value, cards in cards_by_value(graph.answers).items():
        if len(cards) < 2:
            continue
        after = _shares(whole, unmerged(graph.answers, [value]))
        apart = [after[node] for node in after if node[0] in cards]
        other = {node: after[node] - share for node, share in before.items() if node[0] != value and node in after}
        most = max(other, key=lambda node: abs(other[node]), default=None)
        merged = [share for node, share in before.items() if node[0] == value]
        rows[value] = (
            len(cards), min(merged), max(merged), min(apart), max(apart),
            None if most is None else most[0], 0.0 if most is None else other[most],
        )  # fmt: skip
    columns = ["cards", "merged, least", "merged, most", "apart, least", "apart, most", "moves most", "by"]
    made = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    made.index.name = "value"
    return made


def _shares(settings: object, answers: UpgradeAnswers) -> dict[tuple[Hashable, Hashable], float]:
    from .moral_graph import Graph, MoralGraph

    assert isinstance(settings, MoralGraph)
    graph = Graph(settings, answers)
    shares = graph.one_step if settings.method == "one_step" else graph.walk
    return dict(zip(answers.nodes, shares.tolist(), strict=True))


def merge_bounds(graph: Graph, value: Hashable, cards: int, *, slogan: bool) -> pd.DataFrame:
    """Bounds of one step's E if ``value`` stands for ``cards`` cards and nobody knows which one people were shown.

    An edge to it has W of n answers. Whatever cards they fell on, the card with most support has between W / (n + k m)
    (all alike: a largest quotient is at least the quotient of the sums) and W / (W + m) (all "wiser" on one card, all
    else on another). With ``slogan`` the card that does not count may have had all of it: 0.

    Raises
    ------
    EvidenceError
        Fewer than two cards.
    UnknownNameError
        A value that is not there.
    NotApplicableError
        Under bridging, where groups may have been shown different cards.
    """
    import pandas as pd

    nodes, edges = graph.answers.nodes, graph.edges
    ours = np.array([label == value for label, _ in nodes])
    if not ours.any():
        raise UnknownNameError(f"no value is called {value!r}", where="merge_bounds")
    if int(cards) != cards or cards < 2:
        raise EvidenceError(f"a merge has two cards or more, found {cards!r}", where="merge_bounds(cards)")
    if graph.settings.authority == "bridging":
        raise NotApplicableError("groups may have been shown different cards", where="merge_bounds under bridging")
    k, n = graph.counts
    least, most = graph.support.copy(), graph.support.copy()
    top = graph.corrected(np.divide(k, k + graph.settings.m, out=np.zeros_like(k), where=k > 0))
    spread = n + (cards - 1) * graph.settings.m
    even = graph.corrected(np.divide(k, spread, out=np.zeros_like(k), where=spread > 0))
    into, out = ours[edges.target], ours[edges.source]
    least[into], most[into] = (0.0 if slogan else even[into]), top[into]
    least[out], most[out] = 0.0, top[out]  # one card may have had no answers at all
    ends = [1.0 - graph.departed(support) for support in (most, least)]
    touched = ours | np.isin(np.arange(graph.size), edges.source[into])
    index = pd.MultiIndex.from_tuples([node for node, hit in zip(nodes, touched, strict=True) if hit],
                                      names=["value", "context"])  # fmt: skip
    return pd.DataFrame(
        {"merged": graph.one_step[touched], "lower": ends[0][touched], "upper": ends[1][touched]}, index=index
    )
