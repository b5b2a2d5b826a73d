"""How much manipulation it takes to overturn a result; needs valuations only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._core.arrays import BoolArray, FloatArray, frozen
from .._core.rng import RNG
from ..errors import InputError, NotApplicableError
from ..lenses.reading import Set
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from .change import Change
from .margins import LinearMargins
from .mechanism import LinearObjective, Mechanism, require_mechanism
from .outcome import Outcome
from .perturbation_search import PerturbationSearch
from .valuations import as_read, shifted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sensitivity", "Smallest", "sensitivity"]

NormName = Literal["sup", "total", "agents"]
SHARES = (0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, eq=False)
class Smallest:
    """The smallest influence found that changes the allocation.

    Attributes
    ----------
    size
        In the profile's unit: the largest entry ("sup", "agents") or the sum of absolute entries ("total"). Any
        larger influence of this shape changes the allocation. 0: another allocation is as good as it stands.
    norm
        How it is measured.
    bounds
        Proven lower bound, and ``size``.
    relative
        ``size`` over the median absolute value read.
    agents, options
        Labels of those it touches; where ``size`` is 0, of those whom the other allocation treats differently.
    wedge
        (rows,) the influence.
    profile
        The witness: what was read (revealed) with this influence, a trifle larger than ``size`` so that ties are
        broken, taken out (endorsed). Read through ``Endorsed()`` it leads to the other allocation. For mechanisms
        that read a whole identified set: the profile with the set moved by the influence.
    taken
        (rows,) that other allocation.
    """

    size: float
    norm: str
    bounds: tuple[float, float]
    relative: float
    agents: tuple[Any, ...]
    options: tuple[Any, ...]
    wedge: FloatArray
    profile: ThickProfile
    taken: FloatArray

    @property
    def exact(self) -> bool:
        """Is it proven that nothing smaller will do?"""
        return self.bounds[0] >= self.bounds[1] * (1 - 1e-9)

    @property
    def facts(self) -> str:
        """Share of the median value, norm, and what is proven."""
        percent = 100 * self.relative
        text = f"{percent:.2g}" if percent < 99.5 else f"{percent:,.0f}"
        share = f"{text} % of the median value, " if np.isfinite(percent) else ""
        return f"{share}{self.norm} norm, " + ("exact" if self.exact else f"at least {self.bounds[0]:.4g}")

    @property
    def touched(self) -> str:
        """How many agents, and which options."""
        return f"{len(self.agents)} agent{'s' if len(self.agents) != 1 else ''}, options {self.named}"

    @property
    def named(self) -> str:
        """The first options."""
        return ", ".join(map(str, self.options[:6])) + (", ..." if len(self.options) > 6 else "")

    def __str__(self) -> str:
        if self.size == 0:
            return f"0, another allocation is as good: {self.touched}"
        return f"{self.size:.4g} ({self.facts}): {self.touched}"

    def __repr__(self) -> str:
        return f"Smallest({self})"


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """How robust one outcome is to influences on the valuations. Made by :func:`sensitivity`."""

    mechanism: Mechanism
    problem: Problem
    outcome: Outcome
    norm: NormName
    count: int | None
    budget: int
    rng: RNG

    @cached_property
    def smallest(self) -> Smallest | None:
        """The smallest influence, in the norm asked for; None: no influence found changes the allocation."""
        return self._smallest(self.norm, self.count)

    @property
    def exact(self) -> bool:
        """Is it proven that nothing smaller will do? False where any influence moves a divisible allocation."""
        if self._divides:
            return False
        return self.smallest is not None and self.smallest.exact

    @cached_property
    def curve(self) -> pd.DataFrame:
        """Least largest entry of an influence that costs a share of the surplus: share lost, size, relative size.

        The share is of the best attainable sum (of W for other welfare functions). For mechanisms that do not
        maximise a sum the sizes are the smallest found within the budget.
        """
        import pandas as pd

        finder: LinearMargins | PerturbationSearch = self._margins or self._search
        changes = [finder.for_loss(share) for share in SHARES]
        sizes = [np.nan if change is None else change.size for change in changes]
        frame = pd.DataFrame({"share lost": SHARES, "size": sizes})
        frame["relative size"] = frame["size"] / self._scale if self._scale else np.nan
        frame["exact"] = self._margins is not None
        return frame

    def costs(self, share: float) -> float | None:
        """Least largest entry of an influence that costs ``share`` of the surplus (0.05: five per cent).

        Raises
        ------
        InputError
            ``share`` outside [0, 1).
        """
        found = self._for_loss(share)
        return None if found is None else found.size

    def costly(self, share: float) -> Smallest | None:
        """The influence of :meth:`costs`: whom it touches, on which options, and a witness, for whose endorsed values
        the allocation is worth ``share`` less than the best one, ``taken``. None: no influence was found that does.

        Raises
        ------
        InputError
            ``share`` outside [0, 1).
        """
        found = self._for_loss(share)
        return None if found is None else self._shown(found, "sup")

    def _for_loss(self, share: float) -> Change | None:
        if not 0 <= share < 1:
            raise InputError(f"must lie in [0, 1), found {share}", where="share")
        finder: LinearMargins | PerturbationSearch = self._margins or self._search
        return finder.for_loss(share)

    # ---- how ----------------------------------------------------------------------------------------------

    @cached_property
    def _margins(self) -> LinearMargins | None:
        try:
            objective: LinearObjective = self.mechanism.linear_objective(self.problem)
        except NotApplicableError:
            return None
        if not self.outcome.whole:
            return None
        return LinearMargins(self.mechanism, self.problem, self.outcome.taken, objective)

    @cached_property
    def _search(self) -> PerturbationSearch:
        return PerturbationSearch(self.mechanism, self.problem, self.outcome, self.budget, self.rng)

    @property
    def _divides(self) -> bool:
        return self._margins is None and self.mechanism.divides(self.problem)

    @cached_property
    def _base(self) -> ThickProfile:
        return as_read(self.problem.profile, self.mechanism.lens)

    @cached_property
    def _scale(self) -> float:
        values = np.abs(self._base.rows.revealed)
        return float(np.median(values[values > 0])) if (values > 0).any() else 0.0

    def _smallest(self, norm: NormName, count: int | None) -> Smallest | None:
        if self._margins is not None:
            margins = self._margins
            if norm == "sup":
                found: Change | None = margins.sup()
            else:
                found = margins.total() if norm == "total" else margins.on_agents(count or 1, self.budget)
        else:
            found = self._search.smallest(norm, count)
        if found is None:
            return None
        return self._shown(found, f"agents (at most {count or 1})" if norm == "agents" else norm)

    def _shown(self, found: Change, name: str) -> Smallest:
        profile, index = self.problem.profile, self.problem.profile.index
        touched = found.wedge != 0
        if not touched.any():
            touched = np.abs(found.taken - self.outcome.taken) > 0.5
        return Smallest(
            found.size,
            name,
            (found.lower, found.size),
            found.size / self._scale if self._scale else float("nan"),
            tuple(profile.agents[int(i)] for i in np.unique(index.agent[touched])),
            tuple(profile.options[int(x)] for x in np.unique(index.option[touched])),
            frozen(found.wedge),
            self._witness(found.wedge, touched),
            frozen(found.taken),
        )

    def _witness(self, wedge: FloatArray, touched: BoolArray) -> ThickProfile:
        """What was read, with the influence taken out: a trifle larger than its infimum, on one row if that is 0."""
        push = np.sign(wedge)
        if not push.any() and touched.any():
            row = int(np.argmax(touched))
            push[row] = 1.0 if self.outcome.taken[row] > 0.5 else -1.0
        more = wedge * (1.0 + 1e-6) + 4.0 * self._base.resolution * push
        if isinstance(self.outcome.readings[0], Set):
            return shifted(self.problem.profile, more)
        return self._base.with_influence("smallest influence", more, source="sensitivity")

    # ---- out ----------------------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """The smallest influence in every norm: size, bound, share of the median value, who and which options."""
        import pandas as pd

        kinds: list[tuple[NormName, int | None]] = [("sup", None), ("total", None), ("agents", self.count or 1)]
        rows = []
        for norm, count in kinds:
            found = self.smallest if (norm, count) == (self.norm, self.count) else self._smallest(norm, count)
            label = {"sup": "largest entry", "total": "sum of entries", "agents": f"largest entry, {count} agent(s)"}
            row: dict[str, Any] = {"measured by": label[norm]}
            if found is not None:
                row |= {
                    "size": found.size + 0.0,
                    "at least": found.bounds[0] + 0.0,
                    "per cent of median value": 100 * found.relative,
                    "agents": len(found.agents),
                    "options": found.named,
                }
            rows.append(row)
        return pd.DataFrame(rows).set_index("measured by")

    def to_latex(self) -> str:
        """``to_frame`` as a booktabs table."""
        from .tables import latex

        return latex(self.to_frame())

    def plot(self) -> Any:
        """The curve: surplus lost against the size of the influence; a matplotlib Figure."""
        from ..plotting.comparisons import sensitivity_figure

        return sensitivity_figure(self.curve, self.problem.profile.unit)

    def __str__(self) -> str:
        if self._divides:
            cost = self.costs(0.05)
            loss = "none found costs" if cost is None else f"one of {cost:.4g} costs"
            return f"{self.mechanism.name}: divisible shares move with any influence; {loss} 5 % of the best"
        found = self.smallest
        if found is None:
            return f"{self.mechanism.name}: no influence was found that changes the allocation"
        if found.size == 0:
            return f"{self.mechanism.name}: as it stands another allocation is as good: {found.touched}"
        effort = "" if found.exact else f"; search of {self.budget} runs"
        return (
            f"{self.mechanism.name}: an influence of {found.size:.4g} ({found.facts}{effort}) changes the allocation:"
            f" {found.touched}"
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from .tables import html

        return f"<p>{self}</p>" + html(self.curve if self._divides else self.to_frame())


def sensitivity(
    mechanism: Mechanism,
    problem: object,
    *,
    norm: NormName = "sup",
    agents: int | None = None,
    budget: int = 200,
    rng: RNG = 0,
) -> Sensitivity:
    """The smallest influence on the valuations that changes what a mechanism decides.

    Valuations are taken as the lens reads them; for thin profiles they are the reports. An influence delta is
    hidden in them: what agents endorse is the reading less delta. In a market it is hidden in the proposers' side.
    Exact for mechanisms that maximise a sum over rows (utilitarian choice, assignment, auctions that are efficient
    on their scores), elsewhere the best found within ``budget`` runs, with a proven lower bound. Which few agents
    among many is a search of its own, exact if it ends within ``budget`` solutions.

    Parameters
    ----------
    mechanism, problem
        What is run on what.
    norm
        ``"sup"``: the largest entry, every agent may be reached; ``"total"``: the sum of absolute entries (people
        counted); ``"agents"``: the largest entry when at most ``agents`` agents are reached.
    agents
        With ``norm="agents"``; giving it implies that norm.
    budget
        Runs of the mechanism, where the answer is searched for; at least 1.
    rng
        Seed of the lottery and of the search.

    Raises
    ------
    InputError
        Not a mechanism, unknown norm, agents < 1, budget < 1.
    NotApplicableError
        The lens gives no values, so an influence has no size.
    """
    require_mechanism(mechanism, "sensitivity(mechanism)")
    if norm not in ("sup", "total", "agents"):
        raise InputError(f"must be 'sup', 'total' or 'agents', found {norm!r}", where="norm")
    if agents is not None and agents < 1:
        raise InputError(f"must be at least 1, found {agents}", where="agents")
    if budget < 1:
        raise InputError(f"must be at least 1, found {budget}", where="budget")
    if agents is not None:
        norm = "agents"
    made = mechanism.wrap(problem)
    as_read(made.profile, mechanism.lens)
    outcome = mechanism.run(made, rng=rng)
    return Sensitivity(mechanism, made, outcome, norm, agents if norm == "agents" else None, budget, rng)
