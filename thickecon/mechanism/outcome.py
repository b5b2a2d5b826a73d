"""What a mechanism returns: one vector over rows, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import FloatArray, IntArray, frozen
from .._core.rng import RNG, generator
from ..errors import NotApplicableError
from ..lenses.lens import Endorsed, Lens
from ..lenses.reading import Cardinal, Reading, Set
from ..problems.bids import Bids
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from .accounts import account_table, utility_vector
from .provenance import Provenance
from .verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

    from .mechanism import Mechanism, Readings

__all__ = ["Decision", "Outcome"]

WHOLE = 1e-6
"""How far from 0 or 1 a share may be to count as none or all."""


@dataclass(frozen=True, eq=False)
class Decision:
    """What ``_run`` decides.

    Attributes
    ----------
    taken
        (rows,) share of each row realised.
    payments
        (n,) what each agent pays; None: no money.
    prices
        Of options or items, where they exist.
    expected
        (rows,) chance of each row before the lottery, where it is known.
    details
        Further numbers of the mechanism, by name.
    """

    taken: FloatArray
    payments: FloatArray | None = None
    prices: FloatArray | None = None
    expected: FloatArray | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("taken", "payments", "prices", "expected"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, frozen(given, np.float64))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a mechanism decided on a problem. Immutable; on disk it refers to its problem by content hash.

    Attributes
    ----------
    mechanism, problem, readings
        What was run, on what, and what it saw.
    decision
        Its raw answer; the properties below are what to use.
    provenance
        Lens, parameters, seed, version, stamp.
    """

    mechanism: Mechanism
    problem: Problem
    readings: Readings
    decision: Decision
    provenance: Provenance

    # ---- what is taken ------------------------------------------------------------------------------------

    @property
    def profile(self) -> ThickProfile:
        """What the mechanism saw."""
        return self.problem.profile

    @property
    def taken(self) -> FloatArray:
        """(rows,) share of each row realised: winner, match, seat, lottery alike."""
        return self.decision.taken

    @property
    def payments(self) -> FloatArray:
        """(n,) what each agent pays, in the profile's unit; 0 without money."""
        if self.decision.payments is None:
            return frozen(np.zeros(self.profile.n_agents), copy=False)
        return self.decision.payments

    @property
    def with_money(self) -> bool:
        """Does anybody pay at all under this mechanism?"""
        return self.decision.payments is not None

    @property
    def revenue(self) -> float:
        """Sum of payments."""
        return float(self.payments.sum())

    @property
    def prices(self) -> FloatArray:
        """Prices of options or items.

        Raises
        ------
        NotApplicableError
            The mechanism sets none.
        """
        if self.decision.prices is None:
            raise NotApplicableError(f"{self.mechanism.name} sets no prices", where="outcome.prices")
        return self.decision.prices

    @cached_property
    def shares(self) -> FloatArray:
        """(n, m) ``taken`` as a table, 0 where there is no row."""
        return frozen(np.nan_to_num(self.profile.index.spread(self.taken), nan=0.0), copy=False)

    @cached_property
    def whole(self) -> bool:
        """Is every row taken in full or not at all?"""
        return bool((np.minimum(np.abs(self.taken), np.abs(self.taken - 1.0)) <= WHOLE).all())

    def matched_pairs(self) -> IntArray:
        """(k, 2) positions (agent, option) of rows taken in full.

        Raises
        ------
        NotApplicableError
            Some row is shared; use ``shares``.
        """
        self._need_whole("matched_pairs()")
        here = self.taken > 0.5
        pairs = np.stack([self.profile.index.agent[here], self.profile.index.option[here]], axis=1)
        return frozen(pairs.astype(np.intp), copy=False)

    @cached_property
    def partner(self) -> IntArray:
        """(n,) position of the option each agent takes, -1 for none.

        Raises
        ------
        NotApplicableError
            Some agent takes several, or a row is shared.
        """
        pairs = self.matched_pairs()
        agents, counts = np.unique(pairs[:, 0], return_counts=True)
        if (counts > 1).any():
            at = self.profile.agents[int(agents[counts > 1][0])]
            raise NotApplicableError(
                f"agent {at!r} takes {counts.max()} options", where="outcome.partner", remedy="use matched_pairs()"
            )
        made = np.full(self.profile.n_agents, -1, dtype=np.intp)
        made[pairs[:, 0]] = pairs[:, 1]
        return frozen(made, copy=False)

    @cached_property
    def winners(self) -> IntArray:
        """(items,) position of the agent who gets each item, -1 unsold. Without bundles, options are the items.

        Raises
        ------
        NotApplicableError
            An item has several winners, or a row is shared.
        """
        pairs = self.matched_pairs()
        problem = self.problem
        table = problem.bundles if isinstance(problem, Bids) else None
        if table is None:
            agent, item = pairs.T
            count = self.profile.n_options
        else:
            row, item = np.nonzero(table[pairs[:, 1]])
            agent, count = pairs[row, 0], table.shape[1]
        if len(np.unique(item)) < len(item):
            raise NotApplicableError(
                "some item has several winners", where="outcome.winners", remedy="use matched_pairs()"
            )
        made = np.full(count, -1, dtype=np.intp)
        made[item] = agent
        return frozen(made, copy=False)

    @property
    def probabilities(self) -> FloatArray:
        """(n, m) chance that each agent takes each option: before the lottery where known, else the shares.

        Raises
        ------
        NotApplicableError
            Shares above 1 are amounts, not chances.
        """
        rows = self.taken if self.decision.expected is None else self.decision.expected
        if (rows > 1 + WHOLE).any():
            raise NotApplicableError("shares exceed 1", where="outcome.probabilities", remedy="use shares")
        return frozen(np.nan_to_num(self.profile.index.spread(rows), nan=0.0), copy=False)

    def sample(self, rng: RNG = None) -> Outcome:
        """One realisation of a lottery in which each agent takes at most one option, agents drawn separately.

        Supplies hold in expectation only.

        Raises
        ------
        NotApplicableError
            An agent's shares add up to more than 1.
        """
        if self.whole:
            return self
        totals = np.bincount(self.profile.index.agent, self.taken, minlength=self.profile.n_agents)
        if (totals > 1 + WHOLE).any():
            raise NotApplicableError("an agent's shares exceed 1", where="outcome.sample", remedy="use shares")
        index = self.profile.index
        draw = generator(rng).random(self.profile.n_agents)[index.agent]
        ends = np.cumsum(self.taken)
        before = np.concatenate([[0.0], ends])[index.indptr[:-1]][index.agent]
        ends = ends - before
        taken = ((draw < ends) & (draw >= ends - self.taken)).astype(float)
        return replace(self, decision=replace(self.decision, taken=taken))

    # ---- what it is worth ---------------------------------------------------------------------------------

    def utilities(self, lens: Lens | None = None, truth: ThickProfile | Problem | None = None) -> FloatArray:
        """(n,) worth to each agent of what it takes, before payments.

        Parameters
        ----------
        lens
            Cardinal; None: endorsed.
        truth
            Whose values count; None: what the mechanism saw. What an agent does not use of its first unit is
            valued at ``outside``.

        Raises
        ------
        NotApplicableError
            The lens gives no values, or the profile is ordinal.
        """
        return utility_vector(self._judge(truth), self.taken, lens or Endorsed())

    def surplus(self, lens: Lens | None = None, truth: ThickProfile | Problem | None = None) -> FloatArray:
        """(n,) utilities less payments."""
        return frozen(self.utilities(lens, truth) - self.payments, copy=False)

    @cached_property
    def welfare(self) -> float:
        """The mechanism's objective on what it read; the sum of values read where it has none.

        Where it read a whole identified set, on the point estimate.

        Raises
        ------
        NotApplicableError
            The reading gives no values, or the profile has rankings only.
        """
        reading: Reading = self.readings[0]
        if isinstance(reading, Set):
            reading = Endorsed().read(self.profile)
        if not isinstance(reading, Cardinal):
            raise NotApplicableError(f"a reading that is {reading.kind} has no welfare", where="outcome.welfare")
        if self.profile.unit == "ordinal":
            raise NotApplicableError("rankings have no sums", where="outcome.welfare")
        try:
            return self.mechanism.objective(self.problem, self.taken, reading)
        except NotApplicableError:
            return float(self.taken @ reading.values)

    def accounts(self, other: Outcome, truth: ThickProfile | Problem | None = None) -> pd.DataFrame:
        """Who gained how much through which motive, against another outcome for the same rows.

        Entries (agent, motive) are E[i, c] times the change in what motive c adds to agent i. They add up
        (fsum) to the difference in summed endorsed utility to 1e-12 of the largest. For other welfare functions
        this is an attribution of the sum, not of their value.
        """
        return account_table(self._judge(truth), self.taken, other.taken)

    def _judge(self, truth: ThickProfile | Problem | None) -> ThickProfile:
        if truth is None:
            return self.profile
        profile = truth.profile if isinstance(truth, Problem) else truth
        return self.problem.with_profile(profile).profile

    def _need_whole(self, what: str) -> None:
        if not self.whole:
            raise NotApplicableError("rows are shared", where=f"outcome.{what}", remedy="use shares or sample(rng)")

    # ---- what was checked ---------------------------------------------------------------------------------

    @cached_property
    def certificate(self) -> tuple[Verdict, ...]:
        """Properties recomputed from the numbers, on first use."""
        return self.mechanism._certify(self)

    @property
    def certified(self) -> bool:
        """Was at least one property checked, and did all that were checked hold?"""
        checked = [verdict.holds for verdict in self.certificate if verdict.holds is not None]
        return bool(checked) and all(checked)

    # ---- out ----------------------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """One row for each (agent, option) taken: share, revealed and endorsed value; payments by agent."""
        import pandas as pd

        here = np.flatnonzero(self.taken > WHOLE)
        index, rows = self.profile.index, self.profile.rows
        agents, options = np.asarray(index.agents, dtype=object), np.asarray(index.options, dtype=object)
        frame = pd.DataFrame(
            {
                "agent": agents[index.agent[here]],
                "option": options[index.option[here]],
                "share": self.taken[here],
                "revealed": rows.revealed[here],
                "endorsed": rows.endorsed[here],
            }
        )
        if self.with_money:
            frame["agent pays"] = self.payments[index.agent[here]]
        return frame

    def to_latex(self) -> str:
        """``to_frame`` as a booktabs table."""
        from .tables import latex

        return latex(self.to_frame().set_index(["agent", "option"]))

    def plot(self) -> Any:
        """Shares as a matrix (small markets) or the distribution of utilities; a matplotlib Figure."""
        from ..plotting.outcomes import outcome_figure

        small = self.profile.n_agents * self.profile.n_options <= 4_000
        labels = [str(name) for name in self.profile.agents], [str(name) for name in self.profile.options]
        return outcome_figure(self.shares if small else None, self.utilities(), *labels)

    def certificate_frame(self) -> pd.DataFrame:
        """The certificate as a table."""
        from .tables import verdict_frame

        return verdict_frame(self.certificate)

    def cite(self) -> str:
        """BibTeX of the mechanism and of this package."""
        from .cite import cite

        return cite(self)

    def save(self, path: Any) -> None:
        """Write ``.json``: what is taken, payments, certificate, provenance; the problem by its content hash.

        Raises
        ------
        FileFormatError
            Another ending, or a folder that is not there.
        """
        from .outcome_file import write_outcome

        write_outcome(self, path)

    def __repr__(self) -> str:
        state = "certified" if self.certified else "not certified"
        money = f", revenue {self.revenue:.6g}" if self.with_money else ""
        return f"Outcome({self.mechanism.name}, {int((self.taken > WHOLE).sum())} rows taken{money}, {state})"

    def _repr_html_(self) -> str:
        from .tables import html

        return f"<p>{self!r}</p>" + html(self.to_frame().head(50)) + html(self.certificate_frame())
