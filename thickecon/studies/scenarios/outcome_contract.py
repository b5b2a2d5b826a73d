"""A4. Outcome contracts: what is metered grows, and what matters does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ..._core.arrays import FloatArray
from ...auctions.outcome_contract import OutcomeContract as Contract
from ...lenses.lens import Endorsed, Revealed
from ...mechanism.mechanism import Mechanism
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["OutcomeContract"]

MOTIVES = (Motive("worth"), Motive("metered only", "influence", owner="whoever sells by the meter", channel="metric"))
PAYS: dict[str, Literal["metric", "tuned", "outcome", "both"]] = {
    "face_value": "metric",
    "sidt": "tuned",
    "informed": "both",
    "thick": "outcome",
    "oracle": "outcome",
}


@scenario("outcome_contract")
@dataclass(frozen=True)
class OutcomeContract(Scenario):
    """A worker with several tasks is paid for a metric g e or for an outcome b e + s N(0, 1) that people endorse.

    Efforts e cost |e|^2 / 2; the angle between b and g is ``theta``; the worker's risk aversion is r. ``face_value``
    pays the metric at 1: what is metered prospers. ``sidt`` pays the slope on the metric that its own books recommend,
    b g / (g^2 + r metric_noise^2): the competent standard contract, and the one to beat. ``thick`` pays the best slope
    on the verified outcome, ``informed`` the best two slopes on both signals, which is never worse than either
    (Holmstrom); ``oracle`` sees efforts. The surplus is certain: what is left after cost and risk premium. Each
    replicate turns b and g into directions of its own, which changes no surplus, and draws what pay comes to.
    """

    theta: float = knob(60.0, "angle between metric and outcome, degrees", low=0.0, high=180.0)
    s: float = knob(0.5, "standard deviation of the verified outcome given efforts", low=0.0)
    metric_noise: float = knob(0.0, "standard deviation of the metric given efforts", low=0.0)
    b: float = knob(1.0, "size of the outcome's weights", low=0.0)
    g: float = knob(1.0, "size of the metric's weights", low=0.0)
    r: float = knob(1.0, "risk aversion of the worker", low=0.0)
    tasks: int = knob(2, "tasks", low=2, high=1000)

    section: ClassVar[str] = "A4"
    title: ClassVar[str] = "Meaning-preserving market: outcome contracts"
    question: ClassVar[str] = "When is it worth while to verify an outcome, rather than to pay for a metric?"
    premise: ClassVar[str] = "What people endorse is the outcome; metered output counts for nothing by itself."
    loses: ClassVar[str] = (
        "Where the metric points the right way, or the outcome is noisy and the worker dislikes risk, the metric with a"
        " tuned slope leaves more: for s above |b| tan(theta) / sqrt(r). Against both together thick never wins."
    )
    failures: ClassVar[tuple[str, ...]] = ("prosperity without flourishing",)
    source: ClassVar[str] = "Holmstrom and Milgrom (1991); Baker (1992); Holmstrom (1979)"
    arms: ClassVar[tuple[str, ...]] = ("face_value", "sidt", "informed", "thick", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "worth of efforts less cost and risk premium, by b"),
        Measure("revealed", None, "the same by the metric: what the books say"),
        Measure("metered", None, "what the metric counts"),
        Measure("outcome", "more", "worth of efforts, by b"),
        Measure("wage", None, "expected pay"),
        Measure("risk", "less", "the worker's risk premium"),
        Measure("pay", None, "pay as it comes out, with noise"),
        Measure("worker", "more", "certain equivalent of what the worker ends with, 0 being no contract"),
        Measure("participation_endorsed", "more", "do people end no worse than without the contract, by v?"),
        Measure("participation_decision", "more", "do they by d?"),
    )

    def draw(self, draws: Draws) -> Any:
        """(2, tasks) orthonormal directions, of b and of what is off it, and the noise of metric and outcome."""
        frame = np.linalg.qr(draws.generator("population").standard_normal((self.tasks, 2)))[0]
        return frame.T, draws.generator("evidence").standard_normal(2)

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """One contract."""
        (along, across), noise = world
        turn = np.radians(self.theta)
        outcome = self.b * along
        metric = self.g * (np.cos(turn) * along + np.sin(turn) * across)
        profile = ThickProfile.from_arrays(
            np.stack([outcome, metric - outcome])[None], endorsement=[1.0, 0.0], motives=MOTIVES, unit="money"
        )
        found = self._mechanism(arm).run(profile, rng=draws.generator("mechanism"))
        effort, slopes = found.taken, found.decision.details["slopes"]
        spread = slopes * self._noise(arm)
        cost, risk = float(effort @ effort) / 2, self.r * float(spread @ spread) / 2
        endorsed, revealed = (float(found.surplus(lens)[0]) for lens in (Endorsed(), Revealed()))
        return {
            "endorsed": endorsed,
            "revealed": revealed,
            "metered": float(metric @ effort),
            "outcome": float(outcome @ effort),
            "wage": found.revenue,
            "risk": risk,
            "pay": found.revenue + float(spread @ noise),
            "worker": found.revenue - cost - risk,
            "participation_endorsed": float(endorsed >= -1e-9),
            "participation_decision": float(revealed >= -1e-9),
        }

    def _noise(self, arm: str) -> FloatArray:
        """(2,) standard deviations of metric and outcome; the oracle sees efforts themselves."""
        return np.array([self.metric_noise, 0.0 if arm == "oracle" else self.s])

    def _mechanism(self, arm: str) -> Mechanism:
        if self.mechanism is not None:  # one contract for all, read as the arm reads
            return self.mechanism.baseline() if arm in ("face_value", "sidt") else self.mechanism
        quiet, loud = self._noise(arm)
        return Contract(PAYS[arm], metric_noise=quiet, noise=loud, risk_aversion=self.r)

    # ---- what is known --------------------------------------------------------------------------------------

    def surplus(self, arm: str) -> float:
        """Endorsed surplus in an arm, in closed form."""
        b2, g2 = self.b**2, self.g**2
        bg = self.b * self.g * np.cos(np.radians(self.theta))
        quiet, loud = self.r * self.metric_noise**2, self.r * self.s**2
        if arm == "face_value":
            return float(bg - g2 / 2 - quiet / 2)
        if arm == "oracle":
            return b2 / 2
        if arm == "sidt":
            return float(bg**2 / (2 * (g2 + quiet))) if g2 > 0 else 0.0
        if arm == "thick":
            return b2**2 / (2 * (b2 + loud)) if b2 > 0 else 0.0
        # both: c' M^-1 c / 2 with M = [[g2 + quiet, bg], [bg, b2 + loud]], c = (bg, b2)
        det = (g2 + quiet) * (b2 + loud) - bg**2
        if det <= 1e-12 * (g2 + quiet) * (b2 + loud):
            return max(self.surplus("sidt"), self.surplus("thick"))
        return float((bg**2 * (b2 + loud) - 2 * bg**2 * b2 + b2**2 * (g2 + quiet)) / (2 * det))

    def known(self) -> tuple[Known, ...]:
        """Surpluses in closed form."""
        if self.mechanism is not None:
            return ()
        sources = {
            "face_value": "b g - g^2 / 2 - r metric_noise^2 / 2",
            "sidt": "(b g)^2 / (2 (g^2 + r metric_noise^2)); without noise b^2 cos^2 / 2 (Baker)",
            "informed": "two first-order conditions solved for both slopes",
            "thick": "b^4 / (2 (b^2 + r s^2))",
            "oracle": "b^2 / 2",
        }
        return tuple(Known(arm, "endorsed", self.surplus(arm), source) for arm, source in sources.items())

    def break_even(self) -> float | None:
        """The s at which the outcome is worth what the tuned metric is; for an exact one |b| tan(theta) / sqrt(r)."""
        worth = self.surplus("sidt")
        if self.mechanism is not None or self.r == 0 or worth <= 1e-15 * self.b**2:
            return None
        spare = self.b**4 / (2 * worth) - self.b**2
        return float(np.sqrt(max(spare, 0.0) / self.r))
