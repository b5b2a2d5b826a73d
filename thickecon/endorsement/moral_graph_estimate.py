"""What a moral graph gives: endorsement with its interval, tables of edges and values, pull moved to wiser values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from .._core.arrays import BoolArray, FloatArray, IntArray, as_floats, frozen
from ..errors import EvidenceError, NotApplicableError
from ..profiles.endorsement import Endorsement
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile
from .estimate import Estimate
from .merged_values import merge_bounds, merge_effects, unmerged
from .pair_rankings import bradley_terry, hodge_rank, pagerank
from .reflective_walk import components, settled, walk_matrix, wilson

if TYPE_CHECKING:
    import pandas as pd

    from .moral_graph import Graph

__all__ = ["MoralGraphEstimate"]


@dataclass(frozen=True, eq=False)
class MoralGraphEstimate(Estimate):
    """Endorsement of values by reflection.

    Attributes
    ----------
    graph
        The graph it comes from.
    """

    graph: Graph | None = None

    def _known(self) -> Graph:
        assert self.graph is not None
        return self.graph

    def values_table(self) -> pd.DataFrame:
        """A row a value and context: E by one step and by the walk (with its numerical error), without edges in cycles,
        its interval, where reflection ends, which cycle, and PageRank in both conventions (over the context, weighted
        by support).
        """
        import pandas as pd

        g = self._known()
        nodes, edges = g.answers.nodes, g.edges
        weight = np.maximum(g.support, 1e-12)
        ranks = {
            f"pagerank ({way})": pagerank(edges.source, edges.target, weight, g.size, dangling=way)
            for way in ("source", "redistribute")
        }
        part = np.full(g.size, -1)
        for k, cycle in enumerate(g.cycles):
            part[list(cycle)] = k
        index = pd.MultiIndex.from_tuples(nodes, names=["value", "context"])
        return pd.DataFrame(
            {
                "one_step": g.one_step, "walk": g.walk, "walk_error": g.walk_error, "without_cycles": g.dropped,
                "low": g.low, "high": g.high, "arrivals": g.arrivals(), "cycle": part, **ranks,
            },
            index=index,
        )  # fmt: skip

    def edges_table(self, tau: float = 0.5) -> pd.DataFrame:
        """A row an edge: answers, support with Wilson's interval, and the Sybil price of lifting it to ``tau``.

        The price is how many false "wiser" answers it takes: max(0, ceil((tau n - W) / (1 - tau))), n with the
        pseudo-answers; under bridging the sum over groups that fail.

        Parameters
        ----------
        tau
            In (0, 1).

        Raises
        ------
        EvidenceError
            Another ``tau``.
        """
        import pandas as pd

        if not 0 < tau < 1:
            raise EvidenceError(f"must lie in (0, 1), found {tau!r}", where="tau")
        g = self._known()
        e, nodes = g.edges, g.answers.nodes
        low, high = wilson(*g.counts, g.settings.level)
        if g.settings.authority == "bridging":
            counts = [g._counted(g.answers.of_group(k).edges) for k in range(len(g.answers.groups))]
        else:
            counts = [g.counts]
        price = sum(np.maximum(0.0, np.ceil((tau * n - k) / (1 - tau) - 1e-9)) for k, n in counts)
        return pd.DataFrame(
            {
                "from": [nodes[k][0] for k in e.source], "to": [nodes[k][0] for k in e.target],
                "context": [nodes[k][1] for k in e.source], "wiser": e.wiser, "not": e.refused, "unsure": e.unsure,
                "reverse": e.reverse, "support": g.support, "low": low, "high": high, "sybil_price": price,
                "in_cycle": g.component[e.source] == g.component[e.target],
            }
        )  # fmt: skip

    def comparison(self) -> pd.DataFrame:
        """The walk beside Bradley-Terry and HodgeRank on the same answers; ``attrs["cyclic_share"]`` is the share of
        the graph that no ranking can explain.
        """
        g = self._known()
        e = g.edges
        table = self.values_table()[["walk", "arrivals", "pagerank (redistribute)"]].copy()
        once = (e.source < e.target) | (e.reverse_asked == 0)
        key = e.source.astype(np.int64) * g.size + e.target
        back = np.searchsorted(key, e.target.astype(np.int64) * g.size + e.source)
        back = np.minimum(back, len(key) - 1)
        paired = key[back] == e.target.astype(np.int64) * g.size + e.source
        wins = e.wiser + np.where(paired, e.refused[back], 0.0)
        losses = e.refused + np.where(paired, e.wiser[back], 0.0)
        kept = once & (wins + losses > 0)
        table["bradley_terry"] = bradley_terry(e.source[kept], e.target[kept], wins[kept], losses[kept], g.size)
        flow = (wins - losses)[kept] / (wins + losses)[kept]
        table["hodge_rank"], cyclic = hodge_rank(e.source[kept], e.target[kept], flow, (wins + losses)[kept], g.size)
        table.attrs["cyclic_share"] = cyclic
        return table

    def tiers(self) -> pd.Series:
        """Longest path to a sink of the graph's edges whose lower limit exceeds 1/2, cycles drawn together; sinks are
        tier 0. A lexical order is far stronger than any vote supports.
        """
        import pandas as pd

        g = self._known()
        lower, _ = wilson(*g.counts, g.settings.level)
        sure = lower > 0.5
        graph = sp.csr_array((np.ones(int(sure.sum())), (g.edges.source[sure], g.edges.target[sure])), (g.size, g.size))
        label = components(graph)
        a, b = graph.nonzero()
        between = label[a] != label[b]
        depth = _longest_paths(label[a][between], label[b][between], int(label.max(initial=-1)) + 1)
        return pd.Series(depth[label], index=list(self.names), name="tier")

    # ---- merges -------------------------------------------------------------------------------------------

    def unmerged(self, values: Iterable[Hashable] | None = None) -> MoralGraphEstimate:
        """The estimate with the cards of ``values`` (None: of all) in the place of the values they were merged into.

        A language model that merges a value with a slogan moves all support of the slogan to the value. Needs columns
        ``from_card`` and ``to_card`` in the data: what people were shown.

        Parameters
        ----------
        values
            Whose merge is undone.

        Raises
        ------
        EvidenceError
            The data do not say which card was shown, or a card bears the name of another value.
        UnknownNameError
            A value that is not there.
        """
        g = self._known()
        return g.settings.estimate_from(unmerged(g.answers, values))

    def merges(self) -> pd.DataFrame:
        """A row a value of several cards: E as merged and of the cards apart (least and most of them, over contexts),
        and which other value moves most, by how much, when this one merge is undone.

        Raises
        ------
        EvidenceError
            The data do not say which card was shown.
        """
        return merge_effects(self._known())

    def merge_bounds(self, value: Hashable, cards: int = 2, *, slogan: bool = False) -> pd.DataFrame:
        """What is certain of one step's E where it is only known that ``value`` was merged from so many cards.

        Rows are the value itself (any card of it) and those from which people went to it. Bounds hold for every way in
        which answers can have fallen on cards. The walk has no such bounds: ask people anew, or keep the cards.

        Parameters
        ----------
        value
            The merged value.
        cards
            How many it stands for.
        slogan
            Is one of them a slogan, support of which should not count?

        Raises
        ------
        EvidenceError
            Fewer than two cards.
        UnknownNameError
            A value that is not there.
        NotApplicableError
            Under bridging.
        """
        return merge_bounds(self._known(), value, cards, slogan=slogan)

    # ---- use ----------------------------------------------------------------------------------------------

    def transport(self) -> pd.DataFrame:
        """(values, values) D: what share of the pull of the row's value reflection carries to the column's.

        Raises
        ------
        SizeError
            More than 5000 values.
        """
        import pandas as pd

        g = self._known()
        return pd.DataFrame(walk_matrix(g.transition, g.walk_rho), index=list(self.names), columns=list(self.names))

    def transported_profile(self, weights: npt.ArrayLike, scores: npt.ArrayLike, **named: Any) -> ThickProfile:
        """A profile whose endorsed values are those of weights carried to wiser values: v = (w D) Z, revealed w Z.

        Each value is two motives, what reflection leaves or brings (endorsed) and what it takes away (not).

        Parameters
        ----------
        weights
            (n, C) of the values in the order of ``names``.
        scores
            (C, m) how options do on them.
        named
            Passed on to ``ThickProfile.from_arrays``.

        Raises
        ------
        EvidenceError
            Shapes that do not fit.
        """
        w, z = (as_floats(x, name, error=EvidenceError) for x, name in ((weights, "weights"), (scores, "scores")))
        count = len(self.names)
        if w.ndim != 2 or z.ndim != 2 or w.shape[1] != count or z.shape[0] != count:
            raise EvidenceError(f"must be (n, {count}) and ({count}, m), found {w.shape}, {z.shape}", where="transport")
        g = self._known()
        carried = settled(g.transition, g.walk_rho, g.component, w)
        motives = [Motive(name) for name in self.names] + [Motive(f"{name}, left on reflection") for name in self.names]
        table = np.concatenate([carried[:, :, None] * z, (w - carried)[:, :, None] * z], axis=1)
        endorsed = np.concatenate([np.ones(count), np.zeros(count)])
        return ThickProfile.from_arrays(table, endorsed, motives=motives, **named)

    def apply(
        self,
        profile: ThickProfile,
        motives: Any = None,
        agents: Iterable[Hashable] | BoolArray | None = None,
        link: Any = None,
        **named: Any,
    ) -> ThickProfile:
        """Endorsement of the named motives, with its interval; with ``authority="own"`` each agent's own answers first.

        See :meth:`Estimate.apply`.

        Raises
        ------
        NotApplicableError
            The estimate is for transport, which needs weights and scores.
        """
        g = self._known()
        if g.settings.method == "transport":
            raise NotApplicableError(
                "moves pull between values, which needs weights and scores",
                where="apply of MoralGraph",
                remedy="transported_profile(weights, scores), or method='walk'",
            )
        made = super().apply(profile, motives, agents, link, **named)
        return made if g.settings.authority != "own" else self._with_own(made, motives, agents)

    def _with_own(self, profile: ThickProfile, motives: Any, agents: Any) -> ThickProfile:
        from .application import _chosen, _members

        chosen = _chosen(self, motives)
        labels = [m.name if isinstance(m, Motive) else str(m) for m in chosen.values()]
        columns = profile.motive_positions(labels)
        own = self._known().own(profile.agents)[:, list(chosen)]
        own[~_members(profile, agents)] = np.nan
        theta, lower, upper = (
            _by_agent(profile, table) for table in (profile.endorsement.theta, *profile.endorsement.box())
        )
        for table in (theta, lower, upper):
            table[:, columns] = np.where(np.isnan(own), table[:, columns], own)
        made = Endorsement(
            frozen(theta), frozen(lower), frozen(upper), group=np.arange(profile.n_agents),
            param=np.arange(profile.n_motives), evidence=profile.endorsement.evidence,
        )  # fmt: skip
        return replace(profile, endorsement=made, resolution_override=profile.resolution)


def _longest_paths(source: IntArray, target: IntArray, size: int) -> IntArray:
    """(size,) edges on the longest path out of each node of a graph without cycles; sinks first, layer by layer."""
    depth = np.zeros(size, dtype=np.intp)
    left = np.bincount(source, minlength=size)
    order = np.argsort(target, kind="stable")
    ends = np.searchsorted(target[order], np.arange(size + 1))
    done = list(np.flatnonzero(left == 0))
    while done:
        node = done.pop()
        for arrow in order[ends[node] : ends[node + 1]]:
            above = source[arrow]
            depth[above] = max(depth[above], depth[node] + 1)
            left[above] -= 1
            if left[above] == 0:
                done.append(above)
    return depth


def _by_agent(profile: ThickProfile, table: FloatArray) -> FloatArray:
    """(n, C) each agent's own row."""
    e = profile.endorsement
    row = np.zeros(profile.n_agents, dtype=np.intp) if e.group is None else e.group
    return np.array(table[row][:, e.columns(profile.n_motives)])
