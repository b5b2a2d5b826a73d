"""L5. Goods that are not for trade against others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.stats import poisson

from ..._core.arrays import FloatArray
from ...auctions.majority import Majority
from ...lenses.lens import Lexicographic
from ...lenses.reading import Ordinal
from ...mechanism.outcome import Outcome
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws
from ..tiered_choice import TieredChoice, Worth

__all__ = ["HigherGoodsTiers"]

MOTIVES = (Motive("higher good", tier=0), Motive("comfort", tier=1))
NEAR = 0.1
"""Of a bin: how close to an edge counts as near it."""


@dataclass(frozen=True, eq=False)
class _World:
    """(rounds, options): true levels, standard normal comfort, standard normal error of measured levels."""

    level: FloatArray
    comfort: FloatArray
    noise: FloatArray


@scenario("higher_goods_tiers")
@dataclass(frozen=True)
class HigherGoodsTiers(Scenario):
    """One option is to be chosen. Some are better in what comes first, and only then comfort counts.

    ``levels`` (L5a)
        Options have a level 0, ..., levels - 1 of a higher good, each equally likely, and N(0, 1) of comfort.
    ``policies`` (L5b)
        A policy leaves a Poisson number of people below a floor, ``below`` on average however many there are, and
        gives each of ``people`` ``comfort`` times N(0, 1), the same for all. The level is minus the number below.

    Levels are measured with an error of s N(0, 1). Arms: ``sidt`` trades: it sees what people reveal without error, and
    a level (a person below the floor) weighs as much as ``weight`` units of comfort. ``informed`` adds a price on the
    measured level, ``price`` units of comfort. ``strict`` puts the measured level first, to the last digit; ``thick``
    puts it first in bins of ``width`` around its multiples, and comfort within a bin
    (:class:`~thickecon.lenses.Lexicographic`); ``band`` takes the most comfort within half a ``width`` of the best
    measured level, which makes no order (of (2, 0), (1.2, 1), (.4, 2) each loses to the next, the last to the first).
    ``shrunk`` puts first the level that is likeliest given the measure; ``oracle`` the true one. The planner counts
    all people, and chooses by :class:`~thickecon.auctions.Majority` with the one vote that this makes.

    Two null results ship with it. For one choice of a few levels tiers add nothing where the weight is large enough:
    with weight 3 SIDT is at the top level in 99.8 % of choices of 20 options and has the same comfort (with weight 1,
    in 84 %). And strict tiers lose what comfort there is as soon as the measure has any continuous error, however
    small.

    What weighs enough depends on how many are counted: comfort adds up over people, the floor does not. With mean 4
    below and weight 3 SIDT leaves .02, 1.53 and 2.94 more below than need be among 20, 200 and 2000 people. (Were the
    number below to grow with the population, it would be nearly none, 1.5 and 9.)
    """

    setting: str = knob("levels", "which choice", one_of=("levels", "policies"))
    weight: float = knob(3.0, "comfort that weighs as much as a level, or a person below the floor", low=1e-6)
    s: float = knob(0.1, "standard error of measured levels", low=0.0)
    options: int = knob(20, "options", low=2, high=10_000)
    levels: int = knob(3, "levels (levels)", low=1, high=50)
    below: float = knob(4.0, "mean number of people below the floor (policies)", low=0.01, high=100.0)
    people: int = knob(200, "people (policies)", low=1, high=10**9)
    comfort: float = knob(0.05, "standard deviation of comfort a head (policies)", low=1e-9)
    width: float = knob(1.0, "width of a bin; of a band, to both sides together", low=1e-6)
    price: float = knob(3.0, "comfort that informed pays for a measured level, on top of the weight", low=0.0)
    rounds: int = knob(4, "choices a replicate", low=1, high=10_000)

    section: ClassVar[str] = "L5"
    title: ClassVar[str] = "Higher goods"
    question: ClassVar[str] = "Does it help to put some goods before others, rather than to weigh them heavily?"
    premise: ClassVar[str] = "The higher good comes first: no amount of comfort makes up for a person below the floor."
    loses: ClassVar[str] = (
        "Where one weight is large enough for all choices tiers add nothing; with any continuous error of measurement"
        " and no bins they lose all of the lower good, and with bins once the error nears half a bin."
    )
    failures: ClassVar[tuple[str, ...]] = ("value collapse",)
    source: ClassVar[str] = "quadrature over the lower good of the option chosen"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "strict", "band", "thick", "shrunk", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "share of the other options that are no better, higher good first"),
        Measure("top", "more", "share of choices in which no option has a higher level"),
        Measure("shortfall", "less", "levels below the best there is: people below the floor beyond need"),
        Measure("tier0", "more", "level of the option chosen; for policies minus the number below the floor"),
        Measure("tier1", "more", "comfort of the option chosen, of all people together"),
        Measure("revealed", None, "weight times level plus comfort"),
        Measure("worst", "less", "largest shortfall in the replicate"),
        Measure("near_edge", None, "share of options measured within a tenth of a bin of an edge (thick)"),
    )

    # ---- the world ----------------------------------------------------------------------------------------

    @cached_property
    def law(self) -> TieredChoice:
        """Of levels and comfort."""
        if self.setting == "levels":
            return TieredChoice(np.arange(float(self.levels)), np.full(self.levels, 1 / self.levels), 1.0, self.options)
        most = int(poisson.isf(1e-13, self.below)) + 1
        count = np.arange(most, -1, -1)
        chance = poisson.pmf(count, self.below)
        return TieredChoice(-count.astype(float), chance / chance.sum(), self.comfort * self.people, self.options)

    def draw(self, draws: Draws) -> _World:
        """Levels, comfort, and noise of the measure."""
        shape = (self.rounds, self.options)
        population = draws.generator("population")
        law, uniform = self.law, population.random(shape)
        at = np.minimum(np.searchsorted(np.cumsum(law.chance), uniform, side="right"), len(law.levels) - 1)
        normal = population.standard_normal(shape)
        return _World(law.levels[at], law.spread * normal, draws.generator("evidence").standard_normal(shape))

    # ---- the arms -----------------------------------------------------------------------------------------

    def play(self, world: _World, arm: str, draws: Draws) -> Mapping[str, float]:
        """All choices, each judged by true levels first, then comfort."""
        seed = int(draws.generator("mechanism").integers(0, 2**63))
        found = [self._choose(world, t, arm, seed) for t in range(self.rounds)]
        chosen = np.array([int(outcome.taken.argmax()) for outcome in found])
        rows = np.arange(self.rounds)
        level, comfort = world.level[rows, chosen], world.comfort[rows, chosen]
        better = (world.level > level[:, None]) | ((world.level == level[:, None]) & (world.comfort > comfort[:, None]))
        missed = world.level.max(axis=1) - level
        made = {
            "endorsed": float(1 - better.sum(axis=1).mean() / (self.options - 1)),
            "top": float((missed == 0).mean()),
            "shortfall": float(missed.mean()),
            "tier0": float(level.mean()),
            "tier1": float(comfort.mean()),
            "revealed": float((self.weight * level + comfort).mean()),
            "worst": float(missed.max()),
        }
        if arm == "thick":
            made["near_edge"] = float(np.mean([_near_edge(outcome) for outcome in found]))
        return made

    def _choose(self, world: _World, t: int, arm: str, seed: int) -> Outcome:
        mechanism = self.mechanism or Majority()
        level, comfort = world.level[t], world.comfort[t]
        measured = level + self.s * world.noise[t]
        if arm in ("sidt", "informed"):
            higher = self.weight * level + (self.price * measured if arm == "informed" else 0.0)
            return mechanism.baseline().run(_profile(higher, comfort), rng=seed)
        if arm == "thick":  # half a width up, so that multiples of the width lie in the middle of bins
            ordered = replace(mechanism, lens=Lexicographic({0: self.width}))
            return ordered.run(_profile(measured + self.width / 2, comfort), rng=seed)
        first = {
            "strict": measured,
            "band": (measured >= measured.max() - self.width / 2).astype(float),
            "shrunk": level if self.s == 0 else self.law.taken_for(measured, self.s),
            "oracle": level,
        }[arm]
        return replace(mechanism, lens=Lexicographic()).run(_profile(first, comfort), rng=seed)

    # ---- what is known ------------------------------------------------------------------------------------

    def worth(self, arm: str) -> Worth:
        """Means of an arm, by quadrature.

        Parameters
        ----------
        arm
            ``"sidt"``, ``"thick"``, ``"shrunk"`` or ``"oracle"``.

        Raises
        ------
        InputError
            ``"thick"`` with bins that are too narrow for the error.
        """
        if arm == "sidt":
            return self.law.traded(self.weight)
        joint = {
            "thick": lambda: self.law.binned(self.s, self.width),
            "shrunk": lambda: self.law.likeliest(self.s),
            "oracle": self.law.true,
        }[arm]()
        return self.law.classed(joint)

    def known(self) -> tuple[Known, ...]:
        """Means of all arms but those that read the measured level as it is."""
        if self.mechanism is not None:
            return ()
        source = "quadrature over the lower good of the option chosen, sums over levels and bins"
        made = []
        for arm in ("sidt", "thick", "shrunk", "oracle"):
            if arm == "thick" and self.s > 100 * self.width:
                continue
            worth = self.worth(arm)
            made += [Known(arm, name, value, source) for name, value in worth._asdict().items()]
            made.append(Known(arm, "shortfall", self.law.best - worth.tier0, source))
        if self.s > 0:
            made.append(Known("strict", "tier1", 0.0, "a measure with continuous errors has no ties"))
        return tuple(made)

    def break_even(self) -> float | None:
        """The error up to which bins beat the trade; 0 if without error they do not."""
        if self.mechanism is not None:
            return None
        sidt = self.worth("sidt").endorsed

        def gain(s: float) -> float:
            return replace(self, s=s).worth("thick").endorsed - sidt

        low, high = 0.0, self.width / 8
        if gain(low) <= 0:
            return 0.0
        while gain(high) > 0:
            low, high = high, 1.5 * high
            if high > 100 * self.width:
                return None
        return float(brentq(gain, low, high, xtol=1e-9))


def _profile(higher: FloatArray, comfort: FloatArray) -> ThickProfile:
    """One planner, who counts everybody."""
    return ThickProfile.from_arrays(np.stack([higher, comfort])[None], 1.0, motives=MOTIVES)


def _near_edge(outcome: Outcome) -> float:
    """Share of options near an edge of a bin."""
    reading = outcome.readings[0]
    assert isinstance(reading, Ordinal)
    assert reading.edge_distance is not None
    return float((reading.edge_distance < NEAR).mean())
