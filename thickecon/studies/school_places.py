"""Places in schools that rank pupils by lottery: what scenarios of school choice share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .._core.arrays import FloatArray, IntArray
from ..lenses.lens import Endorsed, Revealed
from ..matching.blocking import blocking_counts
from ..matching.deferred_acceptance import DeferredAcceptance
from ..mechanism.mechanism import Mechanism
from ..problems.market import Market, Priorities
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile
from .seeds import Draws

__all__ = ["SchoolPlaces", "worth_of"]


@dataclass(frozen=True)
class SchoolPlaces:
    """Schools with places, a lottery, and pupils who list all schools.

    Attributes
    ----------
    pupils, schools, places
        How many pupils and schools, and places a school.
    lottery
        ``"each"``: an independent lottery a school; ``"one"``: one for all.
    motives
        Of pupils: what counts, and what does not.
    """

    pupils: int
    schools: int
    places: int
    lottery: Literal["each", "one"]
    motives: tuple[Motive, Motive]

    def numbers(self, draws: Draws) -> FloatArray:
        """(schools, pupils) lottery numbers of the replicate, the higher the better."""
        drawn = draws.generator("mechanism").random((self.schools, self.pupils))
        return drawn if self.lottery == "each" else np.broadcast_to(drawn[0], drawn.shape)

    def market(self, d: FloatArray, counts: FloatArray, draws: Draws) -> Market:
        """Pupils who report d, of which ``counts`` is taken to be endorsed; both (pupils, schools)."""
        profile = ThickProfile.from_arrays(np.stack([counts, d - counts], axis=1), [1.0, 0.0], motives=self.motives)
        return Market(profile, Priorities.from_scores(self.numbers(draws)), self.places)

    def place(self, mechanism: Mechanism | None, listed: FloatArray, draws: Draws, d: FloatArray | None) -> IntArray:
        """(pupils,) school of each, -1 without a place.

        Parameters
        ----------
        mechanism
            What places; None: deferred acceptance.
        listed
            (pupils, schools) values that lists follow.
        d
            What pupils report, if ``listed`` is what the planner makes of it; None: they report ``listed``, and the
            mechanism is in its standard setting.
        """
        decides = mechanism or DeferredAcceptance()
        if d is None:
            decides, d = decides.baseline(), listed
        placed: IntArray = decides.run(self.market(d, listed, draws), rng=draws.generator("mechanism")).partner
        return placed

    def judged(self, v: FloatArray, d: FloatArray, truth: Market, partner: IntArray) -> dict[str, float]:
        """Yardsticks of a placement by the truth: welfare, stability for both selves, ranks, the worst-off tenth."""
        worth, wanted = worth_of(v, partner), worth_of(d, partner)
        placed = partner >= 0
        found = {
            "endorsed": float(worth.mean()),
            "revealed": float(wanted.mean()),
            "blocking_endorsed": float(blocking_counts(partner, truth, Endorsed()).pairs),
            "blocking_decision": float(blocking_counts(partner, truth, Revealed(), Endorsed()).pairs),
            "endorsed_worst": float(np.sort(worth)[: max(1, self.pupils // 10)].mean()),
            "participation_endorsed": float((worth >= 0).mean()),
            "participation_decision": float((wanted >= 0).mean()),
            "placed": float(placed.mean()),
        }
        if placed.any():
            found["mean_rank"] = 1.0 + float((v > worth[:, None]).sum(axis=1)[placed].mean())
        return found


def worth_of(table: FloatArray, partner: IntArray) -> FloatArray:
    """(pupils,) entries of a (pupils, schools) table at the school each goes to, 0 without a place."""
    return np.where(partner >= 0, table[np.arange(len(partner)), partner], 0.0)
