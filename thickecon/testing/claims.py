"""Are claims true? Each claim is tested on an instance; a counterexample is returned, not raised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._core.arrays import FloatArray
from ..errors import NotApplicableError
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

__all__ = ["CLAIM_TESTS", "Witness", "counterexample"]

SEED = 7
TOL = 1e-7


@dataclass(frozen=True, eq=False)
class Witness:
    """An instance on which a claim fails, and how."""

    claim: Claim
    problem: Problem
    text: str

    def __str__(self) -> str:
        values = self.problem.profile
        return f"{self.claim.name} [{self.claim.self}] fails: {self.text}; d =\n{values.revealed}\nv =\n{values.endorsed}"


def counterexample(claim: Claim, mechanism: Mechanism, problem: Problem) -> Witness | None:
    """A failure of ``claim`` on ``problem``, or None.

    Raises
    ------
    NotApplicableError
        No test is known for claims of this name; add one to ``CLAIM_TESTS``.
    """
    test = CLAIM_TESTS.get(claim.name)
    if test is None:
        raise NotApplicableError(
            f"no test is known for the claim {claim.name!r}", where="conformance", remedy="add one to CLAIM_TESTS"
        )
    text = test(claim, mechanism, problem)
    return None if text is None else Witness(claim, problem, text)


def _lens(self_: Judged) -> Lens:
    return Revealed() if self_ == "decision" else Endorsed()


def _tol(problem: Problem) -> float:
    return TOL * max(1.0, float(np.abs(problem.profile.rows.revealed).max(initial=0.0)))


def _truthful(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    """Every agent against a set of misreports, the others truthful; payments count, in the claim's self."""
    reading = _own_reading(claim, mechanism, problem)
    if not isinstance(reading, Cardinal):
        return None
    own, outside = reading.values, reading.outside
    index, rng = problem.profile.index, np.random.default_rng(SEED)
    honest = mechanism.run(problem, reports=own, rng=SEED)
    for i in range(index.n_agents):
        mine = np.flatnonzero(index.agent == i)
        truth = _worth(honest, own, outside, i)
        for lie in _misreports(own, mine, rng):
            reports = np.array(own)
            reports[mine] = lie
            got = _worth(mechanism.run(problem, reports=reports, rng=SEED), own, outside, i)
            if got > truth + _tol(problem):
                said = np.round(lie, 3).tolist()
                return f"agent {problem.profile.agents[i]!r} gets {got:.6g} by reporting {said}, {truth:.6g} by the truth"
    return None


def _own_reading(claim: Claim, mechanism: Mechanism, problem: Problem) -> Reading:
    return mechanism.readings(problem)[0] if claim.self == "reading" else _lens(claim.self).read(problem.profile)


def _worth(outcome: Outcome, own: FloatArray, outside: FloatArray, i: int) -> float:
    mine = outcome.profile.index.agent == i
    idle = float(outside[i]) * max(0.0, 1.0 - float(outcome.taken[mine].sum()))
    return float(own[mine] @ outcome.taken[mine]) + idle - float(outcome.payments[i])


def _misreports(own: FloatArray, mine: np.ndarray[Any, Any], rng: np.random.Generator) -> list[FloatArray]:
    top = float(np.abs(own).max(initial=1.0)) + 1.0
    truth = own[mine]
    made = [truth * 0.0, truth + top, truth - top, truth * 0.5, -truth]
    made += [truth + shift for shift in (-5.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 5.0)]
    made += [rng.permutation(truth) for _ in range(3)] + [rng.uniform(-top, top, len(mine)) for _ in range(4)]
    for k in range(len(mine)):
        one = np.array(truth)
        one[k] = top
        made.append(one)
        truncated = np.full(len(mine), -top)  # the list cut to one entry: what proposers gain by when receivers propose
        truncated[k] = truth[k]
        made.append(truncated)
    return made


def _participation(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    outcome = mechanism.run(problem, rng=SEED)
    reading = _lens(claim.self).read(problem.profile)
    net = outcome.surplus(_lens(claim.self)) - reading.outside  # type: ignore[attr-defined]
    if len(net) and net.min() < -_tol(problem):
        i = int(np.argmin(net))
        return f"agent {problem.profile.agents[i]!r} ends {-net[i]:.6g} below doing nothing"
    return None


def _efficient(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    reading = _lens(claim.self).read(problem.profile)
    assert isinstance(reading, Cardinal)
    outcome = mechanism.run(problem, rng=SEED)
    zero = mechanism.objective(problem, outcome.taken * 0.0, reading)
    rows = len(outcome.taken)
    unit = np.array([mechanism.objective(problem, np.eye(rows)[r], reading) - zero for r in range(rows)])
    best = mechanism.objective(problem, mechanism.optimise(problem, unit), reading)
    got = mechanism.objective(problem, outcome.taken, reading)
    return f"attains {got:.6g} of {best:.6g}" if got < best - _tol(problem) else None


def _influence_proof(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    """Influences that leave v alone; agents report as suits the self that the mechanism asks."""
    assert isinstance(mechanism, PaymentMechanism)
    base, rng = mechanism.run(problem, reports=_played(mechanism, problem), rng=SEED), np.random.default_rng(SEED)
    rows = len(problem.profile.index)
    top = float(np.abs(problem.profile.rows.revealed).max(initial=1.0)) + 1.0
    for push in (np.full(rows, top), rng.uniform(-top, top, rows), np.eye(rows)[rng.integers(rows)] * top):
        moved = problem.with_profile(_influenced(problem.profile, push))
        outcome = mechanism.run(moved, reports=_played(mechanism, moved), rng=SEED)
        for name in ("taken", "payments"):
            gap = np.abs(getattr(outcome, name) - getattr(base, name)).max(initial=0.0)
            if gap > _tol(problem):
                return f"an influence of size {np.abs(push).max():.3g} moves {name} by {gap:.6g}"
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


def _played(mechanism: PaymentMechanism, problem: Problem) -> FloatArray | None:
    if mechanism.reporting == "observed":
        return None
    return mechanism.dominant_reports(problem, mechanism.reporting)


def _stable(claim: Claim, mechanism: Mechanism, problem: Problem) -> str | None:
    from ..matching.blocking import blocking_counts

    assert isinstance(problem, Market)
    outcome = mechanism.run(problem, rng=SEED)
    found = blocking_counts(outcome, problem, _lens(claim.self))
    return None if found.pairs == 0 else f"{found.pairs} pairs block"



CLAIM_TESTS: dict[str, Callable[[Claim, Mechanism, Problem], str | None]] = {
    "truthful": _truthful,
    "participation": _participation,
    "efficient": _efficient,
    "influence_proof": _influence_proof,
    "stable": _stable,
}
"""Name of a claim to a test of it on one instance: None, or what went wrong."""
