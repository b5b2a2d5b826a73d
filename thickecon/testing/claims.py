"""Are claims true? Each claim is tested on an instance; a counterexample is returned, not raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from .._core.arrays import FloatArray, IntArray
from .._core.rng import generator
from ..errors import InfeasibleError, NotApplicableError, ProblemError
from ..lenses.lens import Endorsed, Lens, Revealed
from ..lenses.reading import Cardinal, Reading
from ..mechanism.claim import Claim
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Outcome
from ..mechanism.payment import PaymentMechanism
from ..mechanism.verdict import Judged
from ..problems.market import Market
from ..problems.problem import Problem
from ..profiles.endorsement import Endorsement
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile

__all__ = ["CLAIM_TESTS", "Witness", "counterexample", "lens_of", "tolerance"]

SEED = 7
TOL = 1e-7


@dataclass(frozen=True, eq=False)
class Witness:
    """An instance on which a claim fails, and how.

    Attributes
    ----------
    claim
        What is claimed.
    problem
        Where it fails.
    text
        Who gains what, or by how much it falls short.
    """

    claim: Claim
    problem: Problem
    text: str

    def __str__(self) -> str:
        return f"{self.claim.name} [{self.claim.self}] fails: {self.text}\n{described(self.problem)}"


def described(problem: Problem) -> str:
    """The problem in a few lines: kind, revealed and endorsed values, doing nothing, the other side."""
    profile = problem.profile
    lines = [f"{problem.kind}, {profile.n_agents} agents, {profile.n_options} options, {profile.n_motives} motives"]
    sides = [("d", "v", profile)]
    if isinstance(problem, Market):
        sides.append(("d of receivers", "v of receivers", problem.receivers))
        lines.append(f"capacities {problem.capacities.tolist()}, demand {problem.demand.tolist()}")
    for revealed, endorsed, side in sides:
        lines.append(f"{revealed} = {side.revealed.tolist()}, {endorsed} = {side.endorsed.tolist()}")
        if side.outside is not None:
            lines.append(f"doing nothing: d {side.outside_reading(None)}, v {side.outside_reading(side.endorsement)}")
    for name in ("supply", "demand", "language", "bundles", "conflicts"):
        if hasattr(problem, name) and not isinstance(problem, Market):
            lines.append(f"{name}: {np.asarray(getattr(problem, name)).tolist()}")
    return "\n".join(lines)


def counterexample(claim: Claim, mechanism: Mechanism, problem: Problem) -> Witness | None:
    """A failure of ``claim`` on ``problem``, or None.

    Parameters
    ----------
    claim
        One of ``mechanism.claims``.
    mechanism, problem
        What is run on what.

    Raises
    ------
    NotApplicableError
        No test is known for claims of this name; add one to ``CLAIM_TESTS``.
    """
    test = CLAIM_TESTS.get(claim.name)
    if test is None:
        raise NotApplicableError(
            f"no test is known for the claim {claim.name!r}",
            where="conformance",
            remedy="add one to thickecon.testing.CLAIM_TESTS",
        )
    text = test(claim, mechanism, problem)
    return None if text is None else Witness(claim, problem, text)


def lens_of(self_: Judged) -> Lens:
    """How the profile of a self is read."""
    return Revealed() if self_ == "decision" else Endorsed()


def tolerance(problem: Problem) -> float:
    """Of sums of values of a problem."""
    profile = problem.profile
    return TOL * max(1.0, float(np.abs(profile.contributions).sum(axis=0).max(initial=0.0)))


# ---- truthful -------------------------------------------------------------------------------------------------


def _truthful(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    """Every agent against a set of misreports, the others truthful; payments count, in the claim's self."""
    reading = _own_reading(claim, mechanism, problem)
    if not isinstance(reading, Cardinal):
        return None
    own, outside = reading.values, reading.outside
    index, tol = problem.profile.index, tolerance(problem)
    honest = mechanism.run(problem, reports=own, rng=SEED)
    for i in range(index.n_agents):
        mine = np.arange(index.indptr[i], index.indptr[i + 1])
        truth = _worth(honest, own, outside, i)
        for lie in _misreports(own, outside, mine):
            reports = np.array(own)
            reports[mine] = lie
            try:
                got = _worth(mechanism.run(problem, reports=reports, rng=SEED), own, outside, i)
            except InfeasibleError:  # no outcome under this report (Nash, where nobody says that it gains)
                continue
            if got > truth + tol:
                said = np.round(lie, 3).tolist()
                name = problem.profile.agents[i]
                return f"agent {name!r} gets {got:.6g} by reporting {said}, {truth:.6g} by the truth"
    return None


def _own_reading(claim: Claim, mechanism: Mechanism, problem: Problem) -> Reading:
    return mechanism.readings(problem)[0] if claim.self == "reading" else lens_of(claim.self).read(problem.profile)


def _worth(outcome: Outcome, own: FloatArray, outside: FloatArray, i: int) -> float:
    """What agent i takes, doing nothing for the idle share of its first unit, less what it pays."""
    index = outcome.profile.index
    mine = slice(int(index.indptr[i]), int(index.indptr[i + 1]))
    idle = float(outside[i]) * max(0.0, 1.0 - float(outcome.taken[mine].sum()))
    return float(own[mine] @ outcome.taken[mine]) + idle - float(outcome.payments[i])


def _misreports(own: FloatArray, outside: FloatArray, mine: IntArray) -> Iterator[FloatArray]:
    """Lists cut short, single options praised, values shaded, inflated, turned round, swapped, and at random."""
    top = float(max(np.abs(own).max(initial=1.0), np.abs(outside).max(initial=0.0))) + 1.0
    truth, rng = own[mine], generator(SEED)
    order = np.argsort(-truth, kind="stable")
    for kept in range(1, len(mine)):  # truncation: what proposers gain by where receivers propose (Roth 1982)
        cut = np.full(len(mine), -top)
        cut[order[:kept]] = truth[order[:kept]]
        yield cut
    yield from (truth * 0.5, truth - top, truth + top, truth * 0.0, -truth)
    yield from (truth + shift for shift in (-0.5, 0.5, -1.0, 1.0, -2.0, 2.0, -5.0, 5.0))
    for k in range(len(mine)):
        praised, alone = np.array(truth), np.full(len(mine), -top)
        praised[k], alone[k] = top, truth[k]
        yield from (praised, alone)
    yield from (rng.permutation(truth) for _ in range(2 if len(mine) > 1 else 0))
    yield from (rng.uniform(-top, top, len(mine)) for _ in range(3))


# ---- participation, efficiency, stability -----------------------------------------------------------------------


def _participation(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    lens = lens_of(claim.self)
    reading = lens.read(problem.profile)
    assert isinstance(reading, Cardinal)
    net = mechanism.run(problem, rng=SEED).surplus(lens) - reading.outside
    if net.min(initial=0.0) < -tolerance(problem):
        i = int(np.argmin(net))
        return f"agent {problem.profile.agents[i]!r} ends {-net[i]:.6g} below doing nothing"
    return None


def _efficient(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    """Against the mechanism's own ``optimise``; the suite compares with the twin as well."""
    reading = lens_of(claim.self).read(problem.profile)
    assert isinstance(reading, Cardinal)
    outcome = mechanism.run(problem, rng=SEED)
    rows = len(outcome.taken)
    zero = mechanism.objective(problem, np.zeros(rows), reading)
    unit = np.array([mechanism.objective(problem, row, reading) - zero for row in np.eye(rows)])
    best = mechanism.objective(problem, mechanism.optimise(problem, unit), reading)
    got = mechanism.objective(problem, outcome.taken, reading)
    return f"attains {got:.6g} of {best:.6g}" if got < best - tolerance(problem) else None


def _stable(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    from ..matching.blocking import blocking_counts

    assert isinstance(problem, Market)
    outcome = mechanism.run(problem, rng=SEED)
    held = np.bincount(problem.profile.index.option, outcome.taken, minlength=problem.profile.n_options)
    if (held > problem.capacities).any():
        j = int(np.argmax(held - problem.capacities))
        name = problem.profile.options[j]
        return f"receiver {name!r} holds {held[j]:g} proposers and has {problem.capacities[j]:g} places"
    found = blocking_counts(outcome, problem, lens_of(claim.self))
    refused = found.proposers + found.receivers
    if not found.pairs + refused:
        return None
    return f"{found.pairs} pairs block, {refused} matches are refused by one side"


# ---- influence-proof ------------------------------------------------------------------------------------------


def _influence_proof(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    """Influences that leave v alone; agents report as suits the self that the mechanism asks."""
    base, rng = _played(mechanism, problem), generator(SEED)
    rows, tol = len(problem.profile.index), tolerance(problem)
    if not rows:
        return None
    top = float(np.abs(problem.profile.rows.revealed).max(initial=1.0)) + 1.0
    pushes = [np.eye(rows)[row] * top for row in range(min(rows, 4))]
    for push in [*pushes, np.full(rows, top), rng.uniform(-top, top, rows)]:
        try:
            pushed = mechanism.wrap(problem.with_profile(_influenced(problem.profile, push)))
        except ProblemError:  # the influence leads out of what the mechanism decides
            continue
        outcome = _played(mechanism, pushed)
        for name in ("taken", "payments"):
            gap = float(np.abs(getattr(outcome, name) - getattr(base, name)).max(initial=0.0))
            if gap > tol:
                return f"an influence of {np.round(push, 3).tolist()} on rows moves {name} by {gap:.6g}"
    return None


def _influenced(profile: ThickProfile, push: FloatArray) -> ThickProfile:
    """The same endorsed values with one more, unendorsed, pull."""
    e, count = profile.endorsement, profile.n_motives
    theta = np.concatenate([e.theta, np.zeros((len(e.theta), 1))], axis=1)
    made = Endorsement(theta, group=e.group, param=np.append(e.columns(count), e.theta.shape[1]))
    outside = profile.outside
    if outside is not None and outside.ndim == 2:
        outside = np.concatenate([outside, np.zeros((profile.n_agents, 1))], axis=1)
    return replace(
        profile,
        contributions=np.concatenate([profile.contributions, push[None]]),
        endorsement=made,
        motives=(*profile.motives, Motive("influence under test", "influence")),
        outside=outside,
        resolution_override=profile.resolution,
    )


def _played(mechanism: Mechanism, problem: Problem) -> Outcome:
    """The run in which agents report as suits the self that the mechanism asks; true bids where no report dominates."""
    reports: FloatArray | None = None
    if isinstance(mechanism, PaymentMechanism) and mechanism.reporting != "observed":
        try:
            reports = mechanism.dominant_reports(problem, mechanism.reporting)
        except NotApplicableError:
            reports = None
    return mechanism.run(problem, reports=reports, rng=SEED)


# ---- budgets --------------------------------------------------------------------------------------------------


def _no_deficit(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    paid = float(mechanism.run(problem, rng=SEED).payments.sum())
    return f"payments add up to {paid:.6g}" if paid < -tolerance(problem) else None


def _budget_balanced(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    paid = float(mechanism.run(problem, rng=SEED).payments.sum())
    return f"payments add up to {paid:.6g}" if abs(paid) > tolerance(problem) else None


def _core(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    """No coalition of bidders could make the seller a better offer, by the values of the claim's self."""
    from ..auctions.axioms import core

    worths = getattr(mechanism, "_reserve", lambda problem: 0.0)(problem)
    assert claim.self in ("decision", "endorsed")
    found = core(mechanism, problem, self_=claim.self, seller_values=worths, rng=SEED)
    gap = found.gap or 0.0
    return f"{found.witness} could have {gap:.6g} more" if gap > tolerance(problem) else None


CLAIM_TESTS: dict[str, Callable[[Claim, Mechanism, Problem], str | None]] = {
    "truthful": _truthful,
    "participation": _participation,
    "efficient": _efficient,
    "influence_proof": _influence_proof,
    "stable": _stable,
    "no_deficit": _no_deficit,
    "budget_balanced": _budget_balanced,
    "core": _core,
}
"""Name of a claim to a test of it on one instance: None, or what went wrong."""
