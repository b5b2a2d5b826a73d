"""A5. Rules that lag behind what they are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.signal import lfilter

from ..._core.arrays import FloatArray
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["RegulationLag"]


@dataclass(frozen=True, eq=False)
class _World:
    """(periods,) target, unendorsed pull on opinion, noise of the poll or agent; ``lead`` periods come before."""

    target: FloatArray
    pull: FloatArray
    noise: FloatArray


@scenario("regulation_lag")
@dataclass(frozen=True)
class RegulationLag(Scenario):
    """What a rule should be moves: x_t is Gaussian with variance 1 and correlation phi^speed from period to period.

    A rule of r loses (r - x)^2. ``sidt`` is a legislature: it sees x exactly, resets the rule every ``term`` periods on
    what it saw ``delay`` periods before, and writes the best forecast for each period into the law. ``held`` keeps the
    rule it saw until the next reset; ``constant`` has one rule for ever, at the mean. ``thick`` is an agent that
    follows x at once, with an error of s N(0, 1) a period, at face value; ``shrunk`` takes the best guess from all that
    it has seen up to now (the Kalman filter). ``poll`` is as fast and as exact as the agent, but of revealed opinion,
    x + a pull of standard deviation ``tau`` that nobody endorses and that moves as x does; ``informed`` is the best
    guess of opinion from such polls. With tau = 0 they are ``thick`` and ``shrunk``: the gain is speed, not thickness.
    ``oracle`` is at x. Who may make rules is not in these numbers, and a rule that follows every reading changes every
    period (``change``). A replicate is ``terms`` terms.
    """

    s: float = knob(0.5, "standard error of the agent's evidence, a period", low=0.0)
    phi: float = knob(0.98, "correlation of the target from one period to the next, at speed 1", low=0.0, high=1.0)
    speed: float = knob(1.0, "speed of the world", low=0.0)
    term: int = knob(26, "periods between resets", low=1, high=10_000)
    delay: int = knob(4, "periods from what is seen to the rule", low=0, high=10_000)
    tau: float = knob(0.5, "standard deviation of the pull on revealed opinion", low=0.0)
    terms: int = knob(20, "terms a replicate", low=1, high=100_000)

    section: ClassVar[str] = "A5"
    title: ClassVar[str] = "Regulation with lag"
    question: ClassVar[str] = "How exact must a rule that follows at once be to beat one that is right but late?"
    premise: ClassVar[str] = "What people endorse at each moment counts, not what they endorsed when the rule was made."
    loses: ClassVar[str] = (
        "In slow worlds the legislature is hardly late, and an agent at face value with s above 1 loses to one rule for"
        " ever; where opinion is not pulled, a fast poll does all that thick values do."
    )
    failures: ClassVar[tuple[str, ...]] = ("regulation too slow",)
    source: ClassVar[str] = "forecast errors of a first-order autoregression; Kalman (1960)"
    own_rule: ClassVar[bool] = True
    arms: ClassVar[tuple[str, ...]] = ("sidt", "held", "constant", "poll", "informed", "thick", "shrunk", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("loss", "less", "mean square of what the rule misses the target by"),
        Measure("revealed", None, "mean square of what it misses revealed opinion by"),
        Measure("fresh", "less", "loss in the first half of terms, while laws are new"),
        Measure("stale", "less", "loss in the second half"),
        Measure("worst_term", "less", "loss in the worst term of the replicate"),
        Measure("change", None, "mean square of the change of the rule from period to period"),
    )

    @property
    def memory(self) -> float:
        """Correlation of the target from one period to the next."""
        return float(self.phi**self.speed)

    def draw(self, draws: Draws) -> Any:
        """Target and pull of variance 1, started in their long-run law ``delay`` periods early, and noise."""
        periods = self.terms * self.term
        rng = draws.generator("population")
        target, pull = (self._moving(rng.standard_normal(self.delay + periods)) for _ in range(2))
        return _World(target, pull, draws.generator("evidence").standard_normal(periods))

    def _moving(self, shocks: FloatArray) -> FloatArray:
        """A stationary autoregression with these shocks."""
        rho = self.memory
        scaled = shocks * np.sqrt(1 - rho**2)
        scaled[0] = shocks[0]
        made: FloatArray = lfilter([1.0], [1.0, -rho], scaled)
        return made

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """All periods."""
        x = world.target[self.delay :]
        opinion = x + self.tau * world.pull[self.delay :]
        rule = self._rule(arm, world)
        missed = np.square(rule - x).reshape(self.terms, self.term)
        half = (self.term + 1) // 2
        found = {
            "loss": float(missed.mean()),
            "revealed": float(np.square(rule - opinion).mean()),
            "fresh": float(missed[:, :half].mean()),
            "worst_term": float(missed.mean(axis=1).max()),
        }
        if half < self.term:
            found["stale"] = float(missed[:, half:].mean())
        if len(rule) > 1:
            found["change"] = float(np.square(np.diff(rule)).mean())
        return found

    def _rule(self, arm: str, world: _World) -> FloatArray:
        """(periods,) the rule in force."""
        x = world.target[self.delay :]
        if arm == "oracle":
            return x
        if arm == "constant":
            return np.zeros_like(x)
        if arm in ("sidt", "held"):
            seen = world.target[: len(x) : self.term]  # what was the target ``delay`` periods before each reset
            forecast = self.memory ** self._lags() if arm == "sidt" else np.ones(self.term)
            made: FloatArray = np.outer(seen, forecast).ravel()
            return made
        read = x + self.s * world.noise
        if arm in ("poll", "informed"):
            read = read + self.tau * world.pull[self.delay :]
        if arm in ("poll", "thick"):
            return read
        return self._filtered(read, 1.0 if arm == "shrunk" else 1 + self.tau**2)

    def _lags(self) -> FloatArray:
        """(term,) age of what the legislature knows, in each period of a term."""
        return np.arange(self.delay, self.delay + self.term, dtype=np.float64)

    def _gains(self, periods: int, variance: float) -> FloatArray:
        """(periods,) Kalman gains M / (M + s^2) for a process of this variance, from its long-run law.

        M is the variance of what is guessed before a reading; after it M s^2 / (M + s^2) is left.
        """
        rho2, made, before = self.memory**2, np.ones(periods), variance
        for t in range(periods):
            total = before + self.s**2
            made[t] = before / total if total > 0 else 1.0
            before = rho2 * (1 - made[t]) * before + (1 - rho2) * variance
        return made

    def _filtered(self, read: FloatArray, variance: float) -> FloatArray:
        """The best guess from all readings so far."""
        made, guess = np.empty_like(read), 0.0
        for t, (gain, value) in enumerate(zip(self._gains(len(read), variance).tolist(), read.tolist(), strict=True)):
            guess = self.memory * guess
            guess += gain * (value - guess)
            made[t] = guess
        return made

    def _filter_loss(self, variance: float) -> float:
        """Mean loss of a filter that is right for a process of this variance, fed with x, pull and noise.

        f_t = (1 - K) rho f_{t-1} + K read_t is a sum of the same weights over each. For a unit process u: c = E f u,
        a = E f^2; for noise n = E f^2. The loss is a - 2 c + 1 from x, tau^2 a from the pull, s^2 n from noise.
        """
        pulled = variance - 1
        a = c = n = total = 0.0
        gains = self._gains(self.terms * self.term, variance).tolist()
        for gain in gains:
            keep, ahead = (1 - gain) * self.memory, self.memory * c
            a = keep**2 * a + gain**2 + 2 * keep * gain * ahead
            n = keep**2 * n + gain**2
            c = keep * ahead + gain
            total += a - 2 * c + 1 + pulled * a + self.s**2 * n
        return total / len(gains)

    # ---- what is known --------------------------------------------------------------------------------------

    def expected(self, arm: str) -> float:
        """Mean loss in an arm.

        Parameters
        ----------
        arm
            One of ``arms``.
        """
        correlation = self.memory ** self._lags()
        if arm == "sidt":
            return float((1 - correlation**2).mean())
        if arm == "held":
            return float((2 * (1 - correlation)).mean())
        if arm in ("shrunk", "informed"):
            return self._filter_loss(1.0 if arm == "shrunk" else 1 + self.tau**2)
        return {"constant": 1.0, "oracle": 0.0, "thick": self.s**2, "poll": self.s**2 + self.tau**2}[arm]

    def known(self) -> tuple[Known, ...]:
        """Losses in closed form, that of the filter by its recursion."""
        sources = {
            "sidt": "mean of 1 - phi^(2 a k) over k = l .. l + L - 1",
            "held": "mean of 2 (1 - phi^(a k)) over k = l .. l + L - 1",
            "constant": "variance of the target",
            "poll": "s^2 + tau^2",
            "informed": "recursion for the moments of the filter of opinion, mean over periods",
            "thick": "s^2",
            "shrunk": "recursion for the moments of the filter, mean over periods",
            "oracle": "none",
        }
        return tuple(Known(arm, "loss", self.expected(arm), source) for arm, source in sources.items())

    def break_even(self, versus: str = "sidt") -> float:
        """The error at which thick loses what another arm does.

        Parameters
        ----------
        versus
            An arm that does not read the agent's evidence: ``"sidt"``, ``"held"`` or ``"constant"``.
        """
        return float(np.sqrt(self.expected(versus)))
