"""Allocation when endorsement is known only up to a set (T12): the worst case over the set.

One linear welfare for all: the worst endorsement, shared as ``Endorsement`` says, over a box, an ellipsoid or a
polyhedron. Any monotone welfare where each agent has unknowns of its own: W at the least utility of each. Any
concave welfare where few unknowns are shared: the least over the corners of the box, which is exact because W is
concave in the endorsement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from .._core.arrays import FloatArray, as_floats, frozen
from ..errors import InputError, NotApplicableError
from ..profiles.endorsement import Endorsement
from ..profiles.profile import ThickProfile
from .allocation import AllocationProblem
from .goal import Goal, Welfare
from .polyhedron import Block, Polyhedron

__all__ = ["Ambiguity", "Lift", "Total", "lift_worst_case"]

Shape = Literal["box", "ellipsoid", "polyhedron"]

MOST_CORNERS = 1 << 10


@dataclass(frozen=True, eq=False)
class Ambiguity:
    """What is known of endorsement, and how caution is meant.

    Attributes
    ----------
    contributions
        (C, rows).
    endorsement
        Point, box or covariance, and who shares which unknown.
    outside
        None, (n,) the known worth of doing nothing, or (n, C) its contributions.
    mode
        "worst": the greatest welfare that is sure; "regret": the least largest loss against knowing (utilitarian
        welfare, boxes).
    shape
        None: the stated box; else the ellipsoid of a covariance; else the point. With ``inequalities``, a polyhedron.
    level
        Confidence level of the ellipsoid, or of the box made of a covariance.
    inequalities
        (A, b): theta.ravel() satisfies ``A theta <= b``.

    Raises
    ------
    InputError
        An unknown mode or shape, a level outside (0, 1), or a polyhedron without inequalities.
    """

    contributions: FloatArray
    endorsement: Endorsement
    outside: FloatArray | None = None
    mode: Literal["worst", "regret"] = "worst"
    shape: Shape | None = None
    level: float = 0.95
    inequalities: tuple[npt.ArrayLike, npt.ArrayLike] | None = None

    def __post_init__(self) -> None:
        if self.mode not in ("worst", "regret"):
            raise InputError(f"must be 'worst' or 'regret', found {self.mode!r}", where="ambiguity")
        if not 0 < self.level < 1:
            raise InputError(f"must lie in (0, 1), found {self.level}", where="level")
        shape = self.shape
        if shape is None:
            e = self.endorsement
            shape = "ellipsoid" if e.lower is None and e.covariance is not None else "box"
            shape = "polyhedron" if self.inequalities is not None else shape
        if shape not in ("box", "ellipsoid", "polyhedron"):
            raise InputError(f"must be 'box', 'ellipsoid' or 'polyhedron', found {shape!r}", where="shape")
        if (shape == "polyhedron") != (self.inequalities is not None):
            raise InputError("a polyhedron is given by inequalities=(A, b), and only it", where="shape")
        if shape == "ellipsoid" and self.endorsement.covariance is None:
            raise InputError("an ellipsoid needs a covariance", where="shape", remedy="shape='box'")
        object.__setattr__(self, "shape", shape)

    @classmethod
    def from_profile(
        cls,
        profile: ThickProfile,
        mode: Literal["worst", "regret"] = "worst",
        *,
        shape: Shape | None = None,
        level: float = 0.95,
        inequalities: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    ) -> Ambiguity:
        """What a profile says about its endorsement.

        Parameters
        ----------
        profile
            Contributions, endorsement and outside are taken from it.
        mode, shape, level, inequalities
            See the class.

        Returns
        -------
        Ambiguity
            For :func:`thickecon.programs.solve_allocation`.
        """
        return cls(profile.contributions, profile.endorsement, profile.outside, mode, shape, level, inequalities)

    @cached_property
    def box(self) -> tuple[FloatArray, FloatArray]:
        """(G*P,), (G*P,) ends of each unknown."""
        low, high = self.endorsement.box(self.level)
        return low.ravel(), high.ravel()

    @cached_property
    def polyhedron(self) -> tuple[FloatArray, FloatArray]:
        """(A, b), checked.

        Raises
        ------
        InputError
            Shapes that do not fit theta.
        """
        assert self.inequalities is not None
        a, b = as_floats(self.inequalities[0], "inequalities"), as_floats(self.inequalities[1], "inequalities")
        if a.ndim != 2 or a.shape != (len(b), self.endorsement.theta.size):
            raise InputError(
                f"A must be (k, {self.endorsement.theta.size}) and b (k,), found {a.shape} and {b.shape}",
                where="inequalities",
            )
        return a, b

    @cached_property
    def root(self) -> FloatArray:
        """(G*P, d) with theta = theta_hat + root @ e, |e| <= 1: the ellipsoid at ``level`` (chi-squared radius)."""
        from scipy.stats import chi2

        covariance = self.endorsement.covariance
        assert covariance is not None
        if covariance.ndim == 1:
            values, vectors = covariance, np.eye(len(covariance))
        else:
            values, vectors = np.linalg.eigh(covariance)
        kept = values > 1e-14 * max(float(values.max(initial=0.0)), 1e-300)
        radius = float(np.sqrt(chi2.ppf(self.level, max(int(kept.sum()), 1))))
        made: FloatArray = radius * vectors[:, kept] * np.sqrt(values[kept])
        return made

    def pulls(self, problem: AllocationProblem, weights: FloatArray) -> Any:
        """(G*P, N) sparse: each unknown's total pull, summed over the agents and motives that share it.

        Parameters
        ----------
        problem
            The variables.
        weights
            (n,) of agents.
        """
        e, n = self.endorsement, problem.rows.n_agents
        columns = e.columns(len(self.contributions))
        group = np.zeros(n, dtype=np.intp) if e.group is None else e.group
        width, k = e.theta.shape[1], len(problem.rows)
        size = k + len(problem.idle)
        total = sp.csr_array((e.theta.size, size))
        agent = problem.rows.agent
        for c, column in enumerate(columns):
            data, row, at = weights[agent] * self.contributions[c], group[agent] * width + column, np.arange(k)
            if self.outside is not None and self.outside.ndim == 2:
                data = np.concatenate((data, weights[problem.idle] * self.outside[problem.idle, c]))
                row = np.concatenate((row, group[problem.idle] * width + column))
                at = np.arange(size)
            total = total + sp.csr_array((data, (row, at)), shape=total.shape)
        return total

    def known(self, problem: AllocationProblem) -> Any:
        """(n, N) utilities that depend on no unknown: doing nothing, where its worth is given as a number."""
        fixed = self.outside if self.outside is not None and self.outside.ndim == 1 else None
        return problem.utility_map(np.zeros(len(problem.rows)), fixed)

    def prepared(self, problem: AllocationProblem) -> AllocationProblem:
        """The problem with variables for everybody whose doing nothing is worth something under some endorsement.

        Raises
        ------
        InputError
            Contributions do not fit the problem's rows.
        NotApplicableError
            Contributions of doing nothing, and more than one divisible unit.
        """
        if self.contributions.ndim != 2 or self.contributions.shape[1] != len(problem.rows):
            raise InputError(
                f"must have shape (C, {len(problem.rows)}), found {self.contributions.shape}", where="contributions"
            )
        if self.outside is None or self.outside.ndim == 1:
            return replace(problem, outside=self.outside)
        idle = np.any(self.outside != 0, axis=1)
        single = problem.demand is not None and bool(np.all(problem.demand[idle] <= 1))
        if idle.any() and not (single or problem.whole):
            raise NotApplicableError(
                "doing nothing has contributions, and agents may take more than one divisible unit",
                where="outside",
                remedy="set demand=1 or use whole units",
            )
        return replace(problem, outside=np.where(idle, -1.0, 0.0))  # only which agents have the variable matters

    def at(self, theta: FloatArray, problem: AllocationProblem) -> Any:
        """(n, N) utilities under one endorsement.

        Parameters
        ----------
        theta
            (G*P,).
        problem
            As returned by :meth:`prepared`.
        """
        e, n = self.endorsement, problem.rows.n_agents
        table = theta.reshape(e.theta.shape)
        matrix = np.broadcast_to(e.spread(table, n, len(self.contributions)), (n, len(self.contributions)))
        values = np.einsum("cr,rc->r", self.contributions, matrix[problem.rows.agent])
        outside = self.outside
        if outside is not None and outside.ndim == 2:
            outside = (outside * matrix).sum(axis=1)
        return problem.utility_map(values, outside)


@dataclass(frozen=True)
class Total:
    """The sum of given numbers: the welfare function of a programme that has already been weighted."""

    title: str = "Utilitarian"
    comparability: str = "CUC"
    degree: int = 1
    form: str = "linear"
    lowest: float = -np.inf
    open_domain: bool = False

    def evaluate(self, u: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
        """The sum."""
        return float(np.sum(u))

    def gradient(self, u: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> FloatArray:
        """Ones."""
        return np.ones(np.shape(u))

    def expression(self, u: Any, weights: npt.ArrayLike | None = None) -> Any:
        """The cvxpy sum."""
        return np.ones(u.shape[0]) @ u


@dataclass(frozen=True, eq=False)
class Lift:
    """A worst case written as an ordinary programme over more variables.

    Attributes
    ----------
    polyhedron, goal
        The programme.
    tighten
        Recomputes the added variables from the original ones, so that its value is the worst case to the bit.
    worst
        (G*P,) worst endorsement for given original variables.
    """

    polyhedron: Polyhedron
    goal: Goal
    tighten: Callable[[FloatArray], FloatArray]
    worst: Callable[[FloatArray], FloatArray]


def lift_worst_case(problem: AllocationProblem, ambiguity: Ambiguity, welfare: Welfare, weights: FloatArray) -> Lift:
    """The programme of greatest worst-case welfare.

    Parameters
    ----------
    problem
        As returned by :meth:`Ambiguity.prepared`.
    ambiguity
        The set.
    welfare
        W.
    weights
        (n,) people an agent stands for.

    Returns
    -------
    Lift
        To be maximised.

    Raises
    ------
    NotApplicableError
        W is not linear, unknowns are shared, and they are too many to try all corners, or the set is not a box.
    """
    if welfare.form == "linear":
        slope = welfare.gradient(np.ones(len(weights)), weights)
        linear = {"box": _box, "ellipsoid": _ellipsoid, "polyhedron": _polyhedron}[str(ambiguity.shape)]
        return linear(problem, ambiguity, slope)
    if ambiguity.shape == "polyhedron":
        raise NotApplicableError(
            f"the worst case of {welfare.title} over a polyhedron is not a concave programme",
            where="ambiguity",
            remedy="use a box, or Utilitarian()",
        )
    if _own(ambiguity.endorsement, weights):
        return _each_agent(problem, ambiguity, welfare, weights)
    return _corners(problem, ambiguity, welfare, weights)


def _own(endorsement: Endorsement, weights: FloatArray) -> bool:
    """Does every agent have unknowns of its own?"""
    if len(weights) == 1:
        return True
    return endorsement.group is not None and len(np.unique(endorsement.group)) == len(weights)


def _min_ends(pulls: Any, ambiguity: Ambiguity, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least contribution of each unknown at ``z``, and the end at which it is attained."""
    low, high = ambiguity.box
    s = pulls @ z
    return np.minimum(low * s, high * s), np.where(s >= 0, low, high)


def _lift_box(problem: AllocationProblem, ambiguity: Ambiguity, pulls: Any) -> tuple[Polyhedron, Any, Any]:
    """Variables t <= low s, t <= high s for each truly unknown parameter; (polyhedron, open ones, their map)."""
    low, high = ambiguity.box
    unknown = np.flatnonzero((low < high) & (np.diff(pulls.indptr) > 0))
    base = problem.feasible
    part = pulls[unknown]
    most = part.maximum(0) @ base.upper
    least = -((-part).maximum(0) @ base.upper)
    floor = np.minimum(
        np.minimum(low[unknown] * most, low[unknown] * least), np.minimum(high[unknown] * most, high[unknown] * least)
    )
    made = base.extended(floor, np.maximum(np.maximum(high[unknown] * most, low[unknown] * least), 0.0))
    eye = sp.eye_array(len(unknown), format="csr")
    for name, end in (("least end", low), ("greatest end", high)):
        rows = sp.hstack([-(sp.diags_array(end[unknown]) @ part), eye], format="csr")
        made = made.with_blocks(Block(name, rows, np.zeros(len(unknown)), blamable=False))
    return made, unknown, part


def _box(problem: AllocationProblem, ambiguity: Ambiguity, slope: FloatArray) -> Lift:
    pulls = ambiguity.pulls(problem, slope)
    made, unknown, _ = _lift_box(problem, ambiguity, pulls)
    low, _ = ambiguity.box
    sure = np.where(np.isin(np.arange(len(low)), unknown), 0.0, low)
    row = pulls.T @ sure + ambiguity.known(problem).T @ slope
    total = sp.csr_array(np.concatenate((row, np.ones(len(unknown))))[None, :])
    size = problem.feasible.size

    def tighten(z: FloatArray) -> FloatArray:
        base = z[:size]
        return np.concatenate((base, _min_ends(pulls, ambiguity, base)[0][unknown]))

    return Lift(made, Goal(Total(), np.ones(1), (total,)), tighten, lambda z: _min_ends(pulls, ambiguity, z)[1])


def _ellipsoid(problem: AllocationProblem, ambiguity: Ambiguity, slope: FloatArray) -> Lift:
    pulls = ambiguity.pulls(problem, slope)
    centre = ambiguity.endorsement.theta.ravel()
    row = pulls.T @ centre + ambiguity.known(problem).T @ slope
    spread = sp.csr_array(
        ambiguity.root.T @ pulls.toarray() if pulls.shape[0] < 64 else sp.csr_array(ambiguity.root.T) @ pulls
    )

    def worst(z: FloatArray) -> FloatArray:
        along = spread @ z
        length = float(np.linalg.norm(along))
        return centre - (ambiguity.root @ along / length if length > 0 else 0.0)

    goal = Goal(Total(), np.ones(1), (sp.csr_array(row[None, :]),), spread if spread.shape[0] else None)
    return Lift(problem.feasible, goal, lambda z: z, worst)


def _polyhedron(problem: AllocationProblem, ambiguity: Ambiguity, slope: FloatArray) -> Lift:
    """Duality: min {theta s : A theta <= b} = max {-b y : A' y = -s, y >= 0}."""
    a, b = ambiguity.polyhedron
    pulls = ambiguity.pulls(problem, slope)
    _bounded(a, b)
    base = problem.feasible
    made = base.extended(np.zeros(len(b)), np.full(len(b), np.inf))
    rows = sp.hstack([pulls, sp.csr_array(a.T)], format="csr")
    made = made.with_blocks(Block("worst endorsement", rows, np.zeros(rows.shape[0]), True, None, False))
    row = np.concatenate((ambiguity.known(problem).T @ slope, -b))

    def worst(z: FloatArray) -> FloatArray:
        return _vertex(a, b, pulls @ z[: base.size])

    return Lift(made, Goal(Total(), np.ones(1), (sp.csr_array(row[None, :]),)), lambda z: z, worst)


def _vertex(a: FloatArray, b: FloatArray, s: FloatArray) -> FloatArray:
    """A theta of {A theta <= b} at which theta s is least."""
    from .solve import solve_linear

    free = np.full(a.shape[1], np.inf)
    theta = Polyhedron(-free, free, (Block("theta", sp.csr_array(a), b),))
    return frozen(solve_linear(theta, -s, explain=False).z)


def _bounded(a: FloatArray, b: FloatArray) -> None:
    """The set is not empty and not unbounded.

    Raises
    ------
    InputError
        It is.
    """
    from ..errors import InfeasibleError, SolverError

    try:
        for k in range(a.shape[1]):
            for sign in (1.0, -1.0):
                _vertex(a, b, sign * np.eye(a.shape[1])[k])
    except InfeasibleError as err:
        raise InputError("no endorsement satisfies all inequalities", where="inequalities") from err
    except SolverError as err:
        raise InputError(
            "endorsement is not bounded by the inequalities", where="inequalities", remedy="add 0 <= theta <= 1"
        ) from err


def _each_agent(problem: AllocationProblem, ambiguity: Ambiguity, welfare: Welfare, weights: FloatArray) -> Lift:
    pulls = ambiguity.pulls(problem, np.ones(len(weights)))
    made, unknown, _ = _lift_box(problem, ambiguity, pulls)
    low, _ = ambiguity.box
    group = ambiguity.endorsement.group
    width = ambiguity.endorsement.theta.shape[1]
    owner = np.zeros(len(low), dtype=np.intp)
    places = np.zeros(1, dtype=np.intp) if group is None else group
    owner_of_group = np.zeros(ambiguity.endorsement.theta.shape[0], dtype=np.intp)
    owner_of_group[places] = np.arange(len(places))
    owner = np.repeat(owner_of_group, width)
    sure = np.where(np.isin(np.arange(len(low)), unknown), 0.0, low)
    gather = sp.csr_array((sure, (owner, np.arange(len(low)))), shape=(len(weights), len(low)))
    first = gather @ pulls + ambiguity.known(problem)
    count = len(unknown)
    second = sp.csr_array((np.ones(count), (owner[unknown], np.arange(count))), shape=(len(weights), count))
    size = problem.feasible.size

    def tighten(z: FloatArray) -> FloatArray:
        base = z[:size]
        return np.concatenate((base, _min_ends(pulls, ambiguity, base)[0][unknown]))

    goal = Goal(welfare, weights, (sp.hstack([first, second], format="csr"),))
    return Lift(made, goal, tighten, lambda z: _min_ends(pulls, ambiguity, z)[1])


def _corners(problem: AllocationProblem, ambiguity: Ambiguity, welfare: Welfare, weights: FloatArray) -> Lift:
    low, high = ambiguity.box
    pulls = ambiguity.pulls(problem, np.ones(len(weights)))
    unknown = np.flatnonzero((low < high) & (np.diff(pulls.indptr) > 0))
    if ambiguity.shape != "box" or 2.0 ** len(unknown) > MOST_CORNERS or welfare.form == "leximin":
        raise NotApplicableError(
            f"the worst case of {welfare.title} with {len(unknown)} unknowns shared by agents is not one programme",
            where="ambiguity",
            remedy="give each agent its own unknowns (endorsement of shape (n, C)), use a box with at most"
            f" {int(np.log2(MOST_CORNERS))} shared unknowns, or Utilitarian()",
        )
    corners = []
    for choice in product((False, True), repeat=len(unknown)):
        theta = low.copy()
        theta[unknown[np.array(choice, dtype=bool)]] = high[unknown[np.array(choice, dtype=bool)]]
        corners.append(theta)
    maps = tuple(ambiguity.at(theta, problem) for theta in corners)

    def worst(z: FloatArray) -> FloatArray:
        return corners[int(np.argmin([welfare.evaluate(matrix @ z, weights) for matrix in maps]))]

    return Lift(problem.feasible, Goal(welfare, weights, maps), lambda z: z, worst)
