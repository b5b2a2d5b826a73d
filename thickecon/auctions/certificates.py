"""What auctions check of their outcomes, recomputed from values and payments."""

from __future__ import annotations

import numpy as np

from .._core.arrays import FloatArray
from ..errors import ProblemError
from ..lenses.lens import Endorsed, Lens, Revealed
from ..lenses.reading import Cardinal
from ..mechanism.outcome import Outcome
from ..mechanism.payment import PaymentMechanism, Scores
from ..mechanism.verdict import Judged, Verdict
from ..problems.bids import Bids
from ..problems.problem import Problem

__all__ = [
    "charge_verdict",
    "feasible_verdict",
    "net_objective",
    "participation_verdicts",
    "require_single_wins",
    "scale_of",
]

SHARE = 1e-9
"""How far a share may be from 0 or 1, and a use from the supply."""


def feasible_verdict(problem: Problem, taken: FloatArray, excess: FloatArray) -> Verdict:
    """Rows are taken whole or not at all, and no item beyond its supply.

    Parameters
    ----------
    problem, taken
        The problem and (rows,) shares.
    excess
        (items,) units taken beyond the supply; negative where some are left.
    """
    index = problem.profile.index
    split = np.abs(taken - np.rint(taken)) + np.maximum(np.abs(taken - 0.5) - 0.5, 0.0)
    gaps = [split, np.maximum(excess, 0.0)]
    text = "bids are served whole or not at all, and no item beyond its supply"
    if isinstance(problem, Bids) and problem.language in ("unit", "XOR"):
        wins = np.bincount(index.agent, taken, minlength=index.n_agents)
        gaps.append(np.maximum(wins - 1.0, 0.0))
        text += "; nobody wins twice"
    gap = max(float(part.max(initial=0.0)) for part in gaps)
    return Verdict("feasible", "nobody", gap <= SHARE, gap, SHARE, statement=text)


def charge_verdict(outcome: Outcome, expected: FloatArray, tol: float, text: str) -> Verdict:
    """Are payments those that were recomputed?"""
    off = np.abs(outcome.payments - expected)
    gap = float(off.max(initial=0.0))
    witness = None if gap <= tol else outcome.profile.agents[int(np.argmax(off))]
    return Verdict("payments", "reading", gap <= tol, gap, tol, witness, text)


def require_single_wins(problem: Problem, mechanism: str) -> None:
    """Doing nothing may have a worth only where no agent can win twice: else it would be given up once for each win.

    Raises
    ------
    ProblemError
        An agent with several options has a worth of doing nothing that is not 0.
    """
    profile = problem.profile
    if profile.outside is None:
        return
    worth = np.abs(profile.outside).reshape(profile.n_agents, -1).max(axis=1)
    bad = (np.diff(profile.index.indptr) > 1) & (worth > 0)
    if bad.any():
        raise ProblemError(
            f"doing nothing must be worth 0 to agents who may win several options; agent"
            f" {profile.agents[int(np.argmax(bad))]!r} has a worth of its own and {profile.n_options} options to win",
            where=f"{mechanism}, outside",
            remedy="let agents win at most one (auctions.VCG with language 'unit' or 'XOR'), or list bundles",
        )


def scale_of(scores: Scores) -> float:
    """The largest score or offset: what tolerances are relative to."""
    return max(float(np.abs(part).max(initial=0.0)) for part in (scores.values, scores.offset))


def net_objective(problem: Problem, taken: FloatArray, reading: Cardinal, option_cost: FloatArray) -> float:
    """Sum over rows taken of the value relative to doing nothing, less what the seller gives up."""
    index = problem.profile.index
    net = reading.values - reading.outside[index.agent] - option_cost[index.option]
    return float(taken @ net)


def participation_verdicts(mechanism: PaymentMechanism, outcome: Outcome) -> tuple[Verdict, ...]:
    """One for each self whose participation the mechanism claims; none where reports need not be true."""
    if outcome.provenance.stamp == "reports":
        return ()
    lenses: dict[Judged, Lens] = {"decision": Revealed(), "endorsed": Endorsed()}
    return tuple(
        _participation(outcome, claim.self, lenses[claim.self], claim.statement)
        for claim in mechanism.claims
        if claim.name == "participation" and claim.holds and claim.self in lenses
    )


def _participation(outcome: Outcome, self_: Judged, lens: Lens, text: str) -> Verdict:
    profile, reading = outcome.profile, lens.read(outcome.profile)
    assert isinstance(reading, Cardinal)
    short = reading.outside - outcome.surplus(lens)
    # utilities are off the grid, charges on it: half a step for each option taken, and for doing nothing
    tol = profile.resolution * (1 + profile.n_options) + 1e-9 * float(np.abs(reading.values).max(initial=0.0))
    gap = float(np.maximum(short, 0.0).max(initial=0.0))
    witness = None if gap <= tol else profile.agents[int(np.argmax(short))]
    return Verdict("participation", self_, gap <= tol, gap, tol, witness, text)
