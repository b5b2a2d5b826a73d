"""Budget balance: what the mechanism takes in and pays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..._core.arrays import FloatArray
from ..._core.rng import RNG
from ...errors import InputError
from ...mechanism.mechanism import Mechanism
from ...mechanism.verdict import Verdict
from .bounds import bernstein
from .stage import Honest, Stage, stages_of
from .witnesses import Witness

__all__ = ["Imbalance", "budget_balance"]

Budget = Literal["no_deficit", "balanced", "expected_no_deficit", "expected_balanced"]
KINDS = {
    "no_deficit": "payments add up to at least zero",
    "balanced": "payments add up to zero",
    "expected_no_deficit": "payments add up to at least zero on average",
    "expected_balanced": "payments add up to zero on average",
}


@dataclass(frozen=True, eq=False)
class Imbalance(Witness):
    """A state, or all states with their chances, in which payments do not add up.

    Attributes
    ----------
    parts
        (probability, stage, reports).
    signed
        Does only a deficit count?
    """

    parts: tuple[tuple[float, Stage, FloatArray], ...]
    signed: bool

    def replay(self) -> float:
        """The deficit, or the distance from balance, once more."""
        total = float(sum(chance * stage.run(said).revenue for chance, stage, said in self.parts))
        return -total if self.signed else abs(total)


def budget_balance(
    mechanism: Mechanism,
    problem: object,
    *,
    kind: Budget = "no_deficit",
    honest: Honest = "asked",
    rng: RNG = 0,
) -> Verdict:
    """Do payments add up?

    Parameters
    ----------
    mechanism
        Any with payments.
    problem
        A problem, a profile or a :class:`TypeSpace`, over which the worst state, or the mean, is taken. Over draws the
        tolerance of a mean is what it may be wrong by (one chance in 1,000, empirical Bernstein).
    kind
        "no_deficit", "balanced", "expected_no_deficit" or "expected_balanced".
    honest
        What is said, see ``Honest``.
    rng
        Seed of the lottery.

    Raises
    ------
    InputError
        Another kind.

    References
    ----------
    Myerson and Satterthwaite (1983), doi:10.1016/0022-0531(83)90048-0; McAfee (1992), doi:10.1016/0022-0531(92)90091-U

    Examples
    --------
    >>> import thickecon as te
    >>> market = te.auctions.traders([9.0, 8.0, 7.0, 4.0], [2.0, 3.0, 4.0, 12.0])
    >>> budget_balance(te.auctions.McAfee(), market).holds
    True
    >>> budget_balance(te.auctions.McAfee(), market, kind="balanced").gap
    6.0
    """
    if kind not in KINDS:
        raise InputError(f"must be one of {tuple(KINDS)}, found {kind!r}", where="kind")
    stages = stages_of(mechanism, problem, rng)
    said = [stage.honest(honest) for stage in stages.every]
    taken_in = np.array([stage.run(reports).revenue for stage, reports in zip(stages.every, said, strict=True)])
    signed, mean = kind.endswith("no_deficit"), kind.startswith("expected")
    if mean:
        total = float(stages.probability @ taken_in)
        parts = tuple(zip(stages.probability.tolist(), stages.every, said, strict=True))
    else:
        worst = int(np.argmin(taken_in) if signed else np.argmax(np.abs(taken_in)))
        total, parts = float(taken_in[worst]), ((1.0, stages.every[worst], said[worst]),)
    gap, tol = max(-total if signed else abs(total), 0.0), stages.tol * stages.every[0].n_agents
    if mean and not stages.complete:  # the mean of draws is not the expectation
        tol += bernstein(taken_in, float(np.ptp(taken_in)))
    text = f"payments add up to {total:.6g}" + (" on average" if mean else "")
    witness = Imbalance(text, gap, parts, signed) if gap > tol else None
    return Verdict(kind, "nobody", stages.state(gap <= tol), gap, tol, witness, f"{KINDS[kind]}, {stages.where}")
