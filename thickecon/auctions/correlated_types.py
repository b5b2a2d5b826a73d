"""Crémer and McLean's mechanism: types told apart by bets on what a peer sees, with what it costs and how it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from .._core.rng import RNG, generator
from ..errors import InfeasibleError, InputError
from ..programs.crossed_bets import crossed_bets

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CorrelatedTypes"]


@dataclass(frozen=True, eq=False)
class CorrelatedTypes:
    """A contract for each type: an allocation, and a payment for each signal that a peer may send.

    A type is (d, v) and a belief about the signal; nobody's word tells types of equal d apart (T7), but each expects
    other signals. Payments are the least, in size, by which every type prefers its own contract by ``slack`` and ends
    with its ``rents`` in expectation: the item goes where it is endorsed, and whoever sells takes all that decision
    selves would gain but the rents. That is too good: :meth:`fragility` says by which error in beliefs, and at which
    aversion to losses, it breaks; payments grow without bound as beliefs become alike.

    Parameters
    ----------
    beliefs
        (types, signals) P(signal | type): rows of at least 0 that add up to 1. No row may be a mixture of the others.
    decision
        (types,) d, what the item is worth to those who choose a contract.
    endorsed
        (types,) v, by which the item is given.
    cost
        What the item costs; a type gets it where v is at least that.
    rents
        Number or (types,), what each type ends with by its decision self; 0: all is taken.
    slack
        At least 0: by how much each type prefers its own contract.

    Attributes
    ----------
    payments
        (types, signals) of the contract of each type.

    Raises
    ------
    InputError
        Shapes that do not fit, beliefs that are no probabilities, numbers that are not finite.
    InfeasibleError
        Some type's belief is a mixture of others': bets cannot keep it from the contract of one of them.

    References
    ----------
    Crémer and McLean (1988), doi:10.2307/1913096; Robert (1991), doi:10.1016/0022-0531(91)90158-W (limited
    liability and risk); Neeman (2004), doi:10.1016/j.jet.2003.10.005 (beliefs that do not determine values)

    Examples
    --------
    Worth 1 to the decision selves of both types, endorsed by the first only; a signal that is right in 8 of 10.

    >>> right = [[0.8, 0.2], [0.2, 0.8]]
    >>> bets = CorrelatedTypes(right, decision=[1.0, 1.0], endorsed=[1.0, 0.0], cost=0.5, slack=0.6)
    >>> bets.gets.tolist(), bets.payments.round(6).tolist()
    ([True, False], [[0.8, 1.8], [0.8, -0.2]])
    """

    beliefs: Any
    decision: Any
    endorsed: Any
    cost: float = 0.0
    rents: Any = 0.0
    slack: float = 0.0
    payments: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        put, where = object.__setattr__, "CorrelatedTypes"
        beliefs = as_floats(self.beliefs, "beliefs")
        if beliefs.ndim != 2 or not beliefs.size:
            raise InputError(f"must have shape (types, signals), found {beliefs.shape}", where=f"{where}.beliefs")
        if (beliefs < 0).any() or not np.allclose(beliefs.sum(axis=1), 1.0, atol=1e-9):
            raise InputError("rows must be probabilities that add up to 1", where=f"{where}.beliefs")
        put(self, "beliefs", frozen(beliefs))
        for name in ("decision", "endorsed", "rents"):
            made = as_floats(getattr(self, name), name)
            require_finite(made, name)
            if made.shape != (len(beliefs),) and not (name == "rents" and made.ndim == 0):
                raise InputError(f"must have one entry for each of {len(beliefs)} types", where=f"{where}.{name}")
            put(self, name, frozen(np.broadcast_to(made, (len(beliefs),))))
        if not np.isfinite(self.cost) or not 0 <= self.slack < np.inf:
            raise InputError(f"need a finite cost and slack >= 0, found {self.cost}, {self.slack}", where=where)
        bets = crossed_bets(self.beliefs, self._gains, self.rents, self.slack)
        if bets is None:
            raise InfeasibleError(
                "no bets keep every type to its contract: some type's beliefs are a mixture of others'",
                where=where,
                remedy="each row of beliefs needs a mean of signals that it expects more than all others do",
            )
        put(self, "payments", frozen(bets))

    @property
    def gets(self) -> npt.NDArray[np.bool_]:
        """(types,) whether the contract of a type includes the item."""
        return np.asarray(self.endorsed) >= self.cost

    @property
    def _gains(self) -> FloatArray:
        """(types, contracts) what the decision self of a type has of each contract before payments."""
        return np.outer(self.decision, self.gets)

    def worth(self, beliefs: npt.ArrayLike | None = None) -> FloatArray:
        """(types, contracts) expected utility of decision selves, by their beliefs or by others (types, signals)."""
        held = self.beliefs if beliefs is None else as_floats(beliefs, "beliefs")
        return np.asarray(self._gains - held @ self.payments.T)

    @property
    def revenue(self) -> FloatArray:
        """(types,) expected payment less the cost of the item, where types keep to their contracts."""
        return np.asarray((self.beliefs * self.payments).sum(axis=1) - self.cost * self.gets)

    @property
    def endorsed_ends(self) -> FloatArray:
        """(types,) what endorsed selves end with in expectation: below 0 where v is less than what d pays for."""
        return np.asarray(self.endorsed * self.gets - (self.beliefs * self.payments).sum(axis=1))

    def fragility(self) -> pd.DataFrame:
        """How far it holds, a row a type.

        Returns
        -------
        pandas.DataFrame
            ``preference``: by how much a type prefers its own contract to the next best. ``belief_error``: the error
            in probabilities (half the sum of absolute differences) up to which it surely still does. ``joins_error``:
            the same for staying at all. ``worst_payment``: what it may have to pay. ``loss_aversion``: the weight on
            losses above gains, 1 being none, at which its decision self would rather stay away.
        """
        import pandas as pd

        worth, rows = self.worth(), []
        for t in range(len(worth)):
            others = np.delete(np.arange(len(worth)), t)
            # a shift of probability e moves an expectation by at most e times the range of what it is of
            spread = [float(np.ptp(self.payments[u] - self.payments[t])) for u in others]
            ahead = worth[t, t] - worth[t, others]
            safe = min((a / s if s > 0 else np.inf for a, s in zip(ahead, spread, strict=True)), default=np.inf)
            own = float(np.ptp(self.payments[t]))
            net = self._gains[t, t] - self.payments[t]
            up, down = float(self.beliefs[t] @ np.maximum(net, 0.0)), float(self.beliefs[t] @ np.maximum(-net, 0.0))
            rows.append(
                {
                    "preference": float(ahead.min(initial=np.inf)),
                    "belief_error": max(0.0, safe),
                    "joins_error": float(self.rents[t]) / own if own > 0 else np.inf,
                    "worst_payment": float(self.payments[t].max()),
                    "loss_aversion": up / down if down > 0 else np.inf,
                }
            )
        return pd.DataFrame(rows, index=pd.RangeIndex(len(worth), name="type"))

    def run(self, types: npt.ArrayLike, rng: RNG = None, *, beliefs: npt.ArrayLike | None = None) -> pd.DataFrame:
        """Agents choose contracts or stay away; signals are drawn.

        Parameters
        ----------
        types
            (n,) positions of types.
        rng
            Seed of signals.
        beliefs
            (types, signals) that agents hold; None: those that are true. Signals are drawn from the true ones.

        Returns
        -------
        pandas.DataFrame
            A row an agent: ``contract`` (-1: stays away), ``gets``, ``signal``, ``payment``, ``decision`` and
            ``endorsed`` utility.

        Raises
        ------
        InputError
            Positions that are no types.
        """
        import pandas as pd

        who = np.asarray(types)
        if who.ndim != 1 or who.dtype.kind not in "iu" or ((who < 0) | (who >= len(self.beliefs))).any():
            raise InputError(f"must be positions of {len(self.beliefs)} types", where="CorrelatedTypes.run")
        worth = self.worth(beliefs)
        # indifferent types keep to their own contract, and stay
        favour = worth + 1e-9 * (1 + np.abs(worth).max()) * np.eye(len(worth))
        choice = np.where(worth.max(axis=1) < -1e-9, -1, favour.argmax(axis=1))
        draws, sums = generator(rng).random(len(who)), np.cumsum(self.beliefs, axis=1)
        signal = (draws[:, None] > sums[who]).sum(axis=1).clip(max=self.beliefs.shape[1] - 1)
        contract = choice[who]
        inside = contract >= 0
        gets = inside & self.gets[contract]
        paid = np.where(inside, self.payments[contract, signal], 0.0)
        d, v = np.asarray(self.decision)[who], np.asarray(self.endorsed)[who]
        table = {"type": who, "contract": contract, "gets": gets, "signal": signal, "payment": paid}
        return pd.DataFrame({**table, "decision": d * gets - paid, "endorsed": v * gets - paid})
