"""L3c. Quadratic funding and a donor with many accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom

from ..._core.arrays import FloatArray
from ...errors import InputError
from ...mechanism.mechanism import Mechanism
from ...problems.choice import Choice
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ...welfare.quadratic_funding import QuadraticFunding as Funding
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws

__all__ = ["QuadraticFunding"]

MOTIVES = (Motive("own view"), Motive("accounts", "influence", owner="donor", channel="accounts"))
EXACT = 20_000_000
"""Pairs of numbers of accounts and of people over which means are summed."""


@scenario("quadratic_funding")
@dataclass(frozen=True)
class QuadraticFunding(Scenario):
    """Honest people give to one project; a donor gives ``donation`` to another, in equal parts from many accounts.

    A detector lets each of the donor's accounts pass with chance ``alpha`` and rejects an honest person with chance
    ``beta``, one independent of another. What is rejected draws no match; it goes back to its giver, or is lost
    (``refund``). Arms: ``sidt`` matches every gift; ``thick`` those that passed, a rejected gift having no endorsed
    motive behind it; ``informed`` throws rejected gifts away, which is the same: evidence, not thickness; ``oracle``
    matches honest gifts only.

    Matches granted to the donor are D alpha^2 (k - 1) on average, those to honest people scale with (1 - beta)^2:
    detection works quadratically. Shares of the pot are means of ratios, a little off the ratio of means that
    :meth:`expected_share` gives. The donor's profit, were there no pot, is D alpha^2 (k - 1) with refunds and
    D (alpha^2 (k - 1) + alpha - 1) without: D alpha^2 k, which treats the number of accounts that pass as sure, is
    D alpha (1 - alpha) too small.
    """

    n: int = knob(100, "honest people", low=1, high=100_000)
    gift: float = knob(10.0, "what each gives", low=0.0)
    donation: float = knob(1000.0, "what the donor gives in all", low=0.0)
    accounts: int = knob(200, "accounts it comes from", low=1, high=100_000)
    pot: float = knob(20_000.0, "money for matches; 0: as much as the rule grants", low=0.0)
    cap: float = knob(0.0, "the most that one project's match may be; 0: no cap", low=0.0)
    alpha: float = knob(0.2, "chance that the detector lets an account pass", low=0.0, high=1.0)
    beta: float = knob(0.05, "chance that it rejects an honest person", low=0.0, high=1.0)
    refund: bool = knob(True, "does rejected money go back to its giver?")

    section: ClassVar[str] = "L3c"
    title: ClassVar[str] = "Quadratic funding with sybils"
    question: ClassVar[str] = "What does a donor gain by giving from many accounts, and what does a detector take back?"
    premise: ClassVar[str] = (
        "Accounts of one donor are one person, and what a split donation draws from the pot counts for nothing."
    )
    loses: ClassVar[str] = (
        "A detector that lets accounts pass as often as people gains nothing; where the pot does not bind, or nobody"
        " splits, all that it does is to cost honest projects the square of the people it rejects."
    )
    source: ClassVar[str] = "moments of, and sums over, binomials"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "informed", "thick", "oracle")
    evidence: ClassVar[str | None] = "alpha"
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "match that reaches the project that people stand behind"),
        Measure("attacker_match", "less", "match that reaches the donor's project"),
        Measure("attacker_share", "less", "its share of all matches"),
        Measure(
            "influence_gain", "less", "what the donor's project gets less what its giving cost, against one account"
        ),
        Measure("profit", "less", "what the donor's project gets less what its giving cost"),
        Measure("granted_honest", "more", "match of the honest project before the pot"),
        Measure("granted_attacker", "less", "match of the donor's project before the pot"),
        Measure("revealed", None, "all money that goes to projects"),
        Measure("spent", None, "matches paid"),
        Measure("rejected_honest", "less", "share of honest people whose gift is not matched"),
        Measure("passed_accounts", "less", "share of the donor's accounts whose gift is matched"),
    )

    def draw(self, draws: Draws) -> tuple[FloatArray, FloatArray]:
        """A uniform number for every person and every account. Knobs of the detector play no part."""
        rng = draws.generator("evidence")
        return rng.random(self.n), rng.random(self.accounts)

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """Fund once, and once more with the donor's money in the first of its accounts."""
        people = self.n if arm in ("sidt", "oracle") else int((world[0] >= self.beta).sum())
        passed = {"sidt": np.ones(self.accounts), "oracle": np.zeros(self.accounts)}.get(arm, world[1] < self.alpha)
        through = int(passed.sum())
        details = self._funded(arm, people, through, self.accounts, draws)
        whole = self._funded(arm, people, int(passed[0]), 1, draws)
        honest, own = details["match"]
        paid = float(details["match"].sum())
        profit = self._profit(details, through / self.accounts)
        return {
            "endorsed": float(honest),
            "attacker_match": float(own),
            **({"attacker_share": float(own) / paid} if paid > 0 else {}),
            "influence_gain": profit - self._profit(whole, float(passed[0])),
            "profit": profit,
            "granted_honest": float(details["granted"][0]),
            "granted_attacker": float(details["granted"][1]),
            "revealed": float(details["funding"].sum()),
            "spent": paid,
            "rejected_honest": 1 - people / self.n,
            "passed_accounts": through / self.accounts,
        }

    def _profit(self, details: Mapping[str, FloatArray], passed: float) -> float:
        cost = self.donation * (passed if self.refund else 1.0)
        return float(details["funding"][1]) - cost

    def _funded(self, arm: str, people: int, through: int, accounts: int, draws: Draws) -> Mapping[str, FloatArray]:
        """Amounts by project, honest first: blocks of people and of accounts that passed, and that did not."""
        blocks = [
            (people, 0, self.gift, 1.0),
            (self.n - people, 0, self.gift, 0.0),
            (through, 1, self.donation / accounts, 1.0),
            (accounts - through, 1, self.donation / accounts, 0.0),
        ]
        here = [block for block in blocks if block[0] and (block[3] or arm != "informed")]
        table, believed = np.zeros((len(here) + 1, 2, 2)), np.ones((len(here) + 1, 2))
        for i, (_, project, money, endorsed) in enumerate(here):
            table[i, project, project] = money
            believed[i] = endorsed
        weights = [float(block[0]) for block in here] + [1.0]  # the last gives nothing, so that the list is not empty
        profile = ThickProfile.from_arrays(
            table, believed, motives=MOTIVES, options=("honest", "donor's"), weights=weights, unit="money"
        )
        mechanism = self._matching()
        if arm in ("sidt", "informed"):
            mechanism = mechanism.baseline()
        made: Mapping[str, FloatArray] = mechanism.run(
            Choice(profile), rng=draws.generator("mechanism")
        ).decision.details
        missing = [name for name in ("granted", "match", "funding") if name not in made]
        if missing:
            raise InputError(
                f"must tell {', '.join(missing)} by project in decision.details, as welfare.QuadraticFunding does",
                where=f"{self.name}.mechanism",
            )
        return made

    def _matching(self) -> Mechanism:
        """The scenario's own with its pot and cap, or a mechanism of the catalogue as it is."""
        return self.mechanism or Funding(pot=self.pot or None, cap=self.cap or None)

    # ---- what is known --------------------------------------------------------------------------------------

    def expected_share(self, arm: str) -> float:
        """The donor's share of expected matches: a ratio of means."""
        alpha, beta = self._rates(arm)
        own = self.donation * alpha**2 * (self.accounts - 1)
        honest = self.gift * (1 - beta) ** 2 * self.n * (self.n - 1)
        return own / (own + honest) if own + honest > 0 else 0.0

    def _rates(self, arm: str) -> tuple[float, float]:
        return {"sidt": (1.0, 0.0), "oracle": (0.0, 0.0)}.get(arm, (self.alpha, self.beta))

    def means(self, arm: str) -> dict[str, float]:
        """Means of what pot and cap leave, summed over how many people and how many accounts pass."""
        alpha, beta = self._rates(arm)
        people, through = np.arange(self.n + 1.0), np.arange(self.accounts + 1.0)
        honest = (self.gift * people * np.maximum(people - 1, 0))[:, None]
        own = (self.donation / self.accounts * through * np.maximum(through - 1, 0))[None, :]
        chance = np.outer(binom.pmf(people, self.n, 1 - beta), binom.pmf(through, self.accounts, alpha))
        paid_honest, paid_own = self._left(honest, own)
        total = paid_honest + paid_own
        shared = chance[total > 0].sum()
        made = {"endorsed": float((chance * paid_honest).sum()), "attacker_match": float((chance * paid_own).sum())}
        if shared > 1 - 1e-12:
            made["attacker_share"] = float((chance * np.divide(paid_own, total, where=total > 0, out=total * 0)).sum())
        cost = 0.0 if self.refund else self.donation * (1 - alpha)
        made["profit"] = made["attacker_match"] - cost
        return made

    def _left(self, honest: FloatArray, own: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What pot and cap leave of two matches: both scaled, or the larger at the cap and the other what is left."""
        honest, own = (np.array(part) for part in np.broadcast_arrays(honest, own))
        cap, pot = self.cap or np.inf, self.pot or np.inf
        scale = np.minimum(1.0, pot / np.maximum(honest + own, 1e-300))
        both = np.minimum(honest, cap), np.minimum(own, cap)
        fits = both[0] + both[1] <= pot
        made = []
        for mine, other in ((honest, own), (own, honest)):
            at_cap = scale * mine > cap
            squeezed = np.where(scale * other > cap, np.minimum(mine, np.maximum(pot - cap, 0.0)), scale * mine)
            made.append(np.where(fits, np.minimum(mine, cap), np.where(at_cap, cap, squeezed)))
        return made[0], made[1]

    @cached_property
    def _all(self) -> dict[str, dict[str, float]]:
        return {arm: self.means(arm) for arm in self.arms}

    def known(self) -> tuple[Known, ...]:
        """Means of matches before the pot, in closed form; of what pot and cap leave, as sums."""
        made = []
        for arm in self.arms:
            alpha, beta = self._rates(arm)
            own = self.donation * alpha**2 * (self.accounts - 1)
            honest = self.gift * (1 - beta) ** 2 * self.n * (self.n - 1)
            made += [
                Known(arm, "granted_attacker", own, "D alpha^2 (k - 1): second factorial moment of a binomial"),
                Known(arm, "granted_honest", honest, "g (1 - beta)^2 n (n - 1)"),
            ]
            if (self.n + 1) * (self.accounts + 1) <= EXACT:
                made += [Known(arm, name, x, "sum over two binomials") for name, x in self._all[arm].items()]
        return tuple(made)

    def break_even(self) -> float | None:
        """The alpha at which honest projects get in thick what they get in SIDT, where there is one."""

        def less(alpha: float) -> float:
            return replace(self, alpha=alpha).means("thick")["endorsed"] - self._all["sidt"]["endorsed"]

        if (self.n + 1) * (self.accounts + 1) > EXACT or less(0.0) <= 0 or less(1.0) >= 0:
            return None
        return float(brentq(less, 0.0, 1.0, xtol=1e-9))
