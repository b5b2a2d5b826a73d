"""L4. Norms and inspection: incentives that displace the reasons for which a norm is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from ..._core.arrays import FloatArray
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["NormInspection"]

PANELS = 120
"""Panels of the composite rule for means over the error of the evidence."""
FAR = 8.0
"""Standard errors up to which these means go."""


@scenario("norm_inspection")
@dataclass(frozen=True)
class NormInspection(Scenario):
    """A regulator inspects with chance p; who is caught pays a fine F. A share of people keep the norm for its reasons.

    The others break it when what they gain, U[0, G], is more than p F; each breach does harm h, inspection costs
    k p^2 / 2 a head. Inspection displaces reasons: of the share q who keep the norm unwatched, q max(0, 1 - crowding p)
    are left at p. The loss is harm and cost of inspection; ``welfare`` counts what breakers gain as well.

    ``sidt`` takes everybody to comply for fear of fines only (q = 0). ``informed`` is empirical: it sees which share
    complies, infers who would without fines, takes that share as given, sets p, and looks again, ``looks`` times from
    where ``sidt`` left it. ``thick`` knows of the reasons, by q_hat = q + bias + s N(0, 1) cut to [0, 1], and of how
    inspection displaces them; ``shrunk`` takes the best linear guess from q_hat given where q lies. ``informed`` has
    the same error and makes the best of it, as ``shrunk`` does: with no crowding they are one, since what people do
    tells all that is needed. ``regret`` takes the inspection whose largest regret over the 95 % interval of q_hat is
    least; with no crowding that is the best for the interval's middle, so it is thick where the interval lies within
    [0, 1]. ``oracle`` knows q. Communities have q uniform within ``spread`` of ``q``; numbers are
    means over ``communities``. Fewer people may comply where less is lost: what is spared in inspection counts too.
    """

    q: float = knob(0.6, "share who keep the norm unwatched, on average", low=0.0, high=1.0)
    crowding: float = knob(0.3, "share of them whose reasons full inspection displaces", low=0.0)
    s: float = knob(0.2, "standard error of the evidence on the share", low=0.0)
    bias: float = knob(0.0, "mean error of the evidence on the share", low=-1.0, high=1.0)
    crowding_bias: float = knob(0.0, "error of what thick and shrunk believe of crowding")
    spread: float = knob(0.2, "half the width of the law of q over communities", low=0.0, high=0.5)
    harm: float = knob(1.0, "harm of a breach", low=0.0)
    fine: float = knob(1.0, "fine", low=0.0)
    temptation: float = knob(2.0, "most that a breach gains", low=1e-6)
    cost: float = knob(0.6, "curvature of the cost of inspection", low=1e-6)
    looks: int = knob(30, "times the empirical regulator looks and sets p anew", low=1, high=1000)
    communities: int = knob(20, "communities a replicate", low=1, high=100_000)

    section: ClassVar[str] = "L4"
    title: ClassVar[str] = "Norms and inspection"
    question: ClassVar[str] = "What does a regulator lose who sees compliance and not its reasons?"
    premise: ClassVar[str] = (
        "Harm and cost of inspection count alike for all; what breakers gain counts in welfare only."
    )
    loses: ClassVar[str] = (
        "Without crowding out thick wins only while q_hat misses q by less than q: where fewer than half keep the norm,"
        " an estimate that is too high costs more than none, and an observed rate of compliance does as well."
    )
    source: ClassVar[str] = "first-order conditions; Gneezy and Rustichini (2000); Bowles and Polania-Reyes (2012)"
    own_rule: ClassVar[bool] = True
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "shrunk", "regret", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("loss", "less", "harm of breaches and cost of inspection, a head"),
        Measure("harm", "less", "harm of breaches, a head"),
        Measure("inspection_cost", "less", "cost of inspection, a head"),
        Measure("welfare", "more", "what breakers gain, less the loss"),
        Measure("inspection", None, "chance of inspection"),
        Measure("kept", "more", "share who keep the norm for its reasons"),
        Measure("compliance", "more", "share who comply, for reasons or for fear"),
        Measure("breakers", None, "what breakers gain after fines, a head of all"),
        Measure("fines", None, "fines paid, a head"),
    )

    def draw(self, draws: Draws) -> Any:
        """(communities,) shares and standard normal errors."""
        q = self._shares(draws.generator("population").random(self.communities))
        return q, draws.generator("evidence").standard_normal(self.communities)

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """All communities at once."""
        q, error = world
        p = self.inspection(arm, q, error)
        kept, tempted = self._kept(p, q, self.crowding), self._tempted(p)
        reach = np.minimum(p * self.fine / self.temptation, 1.0)
        breaches = (1 - kept) * tempted
        gains, fines = (1 - kept) * self.temptation / 2 * (1 - reach**2), breaches * p * self.fine
        loss = self.loss(p, q)
        found = {
            "loss": loss,
            "harm": breaches * self.harm,
            "inspection_cost": self.cost * p**2 / 2,
            "welfare": gains - loss,
            "inspection": p,
            "kept": kept,
            "compliance": 1 - breaches,
            "breakers": gains - fines,
            "fines": fines,
        }
        return {name: float(np.mean(value)) for name, value in found.items()}

    # ---- people ---------------------------------------------------------------------------------------------

    def _shares(self, uniform: FloatArray) -> FloatArray:
        """Shares of communities, cut to [0, 1]."""
        made: FloatArray = np.clip(self.q + self.spread * (2 * uniform - 1), 0.0, 1.0)
        return made

    def _kept(self, p: FloatArray, q: FloatArray, crowding: float) -> FloatArray:
        made: FloatArray = q * np.maximum(0.0, 1 - crowding * p)
        return made

    def _tempted(self, p: FloatArray) -> FloatArray:
        """Of those without reasons, the share who break the norm."""
        made: FloatArray = np.maximum(0.0, 1 - p * self.fine / self.temptation)
        return made

    def loss(self, p: FloatArray, q: FloatArray, crowding: float | None = None) -> FloatArray:
        """Harm and cost of inspection a head.

        Parameters
        ----------
        p, q
            Chance of inspection and share who keep the norm unwatched; arrays that go together.
        crowding
            None: the knob's.
        """
        kept = self._kept(p, q, self.crowding if crowding is None else crowding)
        made: FloatArray = self.harm * (1 - kept) * self._tempted(p) + self.cost * p**2 / 2
        return made

    # ---- regulators -----------------------------------------------------------------------------------------

    def best(self, q: FloatArray, crowding: float) -> FloatArray:
        """Inspection that loses least if q and crowding are as said: a piecewise quadratic function on [0, 1].

        Parameters
        ----------
        q
            Shares.
        crowding
            Of reasons by inspection.
        """
        deter = self.harm * self.fine / self.temptation
        # harm (1 - q + q c p)(1 - p F / G) + cost p^2 / 2, then no reasons left (p >= 1 / c), then nobody tempted
        slope = deter * (1 - q) - self.harm * q * crowding
        curvature = self.cost - 2 * q * crowding * deter
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = np.where(curvature > 0, slope / curvature, 0.0)
            ends = [np.full_like(q, x) for x in (0.0, 1.0, deter / self.cost)]
            ends += [np.full_like(q, self.temptation / self.fine if self.fine else 1.0)]
            ends += [np.full_like(q, 1 / crowding if crowding else 1.0)]
        candidates = np.clip(np.stack([turn, *ends]), 0.0, 1.0)
        worst = np.stack([self.loss(p, q, crowding) for p in candidates])
        made: FloatArray = np.take_along_axis(candidates, worst.argmin(axis=0)[None], axis=0)[0]
        return made

    def inspection(self, arm: str, q: FloatArray, error: FloatArray) -> FloatArray:
        """Chance of inspection in an arm.

        Parameters
        ----------
        arm
            One of ``arms``.
        q, error
            (communities,) shares and standardised errors of the evidence.
        """
        believed = max(0.0, self.crowding + self.crowding_bias)
        missed = self.bias + self.s * error
        if arm == "oracle":
            return self.best(q, self.crowding)
        if arm == "thick":
            return self.best(np.clip(q + missed, 0.0, 1.0), believed)
        if arm == "shrunk":
            return self.best(self._guess(q + missed, np.ones_like(q)), believed)
        if arm == "regret":
            return self._least_regret(q + missed, believed)
        p = self.best(np.zeros_like(q), 0.0)
        if arm == "informed":
            for _ in range(self.looks):
                left = self._kept(p, np.ones_like(q), self.crowding)
                p = self.best(self._guess(left * q + missed, left), 0.0)
        return p

    def _least_regret(self, seen: FloatArray, crowding: float) -> FloatArray:
        """Inspection whose largest regret over the 95 % interval of a share is least, to 1 / 8000.

        The loss is linear in q and the least loss concave, so regret is convex in q: its largest value lies at an end.
        """
        ends = np.clip(seen + norm.ppf(0.975) * self.s * np.array([[-1.0], [1.0]]), 0.0, 1.0)
        least = np.stack([self.loss(self.best(end, crowding), end, crowding) for end in ends])
        low, step = np.zeros_like(seen), 1 / 200
        for points in (201, 81):  # a grid, then a finer one around its best point
            p = np.clip(low[:, None] + step * np.arange(points), 0.0, 1.0)
            regret = np.max(
                [self.loss(p, e[:, None], crowding) - w[:, None] for e, w in zip(ends, least, strict=True)], 0
            )
            best: FloatArray = p[np.arange(len(p)), regret.argmin(axis=1)]
            low, step = best - step, step / 40
        return best

    def _guess(self, seen: FloatArray, left: FloatArray) -> FloatArray:
        """The best linear guess of a share, ``left`` times q, from what is seen of it, given the law of q."""
        middle, spread = self._law
        spreads = spread * left**2
        total = spreads + self.s**2
        trust = np.divide(spreads, total, out=np.ones_like(total), where=total > 0)
        made: FloatArray = np.clip(left * middle + trust * (seen - left * middle), 0.0, 1.0)
        return made

    @cached_property
    def _law(self) -> tuple[float, float]:
        """Mean and variance of q over communities."""
        low, high = self.q - self.spread, self.q + self.spread
        if low >= 0 and high <= 1:
            return self.q, self.spread**2 / 3
        at = self._shares((np.arange(4000) + 0.5) / 4000)
        return float(at.mean()), float(at.var())

    # ---- what is known --------------------------------------------------------------------------------------

    def expected(self, arm: str, s: float | None = None) -> float:
        """Mean loss in an arm over communities and errors.

        Parameters
        ----------
        arm
            One of ``arms``.
        s
            Error of the evidence; None: the knob's.
        """
        here = self if s is None else type(self)(**{**self.parameters, "s": s})
        nodes, weight = np.polynomial.legendre.leggauss(8)
        edges = np.linspace(-FAR, FAR, PANELS + 1)
        z = ((edges[:-1, None] + edges[1:, None]) / 2 + (FAR / PANELS) * nodes).ravel()
        mass = np.tile(weight, PANELS) * FAR / PANELS * norm.pdf(z)
        if here.s == 0 or arm in ("sidt", "oracle"):
            z, mass = np.zeros(1), np.ones(1)
        u, share = (np.array([0.0]), np.array([2.0])) if here.spread == 0 else np.polynomial.legendre.leggauss(24)
        q = here._shares((u + 1) / 2)
        p = here.inspection(arm, np.repeat(q, len(z)), np.tile(z, len(q)))
        losses = here.loss(p, np.repeat(q, len(z))).reshape(len(q), len(z))
        return float((share / 2) @ losses @ mass / mass.sum())

    def known(self) -> tuple[Known, ...]:
        """Mean losses by quadrature over shares and errors."""
        return self._known

    @cached_property
    def _known(self) -> tuple[Known, ...]:
        source = "composite Gauss rule over the normal error and the uniform share"
        return tuple(Known(arm, "loss", self.expected(arm), source) for arm in self.arms)

    def break_even(self) -> float | None:
        """The error at which thick loses what SIDT does, or None if at no error: q_hat never leaves [0, 1]."""
        target = self.expected("sidt")

        def ahead(s: float) -> float:
            return target - self.expected("thick", s)

        if ahead(0.0) <= 0 or ahead(50.0) >= 0:
            return None
        return float(brentq(ahead, 0.0, 50.0, xtol=1e-6))
