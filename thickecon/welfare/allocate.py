"""Allocation by a social welfare function: shares, whole units, or one option for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray, frozen
from ..errors import InputError, LensError, NotApplicableError
from ..lenses.lens import Endorsed, Lens, Revealed, Uncertain
from ..lenses.reading import Cardinal, Reading, Set
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective, Mechanism
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.choice import Choice
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from ..programs import AllocationProblem, Ambiguity, settled, solve_allocation, unlabelled
from .certificates import one_option, optimal, taken_utilities, within_constraints
from .choose import best_option
from .functions.base import WelfareFunction
from .functions.utilitarian import Utilitarian

__all__ = ["Allocate"]


@register("welfare.Allocate")
@dataclass(frozen=True)
class Allocate(Mechanism):
    """The feasible allocation that a social welfare function ranks highest.

    On an :class:`~thickecon.problems.Assignment`: shares of options (or whole units) within supply, demand,
    conflicts and norms. On a :class:`~thickecon.problems.Choice`: one option for everybody, ties by lottery.

    Parameters
    ----------
    welfare
        ``Utilitarian() Maximin() Nash() Atkinson(epsilon) Leximin()``, or another welfare function.
    ambiguity
        None: endorsement at its estimate. ``"worst"``: the greatest welfare that is sure over the identified set
        (T12). ``"regret"``: the least largest loss against knowing it (utilitarian, boxes).
    integral
        Whole units instead of shares.
    level
        Confidence level where the identified set is made from a covariance.
    solver, time_limit
        Passed on to :func:`thickecon.programs.solve_allocation`; None: HiGHS or Clarabel, as the programme needs.
    lens
        How agents are read.

    Raises
    ------
    InputError
        ``welfare`` is not a welfare function, unknown ``ambiguity``.
    InfeasibleError
        Constraints that cannot hold together, named in ``.conflict``.
    NotApplicableError
        A combination that is not one programme; the message says what is.

    References
    ----------
    Eisenberg and Gale (1959), doi:10.1214/aoms/1177706369; Moulin (2003), Fair Division and Collective Welfare,
    doi:10.7551/mitpress/2954.001.0001

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[3.0, 1.0], [2.0, 4.0]])
    >>> te.welfare.Allocate(te.welfare.Nash()).run(te.Assignment(p)).shares.round(4).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    welfare: WelfareFunction = field(default_factory=Utilitarian)
    ambiguity: Literal["worst", "regret"] | None = None
    integral: bool = False
    level: float = 0.95
    solver: str | None = None
    time_limit: float | None = None

    title: ClassVar[str] = "Welfare-maximising allocation"
    reference: ClassVar[str] = "10.7551/mitpress/2954.001.0001"
    reads: ClassVar[tuple[type[Reading], ...]] = (Cardinal, Set)
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Assignment, Choice)
    standard: ClassVar[Mapping[str, Any]] = {"ambiguity": None}

    def __post_init__(self) -> None:
        if not isinstance(self.welfare, WelfareFunction):
            raise InputError(
                f"must be a welfare function, found {self.welfare!r}", where="welfare", remedy="te.welfare.Nash()"
            )
        if self.ambiguity not in (None, "worst", "regret"):
            raise InputError(f"must be None, 'worst' or 'regret', found {self.ambiguity!r}", where="ambiguity")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Efficiency for the self that is read; truth is dominant for nobody."""
        if self.ambiguity is not None:
            return ()  # the rule reads a set; there is no report of a value
        made = [Claim("truthful", "reading", False, "without payments, misreports can pay", "10.2307/1914083")]
        if isinstance(self.welfare, Utilitarian):
            text = "no feasible allocation has a greater sum"
            made.append(Claim("efficient", "decision", isinstance(self.lens, Revealed), text, "T3"))
            made.append(Claim("efficient", "endorsed", isinstance(self.lens, Endorsed), text, "T3"))
        return tuple(made)

    @property
    def loss_modulus(self) -> str | None:
        """T3: sums and minima have bounds from wedges alone, other functions only the exact term."""
        if self.ambiguity is not None:
            return None
        return {"linear": "sum", "minimum": "max"}.get(self.welfare.form, "exact only")

    def divides(self, problem: Problem) -> bool:
        """Shares move continuously, whole units and single options do not."""
        return not self.integral and not isinstance(problem, Choice)

    def read(self, profile: ThickProfile, lens: Lens) -> Reading:
        """Values; with ``ambiguity``, the identified set.

        Raises
        ------
        LensError
            A lens whose reading is not cardinal, the whole set without ``ambiguity``, or ``ambiguity`` through a lens
            that does not see endorsement.
        """
        if self.ambiguity is not None:
            if not isinstance(lens, (Endorsed, Uncertain)):
                raise LensError(
                    f"ambiguity is about endorsement, which {lens.title} does not read",
                    where="lens",
                    remedy="use Endorsed() or Uncertain(), or ambiguity=None",
                )
            lens = Uncertain()
        reading = super().read(profile, lens)
        if isinstance(reading, Set) and self.ambiguity is None:
            raise LensError(
                f"{lens.title} gives the whole identified set",
                where="lens",
                remedy="say how it counts: ambiguity='worst' or 'regret'; or use Endorsed() for the point estimate",
            )
        return reading

    def known(self, problem: Problem) -> Ambiguity | None:
        """What the profile leaves open, in the shape this setting can use; None without ``ambiguity``.

        A covariance is read as an ellipsoid where the worst case of a sum is asked for, else as an interval for each
        unknown.
        """
        return None if self.ambiguity is None else self._unlabelled(problem, self.ambiguity)[0]

    def _unlabelled(self, problem: Problem, mode: Literal["worst", "regret"]) -> tuple[Ambiguity, IntArray]:
        """The same, with the position of each unknown in the profile: labels of motives do not reach the solver."""
        whole = isinstance(problem, Assignment) and self.integral
        sums = mode == "worst" and self.welfare.form == "linear" and not whole
        return unlabelled(problem.profile, mode, shape=None if sums else "box", level=self.level)

    def _labelled(self, problem: Problem, theta: FloatArray | None) -> FloatArray | None:
        """(G, P) endorsement that is worst, in the profile's own order."""
        if theta is None or self.ambiguity is None:
            return theta
        made = np.empty_like(theta)
        made[:, self._unlabelled(problem, self.ambiguity)[1]] = theta
        return frozen(made, copy=False)

    def _run(self, problem: Any, readings: tuple[Reading], lottery: Lottery) -> Decision:
        reading, known = readings[0], self.known(problem)
        if isinstance(problem, Choice):
            chosen = best_option(self.welfare, problem, reading, known, lottery)
            return Decision((problem.profile.index.option == chosen).astype(np.float64))
        made = self._programme(problem, reading)
        found = solve_allocation(made, self.welfare, ambiguity=known, solver=self.solver, time_limit=self.time_limit)
        taken = np.clip(found.taken, 0.0, None)
        if self.integral:
            taken = np.rint(taken)
        details = {
            "bound": found.optimality.bound,
            "recomputed": found.optimality.holds is not None,
            "tolerance": found.optimality.tol,
            "solver": found.solver,
            "duals": found.duals,
            "theta": self._labelled(problem, found.theta),
            "stages": found.stages,
        }
        return Decision(taken, prices=found.prices, details=details)

    def _programme(self, problem: Assignment, reading: Reading) -> AllocationProblem:
        outside: FloatArray | None = None
        values: FloatArray = problem.profile.rows.endorsed
        if isinstance(reading, Cardinal):
            values = reading.values
            outside = None if problem.profile.outside is None else reading.outside
        return AllocationProblem.from_assignment(problem, values, outside=outside, whole=self.integral)

    # ---- what is maximised --------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """The sum, the least utility, or for curved functions the equally distributed equivalent.

        nan where utilities leave the function's domain.
        """
        utilities = taken_utilities(problem, taken, reading)
        utilities = settled(self.welfare, utilities, float(np.abs(reading.values).max(initial=0.0)))
        scale = self.welfare.evaluate if self.welfare.form != "concave" else self.welfare.ede
        try:
            return float(scale(utilities, problem.profile.weights))
        except InputError:
            return float("nan")

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Values counted by people, for utilitarian sums over whole allocations.

        Raises
        ------
        NotApplicableError
            Another welfare function, ambiguity, or shares that need not be whole at an optimum.
        """
        profile = problem.profile
        if not isinstance(self.welfare, Utilitarian) or self.ambiguity is not None:
            raise NotApplicableError("the allocation does not maximise a sum over rows", where="linear_objective")
        if isinstance(problem, Assignment) and not self.integral and not _whole_at_corners(problem):
            raise NotApplicableError("shares need not be whole here", where="linear_objective", remedy="integral=True")
        (reading,) = self.readings(problem)
        assert isinstance(reading, Cardinal)
        values = reading.values
        if isinstance(problem, Assignment) and reading.outside.any():
            if not (problem.demand_or <= 1).all():
                raise NotApplicableError("doing nothing has a worth and demand exceeds 1", where="linear_objective")
            values = values - reading.outside[profile.index.agent]
        people = np.ones(len(values)) if profile.weights is None else profile.weights[profile.index.agent]
        return LinearObjective(values * people, people)

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) feasible, with the greatest sum of weights; people are not counted again."""
        weights = np.asarray(row_weights, dtype=np.float64)
        problem = self.wrap(problem)
        index = problem.profile.index
        if isinstance(problem, Choice):
            totals = np.bincount(index.option, weights, minlength=index.n_options)
            best: FloatArray = (index.option == int(np.argmax(totals))).astype(np.float64)
            return best
        assert isinstance(problem, Assignment)
        made = AllocationProblem.from_assignment(problem, weights, whole=self.integral)
        plain = AllocationProblem(
            made.rows, weights, made.supply, made.demand, made.conflicts, made.norms, cap=made.cap, whole=self.integral
        )
        return np.array(solve_allocation(plain, Utilitarian(), time_limit=self.time_limit).taken)

    # ---- what is checked ----------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        feasible = one_option(outcome) if isinstance(outcome.problem, Choice) else within_constraints(outcome)
        if feasible.holds is False and not np.isfinite(outcome.taken).all():
            return (feasible,)
        return feasible, optimal(outcome, self.welfare, self.known(outcome.problem))


def _whole_at_corners(problem: Assignment) -> bool:
    """Transportation constraints with whole bounds have whole corners; conflicts and norms may not."""
    bounds = np.concatenate([problem.supply, problem.demand_or])
    bounds = bounds[np.isfinite(bounds)]
    return not len(problem.conflicts) and not problem.norms and bool((bounds == np.floor(bounds)).all())
