"""Time on a phone, by the moments of an experiment in which choice and temptation were both measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from ..._core.arrays import BoolArray, FloatArray
from ...endorsement.habit_model import MOMENTS, HabitModel
from ...errors import InputError
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["DigitalAddiction"]

ARM_OF_BONUS = 3
"""The first moments are of one arm of the experiment; their errors are correlated."""


@dataclass(frozen=True, eq=False)
class _World:
    """Both (rounds, moments): what holds, in minutes a day, and standard normal noise of a new experiment."""

    truth: FloatArray
    noise: FloatArray


@dataclass(frozen=True, eq=False)
class _Reading:
    """What moments say, all (rounds,).

    Attributes
    ----------
    cut
        Use that goes back to temptation, minutes a day.
    slope
        By how much a further hour a day lowers what an hour is worth, dollars day / hour^2.
    temptation
        gamma, dollars an hour.
    steady
        Is there a steady state?
    """

    cut: FloatArray
    slope: FloatArray
    temptation: FloatArray
    steady: BoolArray


@scenario("digital_addiction")
@dataclass(frozen=True)
class DigitalAddiction(Scenario):
    """How long should a limit let people use six apps a day? Moments of Allcott, Gentzkow and Song (2022), tables 3, 4.

    Nothing is planted. In the experiment people were paid ``price`` dollars for each hour a day they used less, in one
    period (minutes of effect ``tau3``; ``tau4`` and ``tau5`` in the two after it), others got a tool with which to
    limit themselves (``tau2``), and all forecast their own use, which was ``forecast`` minutes above that. With x hours
    a day, habits s' = rho (s + x), quadratic worth with curvature eta < 0 and temptation gamma, the paper solves

        eta = price / tau3,   rho = tau5 / tau4 - tau4 / tau3,   zeta = -eta tau4 / (rho tau3),   gamma = eta tau2.

    The decision self uses x as if gamma belonged to what an hour is worth, the endorsed self leaves gamma out: on one
    day, habits as they are, by gamma / -eta = -tau2 hours; in the ``long run`` by gamma / S with
    S = -eta - zeta rho / (1 - rho), 47.5 minutes or 31 % of all use. A limit that misses the endorsed use by y hours
    costs S y^2 / 2 dollars a day (S = -eta on ``one day``): the triangle under demand, so that inattention to habits,
    which the paper finds as well, is not counted as an error. Use that moments put below 0 is 0, a limit above present
    use is none, and where moments leave no steady state (rho outside [0, 1), or S <= 0) the reading is that of one day.

    What holds is drawn anew in each round, the published moments plus ``audit_error`` of their standard errors times
    N(0, 1); evidence is a new experiment with ``s`` of them. Errors of tau3, tau4 and tau5 have correlation
    ``correlation``: at .8 the error of rho is the published one, without correlation it would be twice as large.
    Others are independent.

    Arms: ``sidt`` takes use for what people want: no limit. ``informed`` takes them at their word about their own use
    and limits it to their forecast. ``thick`` limits to the endorsed use by the new experiment at face value;
    ``shrunk`` puts in posterior means of moments, the published ones being the prior; ``oracle`` knows. The
    identification assumption of the paper is that the tool removes temptation, all of it and nothing else; ``tempted``
    is what it is in truth of what the tool removes. Below 1/2 exact evidence does harm. A replicate is ``rounds``
    new experiments.
    """

    s: float = knob(1.0, "error of the new experiment, in standard errors of the published one", low=0.0)
    audit_error: float = knob(1.0, "how far moments are off those published, in standard errors", low=0.0, high=3.0)
    horizon: str = knob("long run", "habits followed to the end or as they are", one_of=("long run", "one day"))
    tempted: float = knob(1.0, "temptation in what the tool removes: 1 by assumption of the paper", low=0.0, high=10.0)
    correlation: float = knob(0.8, "of errors of tau3, tau4 and tau5", low=0.0, high=1.0)
    price: float = knob(2.5, "bonus, dollars an hour", low=0.01)
    tau3: float = knob(-55.9, "effect of the bonus while it is paid, minutes a day", high=-0.01)
    tau4: float = knob(-19.2, "in the period after it", high=-0.01)
    tau5: float = knob(-12.3, "in the next", high=0.0)
    tau2: float = knob(-24.3, "effect of the tool, minutes a day", high=0.0)
    forecast: float = knob(6.13, "use above own forecast, minutes a day", low=0.0)
    use: float = knob(153.0, "use, minutes a day", low=0.0)
    errors: tuple[float, ...] = knob(
        ((61.7 - 50.3) / 3.92, (24.7 - 13.7) / 3.92, (18.1 - 6.54) / 3.92, (28.1 - 20.4) / 3.92, (7.72 - 4.52) / 3.92,
         (157 - 149) / 3.92),
        "standard errors of tau3, tau4, tau5, tau2, forecast, use: widths of 95 % intervals over 3.92",
    )  # fmt: skip
    rounds: int = knob(20, "new experiments a replicate", low=1, high=100_000)

    section: ClassVar[str] = "data"
    title: ClassVar[str] = "Digital addiction, measured moments"
    question: ClassVar[str] = "How much use of a phone do revealed and endorsed readings recommend?"
    premise: ClassVar[str] = (
        "Temptation, which is what the tool removes, does not count; habits count as people live with them."
    )
    loses: ClassVar[str] = (
        "Where less than half of what the tool removes is temptation, no limit is better than the one that exact"
        " evidence sets. An inexact experiment does little harm: habits aside, it must be 15 times less exact than the"
        " published one to be worse than nothing, and 10.3 times to be worse than a limit at people's own forecast."
    )
    failures: ClassVar[tuple[str, ...]] = ("value collapse",)
    source: ClassVar[str] = "Allcott, Gentzkow and Song (2022), doi:10.1257/aer.20210867"
    own_rule: ClassVar[bool] = True
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "shrunk", "regret", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "less the cost of missing endorsed use, dollars a day and person"),
        Measure("use", None, "use under the limit, minutes a day"),
        Measure("cut", None, "use that the limit takes away, minutes a day"),
        Measure("cut_share", None, "the same as a share of use"),
        Measure("over", "less", "endorsed use that the limit takes away, minutes a day"),
        Measure("short", "less", "use that is not endorsed and stays, minutes a day"),
        Measure("revealed", None, "less the cost of the limit to the decision self, dollars a day"),
        Measure("temptation", None, "what the arm takes temptation for, dollars an hour"),
        Measure("participation_decision", None, "share of rounds in which the decision self is not limited"),
        Measure("participation_endorsed", "more", "share in which the endorsed self does not lose by the limit"),
        Measure("no_steady_state", None, "share in which what the arm goes by leaves no steady state"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.errors) != len(MOMENTS) or min(self.errors) < 0:
            raise InputError(
                f"must be {len(MOMENTS)} numbers of at least 0, found {self.errors}", where=f"{self.name}.errors"
            )

    # ---- the world ----------------------------------------------------------------------------------------

    @property
    def published(self) -> FloatArray:
        """(moments,) minutes a day."""
        return np.array([getattr(self, name) for name in MOMENTS])

    def draw(self, draws: Draws) -> _World:
        """Moments around those published, and noise of a new experiment."""
        drift = self._noise(draws.generator("population"))
        return _World(
            self.published + self.audit_error * np.array(self.errors) * drift,
            self._noise(draws.generator("evidence")),
        )

    def _noise(self, rng: np.random.Generator) -> FloatArray:
        """(rounds, moments) standard normal; those of the bonus have a part in common."""
        made = rng.standard_normal((self.rounds, len(MOMENTS)))
        common = rng.standard_normal((self.rounds, 1))
        made[:, :ARM_OF_BONUS] *= np.sqrt(1 - self.correlation)
        made[:, :ARM_OF_BONUS] += np.sqrt(self.correlation) * common
        return made

    def reading(self, moments: FloatArray, tempted: float = 1.0) -> _Reading:
        """What moments say.

        Parameters
        ----------
        moments
            (rounds, 6), in the order of the knobs.
        tempted
            Temptation in what the tool removes.
        """
        made = HabitModel.from_moments(moments, self.price)
        with np.errstate(all="ignore"):
            gamma = made.gamma * tempted
            steady = (made.rho >= 0) & (made.rho < 1) & (made.slope * np.sign(-made.eta) > 0)
            slope = np.where(steady if self.horizon == "long run" else False, made.slope, -made.eta)
            cut = np.nan_to_num(60 * gamma / slope)
        return _Reading(cut, slope, gamma, steady)

    def play(self, world: _World, arm: str, draws: Draws) -> Mapping[str, float]:
        """A limit in each round."""
        truth, use = self.reading(world.truth, self.tempted), world.truth[:, MOMENTS.index("use")]
        best = np.clip(truth.cut, 0.0, use)
        cut, temptation, steady = self._limit(world, arm, truth)
        cut = np.clip(cut, 0.0, use)

        def cost(missed: FloatArray) -> FloatArray:
            made: FloatArray = truth.slope * np.square(missed / 60) / 2
            return made

        return {
            "endorsed": -float(cost(cut - best).mean()),
            "use": float((use - cut).mean()),
            "cut": float(cut.mean()),
            "cut_share": float((cut / use).mean()) if use.min() > 0 else 0.0,
            "over": float(np.maximum(cut - best, 0.0).mean()),
            "short": float(np.maximum(best - cut, 0.0).mean()),
            "revealed": -float(cost(cut).mean()),
            "temptation": float(temptation.mean()),
            "participation_decision": float((cut == 0).mean()),
            "participation_endorsed": float((cost(cut - best) <= cost(best) + 1e-12).mean()),
            "no_steady_state": 1 - float(steady.mean()),
        }

    def _limit(self, world: _World, arm: str, truth: _Reading) -> tuple[FloatArray, FloatArray, BoolArray]:
        """(rounds,) minutes that an arm takes away, what it takes temptation for, and whether that has a steady state.

        Who believes the forecast believes in a temptation of -eta forecast (the naivete of the paper).
        """
        if arm == "oracle":
            return truth.cut, truth.temptation, truth.steady
        none = np.zeros(self.rounds)
        if arm == "sidt":
            return none, none, np.ones(self.rounds, dtype=bool)
        evidence = world.truth + self.s * np.array(self.errors) * world.noise
        if arm == "shrunk":
            evidence = self.published + self.trust * (evidence - self.published)
        seen = self.reading(evidence)
        if arm == "informed":
            missed = evidence[:, MOMENTS.index("forecast")]
            with np.errstate(all="ignore"):
                return missed, np.nan_to_num(-self.price / evidence[:, 0] * missed), np.ones(self.rounds, dtype=bool)
        if arm == "regret":
            return np.clip(seen.cut, 0.0, world.truth[:, MOMENTS.index("use")]) / 2, seen.temptation / 2, seen.steady
        return seen.cut, seen.temptation, seen.steady

    @property
    def trust(self) -> float:
        """Weight of the new experiment in posterior means: audit_error^2 / (audit_error^2 + s^2)."""
        total = self.audit_error**2 + self.s**2
        return self.audit_error**2 / total if total > 0 else 1.0

    # ---- what is known ------------------------------------------------------------------------------------

    def expected(self, arm: str, s: float | None = None) -> float | None:
        """Mean endorsed value where the published moments hold exactly; None where no closed form is known.

        On one day the limit is a moment itself: present use less a normal number, cut off at 0 and at no use.

        Parameters
        ----------
        arm
            One of ``arms``.
        s
            Error of the new experiment; None: the knob's.
        """
        s = self.s if s is None else s
        if arm == "oracle":
            return 0.0
        if self.audit_error > 0:
            return None
        truth, seen = (self.reading(self.published[None], share) for share in (self.tempted, 1.0))
        slope, best = float(truth.slope[0]), float(np.clip(truth.cut[0], 0.0, self.use))
        at, error = float(seen.cut[0]), s * self.errors[MOMENTS.index("tau2")]
        if arm == "sidt":
            at, error = 0.0, 0.0
        elif arm == "informed":
            at, error = self.forecast, s * self.errors[MOMENTS.index("forecast")]
        elif arm == "shrunk" and s > 0:  # there is nothing left to learn
            error = 0.0
        elif self.horizon == "long run" and s > 0:
            return None
        if arm == "regret":  # half of what thick takes away: a quarter of its distance from twice the best
            return -slope * _cut_off(at, error, self.use, 2 * best) / 4 / 3600 / 2
        return -slope * _cut_off(at, error, self.use, best) / 3600 / 2

    def known(self) -> tuple[Known, ...]:
        """Of the arms that have a closed form here."""
        source = "S y^2 / 2 for the published moments; second moment of a normal number cut off at both ends"
        found = ((arm, self.expected(arm)) for arm in self.arms)
        return tuple(Known(arm, "endorsed", value, source) for arm, value in found if value is not None)

    def break_even(self) -> float | None:
        """The error at which a limit by new evidence is worth what none is; on one day, published moments holding."""
        none, exact = self.expected("sidt"), self.expected("thick", 0.0)
        if self.horizon != "one day" or none is None or exact is None or exact <= none:
            return None

        def ahead(s: float) -> float:
            value = self.expected("thick", s)
            assert value is not None
            return value - none

        return float(brentq(ahead, 0.0, 1e6)) if ahead(1e6) < 0 else None


def _cut_off(mean: float, spread: float, most: float, target: float) -> float:
    """E (x - target)^2 for x ~ N(mean, spread^2) moved into [0, most]."""
    if spread == 0:
        return (min(max(mean, 0.0), most) - target) ** 2
    a, b, off = -mean / spread, (most - mean) / spread, mean - target
    low, high = (float(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)) for z in (a, b))
    inside = float(ndtr(b) - ndtr(a))
    middle = spread**2 * (inside - b * high + a * low) + 2 * spread * off * (low - high) + off**2 * inside
    return float(target**2 * ndtr(a) + (most - target) ** 2 * ndtr(-b) + middle)
