"""Endorsement from a moral graph: what people call wiser than what they go by, in which context."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import numpy as np
import scipy.sparse as sp

from .._core.arrays import BoolArray, FloatArray, IntArray
from .._core.rng import RNG, generator
from ..errors import EvidenceError
from .estimate import Kind, Source
from .estimator import Estimator, register
from .merged_values import cards_by_value
from .moral_graph_estimate import MoralGraphEstimate
from .reflective_walk import components, departure, return_share, settled, transition, wilson
from .upgrade_answers import Edges, UpgradeAnswers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MoralGraph"]

Method = Literal["one_step", "walk", "transport"]
Authority = Literal["population", "own", "bridging"]

MOST_RESAMPLED = 2000
"""Values up to which first places are bootstrapped."""

_ASSUMPTIONS = (
    "what voters say of a person in a story holds for those who go by the value",
    "E is a mean over people of a yes or no on reflection: unbiased for sums of v, biased for maximin and other curved"
    " welfare unless drawn for each agent",
    "support of b -> c does not depend on having come from a (first-order walk)",
    "no yes-saying: a story persuades no more than the upgrade it tells of (or yes_saying is given)",
    "a wiser value carries the concern of the old one",
)


@register("MoralGraph")
@dataclass(frozen=True)
class MoralGraph(Estimator):
    """The share of a value's pull that reflection leaves with it.

    Support of an edge a -> b is W / (n + m): W answers that b is wiser, n decided ones (with the answers that a is
    wiser than b, where these are netted), m sceptical pseudo-answers. A value is departed from with chance rho_a, the
    largest support of any edge out of it (a maximum is immune to clones and to implausible rivals).

    Parameters
    ----------
    method
        ``"one_step"``: E = 1 - rho. ``"walk"``: reflection goes on from the wiser value, returns count, so a cycle does
        not erase all its members. ``"transport"``: as the walk; pull is moved to wiser values and not lost
        (:meth:`MoralGraphEstimate.transported_profile`).
    m
        Sceptical pseudo-answers: without answers there is no supersession.
    net_reverse
        Do answers that a is wiser than b count as decided against a -> b?
    require_reverse
        Is the upper end of E 1 where the reverse was never asked? What is voted on is a persuasive story, so support
        without a reverse arm does not tell the direction.
    authority
        ``"population"``; ``"bridging"``: the least support over groups (column ``group``); ``"own"``: an agent's own
        answers first (column ``user``).
    group
        Column of groups, for bridging.
    yes_saying
        (alpha, beta): chance of "wiser" where it is not, and of "not" where it is; support is corrected by
        (s - alpha) / (1 - alpha - beta), cut to [0, 1].
    level
        Of Wilson's intervals.
    draws, rng
        Bootstrap over voters for the stability of first places; 0: none.

    References
    ----------
    Klingefjord, Lowe and Edelman (2024), "What are human values, and how do we align AI to them?",
    arXiv:2404.10636 (the graph and its published aggregation); Taylor (1989), Sources of the Self, part I (transitions
    that a person would not undo).

    Examples
    --------
    Thrift -> good use (8 of 10), good use -> shared table (3 of 4), m = 0.

    >>> import pandas as pd
    >>> rows = [
    ...     ("thrift", "use", "wiser", 8),
    ...     ("thrift", "use", "not", 2),
    ...     ("use", "table", "wiser", 3),
    ...     ("use", "table", "not", 1),
    ... ]
    >>> data = pd.DataFrame(rows, columns=["from", "to", "answer", "n"]).assign(context="food")
    >>> MoralGraph(method="one_step", m=0, draws=0).fit(data).estimate.round(6).to_dict()
    {'thrift': 0.2, 'use': 0.25, 'table': 1.0}
    """

    kind: ClassVar[Kind] = "endorsement"
    title: ClassVar[str] = "Moral graph: what is left of a value on reflection"
    citation: ClassVar[str] = "Klingefjord, Lowe and Edelman (2024), arXiv:2404.10636"
    doi: ClassVar[str | None] = "10.48550/arXiv.2404.10636"
    layout: ClassVar[str] = "Upgrades"

    method: Method = "walk"
    m: float = 2.0
    net_reverse: bool = True
    require_reverse: bool = True
    authority: Authority = "population"
    group: str | None = None
    yes_saying: tuple[float, float] | None = None
    level: float = 0.95
    draws: int = 200
    rng: RNG = None

    def __post_init__(self) -> None:
        for name, allowed in (("method", Method), ("authority", Authority)):
            if getattr(self, name) not in get_args(allowed):
                raise EvidenceError(
                    f"must be one of {', '.join(get_args(allowed))}, found {getattr(self, name)!r}",
                    where=f"MoralGraph.{name}",
                )
        if not self.m >= 0 or not 0 < self.level < 1 or self.draws < 0:
            raise EvidenceError(
                f"need m >= 0, level in (0, 1), draws >= 0; found {self.m}, {self.level}, {self.draws}",
                where="MoralGraph",
            )
        if self.yes_saying is not None and not (min(self.yes_saying) >= 0 and sum(self.yes_saying) < 1):
            raise EvidenceError("needs alpha, beta >= 0 with alpha + beta < 1", where="MoralGraph.yes_saying")
        if self.authority == "bridging" and self.group is None:
            raise EvidenceError("bridging needs a column of groups", where="MoralGraph.group", remedy="group='party'")

    def fit(self, data: pd.DataFrame) -> MoralGraphEstimate:
        """Endorsement of every value in every context.

        Parameters
        ----------
        data
            Layout Upgrades: from, to, context, answer ("wiser", "not", "unsure"); n, user, group, proposer, cards where
            there are. ``thickecon.interop.read_moral_graph`` makes it of a published file.

        Returns
        -------
        MoralGraphEstimate
            Kind "endorsement"; names are values, with "@ context" where there are several. ``bounds`` is the interval;
            ``graph`` has edges, components, walk and the readings of others.

        Raises
        ------
        EvidenceError
            A table that is not of this layout; no column of users for ``authority="own"``.
        SolverError
            A cycle of more than 5000 values that the walk hardly ever leaves.
        """
        answers = UpgradeAnswers.read(data, self.group)
        if self.authority == "own" and answers.user is None:
            raise EvidenceError("needs a column 'user'", where="MoralGraph(authority='own')")
        return self.estimate_from(answers)

    def estimate_from(self, answers: UpgradeAnswers) -> MoralGraphEstimate:
        """The same from answers that were read before."""
        graph = Graph(self, answers)
        stability = graph.stability() if self.draws else None
        several = len({context for _, context in answers.nodes}) > 1
        names = tuple(f"{value} @ {context}" if several else str(value) for value, context in answers.nodes)
        values = (graph.one_step if self.method == "one_step" else graph.walk).copy()
        values[graph.contradicted] = np.nan
        said = []
        edges = graph.edges
        decided = float(edges.wiser.sum() + edges.refused.sum())
        yes = float(edges.wiser.sum()) / decided
        unasked = int((edges.reverse_asked == 0).sum())
        if unasked and self.require_reverse:
            said.append(f"{unasked} of {len(edges.source)} edges were never asked the other way: they bound nothing")
        if yes > 0.8 and self.yes_saying is None:
            said.append(f"{100 * yes:.0f} % of decided answers are 'wiser': without a reverse arm or placebo edges"
                        " yes-saying cannot be told from wisdom; read the interval")  # fmt: skip
        merged = sum(len(cards) > 1 for cards in cards_by_value(answers).values())
        if merged:
            said.append(f"{merged} values are merged from several cards: merges() says what hangs on that")
        if self.draws and stability is None:
            said.append(f"more than {MOST_RESAMPLED} values: no bootstrap of first places; fit one context at a time")
        error = 0.0 if self.method == "one_step" else float(graph.walk_error.max(initial=0.0))
        if error > 0:
            said.append(
                f"a cycle of more than 5000 values: the walk is computed with a standard error up to {error:.1g}"
            )
        if graph.contradicted.any():
            said.append("both directions of a pair are affirmed by most: no point is given for its values")
        if graph.cycles:
            said.append(f"{len(graph.cycles)} cycles of values: their upper ends leave out the edges within")
        deletion = "what people call less wise than something else, to the extent they do"
        return MoralGraphEstimate(
            "endorsement",
            names,
            values,
            None,
            np.column_stack([graph.low, graph.high]),
            None,
            "share",
            _ASSUMPTIONS,
            {
                "answers": float(answers.n.sum()),
                "edges": len(edges.source),
                "wiser_of_decided": yes,
                "cycles": len(graph.cycles),
                "walk_error": error,
                "stability": stability,
                "proposers": answers.proposers,
                "warnings": tuple(said),
            },
            Source("MoralGraph", self.citation, self.doi, int(answers.n.sum()),
                   tuple((key, str(entry)) for key, entry in self.parameters.items()), deletion, _ASSUMPTIONS[3]),
            graph=graph,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Graph:
    """A moral graph with everything that can be read off it.

    Attributes
    ----------
    settings
        The estimator.
    answers
        What was answered; ``answers.nodes`` are the nodes.
    """

    settings: MoralGraph
    answers: UpgradeAnswers

    @property
    def size(self) -> int:
        """How many nodes."""
        return len(self.answers.nodes)

    @property
    def edges(self) -> Edges:
        """Counted answers."""
        return self.answers.edges

    def _counted(self, edges: Edges) -> tuple[FloatArray, FloatArray]:
        """(E,) W and n + m."""
        n = edges.wiser + edges.refused + (edges.reverse if self.settings.net_reverse else 0.0)
        return edges.wiser, n + self.settings.m

    @cached_property
    def counts(self) -> tuple[FloatArray, FloatArray]:
        """(E,) W and n + m of the authority: of everybody, or of the group with the least support."""
        if self.settings.authority != "bridging":
            return self._counted(self.edges)
        pairs = [self._counted(self.answers.of_group(g).edges) for g in range(len(self.answers.groups))]
        k, n = (np.stack(part) for part in zip(*pairs, strict=True))
        worst = np.where(n > 0, k / np.maximum(n, 1e-300), 0.0).argmin(axis=0)
        at = np.arange(k.shape[1])
        return k[worst, at], n[worst, at]

    def corrected(self, share: FloatArray) -> FloatArray:
        """Shares of "wiser" without what yes-saying adds."""
        if self.settings.yes_saying is None:
            return share
        alpha, beta = self.settings.yes_saying
        return np.asarray(np.clip((share - alpha) / (1 - alpha - beta), 0.0, 1.0))

    @cached_property
    def support(self) -> FloatArray:
        """(E,) sigma."""
        k, n = self.counts
        return self.corrected(np.divide(k, n, out=np.zeros_like(k), where=n > 0))

    @cached_property
    def rho(self) -> FloatArray:
        """(nodes,) chance of departure."""
        return self.departed(self.support)

    def departed(self, support: FloatArray) -> FloatArray:
        """(nodes,) the same under other supports (E,) of the edges."""
        return departure(self.edges.source, support, self.size)

    @cached_property
    def transition(self) -> sp.csr_array:
        """(nodes, nodes) Q; edges with support only."""
        live = np.flatnonzero((self.support > 0) & (self.edges.wiser > 0))
        return transition(self.edges.source[live], self.edges.target[live], self.edges.wiser[live], self.walk_rho)

    @property
    def walk_rho(self) -> FloatArray:
        """(nodes,) the same, below 1 by 1e-9: a unanimous cycle then lets go of the walk in the end."""
        return np.asarray(np.minimum(self.rho, 1.0 - 1e-9))

    @cached_property
    def component(self) -> IntArray:
        """(nodes,) strongly connected part, of each context by itself."""
        return components(self.transition)

    @cached_property
    def cycles(self) -> tuple[tuple[int, ...], ...]:
        """Nodes of each strongly connected part of more than one."""
        sizes = np.bincount(self.component, minlength=1)
        order = np.argsort(self.component, kind="stable")
        ends = np.cumsum(sizes)
        return tuple(tuple(int(k) for k in order[end - size : end]) for size, end in zip(sizes, ends, strict=True)
                     if size > 1)  # fmt: skip

    @cached_property
    def one_step(self) -> FloatArray:
        """(nodes,) 1 - rho."""
        return np.asarray(1.0 - self.rho)

    @cached_property
    def _returned(self) -> tuple[FloatArray, FloatArray]:
        return return_share(self.transition, self.walk_rho, self.component)

    @property
    def walk(self) -> FloatArray:
        """(nodes,) share that the walk leaves with its start."""
        return self._returned[0]

    @property
    def walk_error(self) -> FloatArray:
        """(nodes,) numerical standard error of it: 0 outside cycles of more than 5000 values, where it is exact."""
        return self._returned[1]

    @cached_property
    def _within(self) -> BoolArray:
        return np.asarray(self.component[self.edges.source] == self.component[self.edges.target])

    @cached_property
    def dropped(self) -> FloatArray:
        """(nodes,) 1 - rho without edges inside a cycle."""
        out = ~self._within
        return np.asarray(1.0 - departure(self.edges.source[out], self.support[out], self.size))

    @cached_property
    def low(self) -> FloatArray:
        """(nodes,) lower end: all edges at the upper limits of their support."""
        _, upper = wilson(*self.counts, self.settings.level)
        return np.asarray(1.0 - departure(self.edges.source, self.corrected(upper), self.size))

    @cached_property
    def high(self) -> FloatArray:
        """(nodes,) upper end: lower limits, no edge inside a cycle, none that was not asked the other way; under the
        walk at least what is left if whatever stays in the cycle returns.

        With l the lower limit of rho and s the share of steps that stay in the cycle, the walk leaves at most
        (1 - l) / (1 - l s) with its start: it returns from within at most surely, from without never.
        """
        lower, _ = wilson(*self.counts, self.settings.level)
        lower = self.corrected(lower)
        kept = self.edges.reverse_asked > 0 if self.settings.require_reverse else np.ones(len(lower), dtype=bool)
        out = kept & ~self._within
        high = np.asarray(1.0 - departure(self.edges.source[out], lower[out], self.size))
        if self.settings.method == "one_step":
            return high
        least = np.minimum(departure(self.edges.source[kept], lower[kept], self.size), 1.0 - 1e-9)
        live = np.where(self.support > 0, self.edges.wiser, 0.0)
        inside, ways = (np.bincount(self.edges.source, w, self.size) for w in (np.where(self._within, live, 0), live))
        stays = np.divide(inside, ways, out=np.zeros(self.size), where=ways > 0)
        return np.asarray(np.maximum(high, (1.0 - least) / (1.0 - least * stays)))

    @cached_property
    def contradicted(self) -> BoolArray:
        """(nodes,) is some pair of it affirmed in both directions by more than half?"""
        made = np.zeros(self.size, dtype=bool)
        if self.settings.net_reverse:
            return made
        forward = 2 * self.edges.wiser > self.edges.wiser + self.edges.refused
        key = self.edges.source.astype(np.int64) * self.size + self.edges.target
        back = self.edges.target.astype(np.int64) * self.size + self.edges.source
        both = forward & np.isin(back, key[forward])
        made[self.edges.source[both]] = True
        return made

    def arrivals(self) -> FloatArray:
        """(nodes,) where reflection ends that starts at every value alike; each context sums to one."""
        contexts = [context for _, context in self.answers.nodes]
        place = {context: k for k, context in enumerate(dict.fromkeys(contexts))}
        code = np.array([place[context] for context in contexts], dtype=np.intp)
        start = 1.0 / np.bincount(code)[code]
        return np.asarray(settled(self.transition, self.walk_rho, self.component, start[None, :])[0])

    def stability(self) -> pd.DataFrame | None:
        """By context, the value at which most reflection ends, and in what share of bootstrap samples it does."""
        import pandas as pd

        if self.size > MOST_RESAMPLED:
            return None
        gen = generator(self.settings.rng)
        first = self._firsts(self.arrivals())
        kept = dict.fromkeys(first, 0)
        for _ in range(self.settings.draws):
            again = self._firsts(Graph(self.settings, self.answers.resampled(gen)).arrivals())
            for context, node in again.items():
                kept[context] += node == first[context]
        rows = {
            context: (self.answers.nodes[node][0], kept[context] / self.settings.draws)
            for context, node in first.items()
        }
        made = pd.DataFrame.from_dict(rows, orient="index", columns=["first", "share of samples"])
        made.index.name = "context"
        return made

    def _firsts(self, mass: FloatArray) -> dict[Hashable, int]:
        found: dict[Hashable, int] = {}
        for node, (_, context) in enumerate(self.answers.nodes):
            if context not in found or mass[node] > mass[found[context]] + 1e-12:
                found[context] = node
        return found

    def own(self, users: Iterable[Hashable]) -> FloatArray:
        """(users, nodes) 0 where the user called something wiser, 1 where all that was asked was refused, else nan."""
        answers = self.answers
        assert answers.user is not None
        asked = list(users)
        place = {label: k for k, label in enumerate(asked)}
        row = np.array([place.get(label, -1) for label in answers.users], dtype=np.intp)[answers.user]
        seen = (row >= 0) & (answers.n > 0)
        yes, no = np.zeros((2, len(asked), self.size), dtype=bool)
        yes[row[seen & (answers.answer == 0)], answers.source[seen & (answers.answer == 0)]] = True
        no[row[seen & (answers.answer == 1)], answers.source[seen & (answers.answer == 1)]] = True
        return np.where(yes, 0.0, np.where(no, 1.0, np.nan))
