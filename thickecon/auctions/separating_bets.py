"""The escape from T7 by correlated beliefs: bets on a peer's signal separate those who stand behind a want."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import BoolArray, FloatArray
from .._core.rng import RNG, generator
from ..errors import InputError
from ..lenses.lens import Endorsed, Revealed
from ..profiles.profile import ThickProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BetOutcome", "SeparatingBets"]


@dataclass(frozen=True, eq=False)
class BetOutcome:
    """What came of a round of bets.

    Attributes
    ----------
    profile
        Who took part.
    takes
        (n,) who chose the item with a bet on a high signal.
    leaves
        (n,) who preferred to stay away.
    signals
        (n,) the peer's signal about each agent: high?
    payments
        (n,) fee, less what was won, plus what was lost.
    """

    profile: ThickProfile
    takes: BoolArray
    leaves: BoolArray
    signals: BoolArray
    payments: FloatArray

    @property
    def revenue(self) -> float:
        """Sum of payments."""
        return float(self.payments.sum())

    def utilities(self) -> pd.DataFrame:
        """(n,) decision and endorsed utility after payments."""
        import pandas as pd

        d, v = (lens.read(self.profile).values for lens in (Revealed(), Endorsed()))
        return pd.DataFrame(
            {"decision": d * self.takes - self.payments, "endorsed": v * self.takes - self.payments},
            index=pd.Index(list(self.profile.agents), name="agent"),
        )


@dataclass(frozen=True)
class SeparatingBets:
    """A menu of two: the item with a bet that a peer's signal is high, or no item with a bet that it is low.

    All want the item alike (d); some stand behind it, some do not (v). Nobody's word tells them apart in dominant
    strategies, or if beliefs are independent (T7). But a peer sees something: a signal that is right with probability
    ``accuracy``. Who stands behind the want expects a high signal and prefers to bet on it, the others the reverse. The
    item goes to those who stand behind it, on nothing but choices.

    It is fragile: beliefs must be common, agents risk-neutral, the peer must have a reason to tell the truth, and the
    one who arranges the bets must know the accuracy. :meth:`separates` says by how much.

    Parameters
    ----------
    accuracy
        P(signal high | stands behind) = P(signal low | does not), above 1/2.
    stake
        Won or lost on the bet, money.
    fee
        To take part.
    believed
        What agents take the accuracy for; None: what it is.

    Raises
    ------
    InputError
        An accuracy outside (1/2, 1], a stake that is not positive, a fee that is not finite.

    References
    ----------
    Crémer and McLean (1988), doi:10.2307/1913096; Prelec (2004), doi:10.1126/science.1102081 (peers' answers).

    Examples
    --------
    Worth 1 to both; the bet of 1 on a signal right in .8: 1.6 against -.6 for one, .4 against .6 for the other.

    >>> bets = SeparatingBets(accuracy=0.8, stake=1.0)
    >>> [round(x, 9) for x in bets.worth(1.0, True)], [round(x, 9) for x in bets.worth(1.0, False)]
    ([1.6, -0.6], [0.4, 0.6])
    """

    accuracy: float = 0.8
    stake: float = 1.0
    fee: float = 0.0
    believed: float | None = None

    def __post_init__(self) -> None:
        if not 0.5 < self.accuracy <= 1 or not self.stake > 0 or not np.isfinite(self.fee):
            raise InputError(
                f"need accuracy in (1/2, 1], stake > 0, a finite fee; found {self.accuracy}, {self.stake}, {self.fee}",
                where="SeparatingBets",
            )
        if self.believed is not None and not 0 <= self.believed <= 1:
            raise InputError(f"must lie in [0, 1], found {self.believed!r}", where="SeparatingBets.believed")

    def worth(self, d: float, stands_behind: bool) -> tuple[float, float]:
        """Expected decision utility of (item and a bet on high, bet on low), by the agent's beliefs.

        Parameters
        ----------
        d
            What the item is worth to the decision self.
        stands_behind
            The agent's type.
        """
        right = self.accuracy if self.believed is None else self.believed
        edge = self.stake * (2 * right - 1) * (1.0 if stands_behind else -1.0)
        return d + edge - self.fee, -edge - self.fee

    def separates(self, d: float) -> float:
        """The lesser of both types' strict preference for their own choice; at most 0: types are not told apart."""
        (high_take, high_leave), (low_take, low_leave) = self.worth(d, True), self.worth(d, False)
        return min(high_take - high_leave, low_leave - low_take)

    def least_stake(self, d: float) -> float:
        """The stake above which types that want the item by ``d`` are told apart: d / (2 (2 accuracy - 1))."""
        right = self.accuracy if self.believed is None else self.believed
        return d / (2 * (2 * right - 1)) if right > 0.5 else float("inf")

    def free_fee(self, d: float) -> float:
        """The fee that takes back what those who do not stand behind it expect to win; they are then indifferent."""
        return self.stake * (2 * self.accuracy - 1)

    def run(self, profile: ThickProfile, rng: RNG = None) -> BetOutcome:
        """Agents choose by their decision selves and their beliefs; peers' signals are drawn.

        Parameters
        ----------
        profile
            One option; an agent stands behind it if its endorsed value is at least half of the revealed one. The
            mechanism sees choices alone.
        rng
            Seed of the signals.

        Raises
        ------
        InputError
            More than one option, or an agent that does not evaluate it.
        """
        if profile.n_options != 1 or len(profile.index) != profile.n_agents:
            raise InputError("needs one option that everybody evaluates", where="SeparatingBets.run")
        d, v = (lens.read(profile).values for lens in (Revealed(), Endorsed()))
        stands = v >= 0.5 * d
        table = np.array([self.worth(float(x), bool(s)) for x, s in zip(d, stands, strict=True)])
        takes = table[:, 0] > table[:, 1]
        leaves = table.max(axis=1) < -1e-12
        right = generator(rng).random(len(d)) < self.accuracy
        signals = np.where(right, stands, ~stands)
        won = np.where(takes, signals, ~signals)
        payments = np.where(leaves, 0.0, self.fee - np.where(won, self.stake, -self.stake))
        return BetOutcome(profile, takes & ~leaves, leaves, signals, payments)
