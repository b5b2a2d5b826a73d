"""T3: the most that deciding on revealed values can lose."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from ..errors import InputError, NotApplicableError
from ..lenses.lens import Endorsed, Revealed
from ..problems.assignment import Assignment
from ..problems.choice import Choice
from ..problems.problem import Problem
from .mechanism import Mechanism

__all__ = ["LossBound", "largest_loss", "loss_bound"]


@dataclass(frozen=True, eq=False)
class LossBound:
    """A bound on W(v(x_v)) - W(v(x_d)).

    Attributes
    ----------
    value
        In the unit of W; None where no bound from wedges alone exists.
    applicable
        Is the mechanism a maximiser at all?
    statement
        Which bound it is, or why there is none.
    """

    value: float | None
    applicable: bool
    statement: str
    _mechanism: Mechanism = field(repr=False)
    _problem: Problem = field(repr=False)

    def exact(self, rng: int = 0) -> float:
        """The middle term of T3, [W(v) - W(d)](x_v) + [W(d) - W(v)](x_d), from two solutions; at most ``value``.

        Raises
        ------
        NotApplicableError
            The mechanism is not a maximiser.
        """
        if not self.applicable:
            raise NotApplicableError(self.statement, where="loss_bound")
        mechanism, problem = self._mechanism, self._problem
        v, d = Endorsed().read(problem.profile), Revealed().read(problem.profile)
        x_v, x_d = mechanism.run(problem, rng=rng).taken, mechanism.baseline().run(problem, rng=rng).taken

        def gap(x: FloatArray) -> float:
            return mechanism.objective(problem, x, v) - mechanism.objective(problem, x, d)

        return gap(x_v) - gap(x_d)

    def __str__(self) -> str:
        return f"at most {self.value:.6g}: {self.statement}" if self.value is not None else self.statement


def loss_bound(mechanism: Mechanism, problem: Problem) -> LossBound:
    """The bound of T3 from the wedges alone.

    Sums: osc(Delta) where one option is chosen for all, sum_x |Delta_x| where a set of options is, else
    2 sum_i |delta_i|_inf over what i may take.
    Monotone translation-covariant W (maximin): 2 max_i |delta_i|_inf. Nash and Atkinson have none of this kind.
    """
    kind = mechanism.loss_modulus
    if kind is None:
        return LossBound(None, False, "not applicable: the mechanism maximises no welfare function", mechanism, problem)
    if kind == "exact only":
        text = "no bound from wedges alone exists for this welfare function (T3); exact() solves for it"
        return LossBound(None, True, text, mechanism, problem)
    profile = problem.profile
    weights = _counted(mechanism, problem)
    if isinstance(problem, Choice) and kind in ("sum", "sets"):
        total = np.bincount(profile.index.option, profile.rows.wedge * weights[profile.index.agent])
        if kind == "sets":
            text = "sum over options of the absolute summed wedge: any set of them may be taken (T3)"
            return LossBound(float(np.abs(total).sum()), True, text, mechanism, problem)
        return LossBound(
            float(np.ptp(total)), True, "osc of the summed wedge over options (T2, T3)", mechanism, problem
        )
    reach = max(1.0, mechanism.largest_share) * _reach(problem)
    if kind == "sum":
        value, text = 2.0 * float(weights @ reach), "2 sum_i |delta_i|_inf over what agents may take (T3)"
    else:
        value, text = 2.0 * float(reach.max(initial=0.0)), "2 max_i |delta_i|_inf over what agents may take (T3)"
    return LossBound(value, True, text, mechanism, problem)


def largest_loss(mechanism: Mechanism, problem: Problem, reach: npt.ArrayLike) -> float:
    """The most that deciding on revealed values can lose where only |delta_i(x)| <= D_i is known (T3).

    For sums over whole allocations the largest loss over that set is a programme of the same kind: rows that are taken
    count for D less, the others for D more. With one option for everybody it is the best W_d(x) - W_d(x_d) + 2 sum D.

    Parameters
    ----------
    mechanism
        That maximises a sum over rows.
    problem
        Of which the revealed values are read.
    reach
        D: a number, or (n,) one for each agent.

    Returns
    -------
    float
        At least 0.

    Raises
    ------
    NotApplicableError
        Another mechanism, or shares that are not whole.
    InputError
        A negative D, or of another shape.
    """
    made = mechanism.wrap(problem).with_profile(mechanism.wrap(problem).profile.thin())
    rule = mechanism.baseline()
    profile = made.profile
    bound = np.broadcast_to(np.asarray(reach, dtype=np.float64), (profile.n_agents,))
    if not np.isfinite(bound).all() or (bound < 0).any():
        raise InputError("must be finite and at least 0", where="largest_loss(reach)")
    objective = rule.linear_objective(made)
    taken = rule.run(made, rng=0).taken > 0.5
    room = bound[profile.index.agent] * objective.multiplier
    weights = objective.values + np.where(taken, -room, room)
    best = rule.optimise(made, weights) > 0.5
    return max(0.0, float(weights @ best - weights @ taken))


def _counted(mechanism: Mechanism, problem: Problem) -> FloatArray:
    """(n,) how often the sum counts each agent: as a bidder, or as the people it stands for."""
    profile = problem.profile
    if profile.weights is None:
        return np.ones(profile.n_agents)
    try:
        each = mechanism.linear_objective(problem).multiplier
    except NotApplicableError:
        return profile.weights
    made = np.zeros(profile.n_agents)
    np.maximum.at(made, profile.index.agent, each)
    return made


def _reach(problem: Problem) -> FloatArray:
    """(n,) the largest absolute wedge of anything an agent may take, doing nothing included."""
    profile = problem.profile
    index = profile.index
    outside = Revealed().read(profile).outside - Endorsed().read(profile).outside
    wedge = np.abs(profile.rows.wedge - outside[index.agent])
    if isinstance(problem, Choice):
        best = np.zeros(profile.n_agents)
        np.maximum.at(best, index.agent, wedge)
        return best
    demand = problem.demand_or if isinstance(problem, Assignment) else np.ones(profile.n_agents)
    if not isinstance(problem, Assignment) and getattr(problem, "language", "unit") in ("OR", "OR*", "additive"):
        demand = np.full(profile.n_agents, np.inf)
    # only the first unit takes the place of doing nothing
    wedge = np.where(demand[index.agent] > 1, np.maximum(wedge, np.abs(profile.rows.wedge)), wedge)
    limit = np.minimum(problem.supply, 1.0)[index.option] if isinstance(problem, Assignment) else np.ones(len(index))
    order = np.lexsort((-wedge, index.agent))
    sorted_limit = limit[order]
    before = np.cumsum(sorted_limit) - sorted_limit
    before -= np.append(before, 0.0)[index.indptr[:-1]][index.agent[order]]
    room = np.clip(demand[index.agent[order]] - before, 0.0, sorted_limit)
    reach = np.bincount(index.agent[order], room * wedge[order], minlength=profile.n_agents).astype(np.float64)
    made: FloatArray = reach + np.abs(outside)
    return made
