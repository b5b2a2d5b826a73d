"""What auctions check of their outcomes, recomputed from values and payments."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats
from ..errors import InputError
from ..lenses.lens import Endorsed, Lens, Revealed
from ..lenses.reading import Cardinal
from ..mechanism.outcome import Outcome
from ..mechanism.payment import PaymentMechanism
from ..mechanism.verdict import Judged, Verdict
from ..problems.bids import Bids
from ..problems.problem import Problem

__all__ = ["item_use", "money_verdicts", "net_objective", "reserve_of"]


def reserve_of(reserve: npt.ArrayLike, items: int | None) -> FloatArray:
    """The reserve, one number or (items,).

    Raises
    ------
    InputError
        Not finite, or of another length.
    """
    made = as_floats(reserve, "reserve")
    if made.ndim > 1 or (items is not None and made.ndim == 1 and made.shape != (items,)):
        raise InputError(
            f"must be a number or have one entry for each of {items} items, found {made.shape}", where="reserve"
        )
    if not np.isfinite(made).all():
        raise InputError(f"must be finite, found {made}", where="reserve", remedy="leave it at 0 to sell at any price")
    return made if items is None else np.broadcast_to(made, (items,))


def item_use(problem: Problem) -> FloatArray:
    """(m, items) units of each item that an option takes."""
    if isinstance(problem, Bids):
        table: FloatArray = problem.bundles
        return table
    return np.eye(problem.profile.n_options)


def net_objective(problem: Problem, taken: FloatArray, reading: Cardinal, option_cost: FloatArray) -> float:
    """Sum over rows taken of the value relative to doing nothing, less what the seller gives up."""
    index = problem.profile.index
    net = reading.values - reading.outside[index.agent] - option_cost[index.option]
    return float(taken @ net)


def money_verdicts(mechanism: PaymentMechanism, outcome: Outcome) -> tuple[Verdict, ...]:
    """Participation of the selves whose participation the mechanism claims, and no payment without need."""
    made = []
    lenses: dict[Judged, Lens] = {"decision": Revealed(), "endorsed": Endorsed()}
    if outcome.provenance.stamp == "reports":
        lenses = {}
    for claim in mechanism.claims:
        if claim.name == "participation" and claim.holds and claim.self in lenses:
            reading = lenses[claim.self].read(outcome.profile)
            assert isinstance(reading, Cardinal)
            net = outcome.surplus(lenses[claim.self]) - reading.outside
            tol = 1e-9 * max(1.0, float(np.abs(reading.values).max(initial=0.0)))
            worst = int(np.argmin(net)) if len(net) else 0
            gap = max(0.0, -float(net[worst])) if len(net) else 0.0
            made.append(
                Verdict(
                    "participation",
                    claim.self,
                    gap <= tol,
                    gap,
                    tol,
                    None if gap <= tol else outcome.profile.agents[worst],
                    claim.statement,
                )
            )
    return tuple(made)
