"""Mutation tests of the suite, continued: claims turned round one by one, and bugs of a mechanism without money."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import thickecon as te
from tests.conformance.planted import Auctions, failures
from thickecon.errors import InputError
from thickecon.lenses.reading import Cardinal
from thickecon.matching.kernels import brute_force
from thickecon.matching.kernels.blocking import blocking_pairs
from thickecon.matching.kernels.tables import SideTable
from thickecon.mechanism.claim import Claim
from thickecon.mechanism.outcome import Decision
from thickecon.testing import MechanismConformance, Twin

SecondPrice, DeferredAcceptance = te.auctions.SecondPrice, te.matching.DeferredAcceptance


def table(reading):
    """(agents, options) values of what is accepted, nan elsewhere."""
    index, fine = reading.profile.index, reading.acceptable
    made = np.full((index.n_agents, index.n_options), np.nan)
    made[index.agent[fine], index.option[fine]] = reading.keys[fine]
    return made.tolist()


def rows_of(index, partner) -> np.ndarray:
    return (index.option == np.asarray(partner)[index.agent]).astype(float)


def side(rng, n, m) -> te.ThickProfile:
    """Whole values, a pull that is not endorsed, a list with gaps; doing nothing ties with nothing."""
    table = np.stack([rng.integers(0, 4, (n, m)), rng.integers(-2, 3, (n, m))], axis=1).astype(float)
    table[np.repeat(rng.random((n, 1, m)) < 0.1, 2, axis=1)] = np.nan
    motives = ["value", te.Motive("influence", "influence")]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], motives=motives, outside=[[0.5, 0.0]] * n)


def drawn_market(seed: int) -> te.matching.Market:
    """Every third is two by two and strict: what proposers like best, receivers may like least (Roth 1982)."""
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:
        tastes = [rng.permuted([[1.0, 2.0]] * 2, axis=1) for _ in range(2)]
        return te.matching.Market(*(te.ThickProfile.from_values(t, outside=0.5) for t in tastes))
    n, m = int(rng.integers(3, 5)), int(rng.integers(2, 4))
    return te.matching.Market(side(rng, n, m), side(rng, m, n), rng.choice([1, 1, 2], m))


MARKETS = [drawn_market(seed) for seed in range(45, 445)]  # the first gives receivers who propose a lie that pays


class Matchings(MechanismConformance):
    """Deferred acceptance on small markets, against every matching listed."""

    problems = MARKETS
    examples = 40
    searched = 200

    def __init__(self, mechanism):
        self.mechanisms = (mechanism,)

    def stable(self, market, readings):
        capacities = [int(c) for c in market.capacities]
        return brute_force.all_stable_matchings(*map(table, readings), capacities)

    def twin(self, mechanism, problem):
        readings = [te.Revealed().read(profile) for profile in (problem.profile, problem.receivers)]
        stable = [rows_of(problem.profile.index, p).tolist() for p in self.stable(problem, readings)]
        return Twin(accepts=lambda taken: taken.tolist() in stable)

    def worse(self, mechanism, problem, outcome):
        """Whatever the proposers could take, lawful or not, that is not a stable matching."""
        index = problem.profile.index
        stable = [rows_of(index, p).tolist() for p in self.stable(problem, outcome.readings)]
        choices = [[-1, *index.option[index.agent == i]] for i in range(index.n_agents)]
        for pick in np.random.default_rng(1).integers(0, 2**32, (40, index.n_agents)):
            taken = rows_of(index, [c[k % len(c)] for c, k in zip(choices, pick, strict=True)])
            if taken.tolist() not in stable:
                yield taken


MATCHING = [
    DeferredAcceptance(),
    DeferredAcceptance(proposing="receivers", tie_breaking="multiple"),
    DeferredAcceptance(lens=te.Revealed()),
]


@pytest.mark.parametrize("mechanism", MATCHING, ids=repr)
def test_without_a_bug_every_duty_is_done(mechanism) -> None:
    assert failures(Matchings(mechanism)) == {}


# ---- claims ---------------------------------------------------------------------------------------------------


def saying(mechanism, claims):
    """The same mechanism with other claims."""

    class Saying(type(mechanism)):
        claims = property(lambda self: claims)

    made = object.__new__(Saying)
    made.__dict__.update(mechanism.__dict__)
    return made


def turned(mechanism, at):
    """The same mechanism with the truth of one claim turned round."""
    claims = list(mechanism.claims)
    claims[at] = replace(claims[at], holds=not claims[at].holds)
    return saying(mechanism, tuple(claims))


FALSE = [
    (suite, mechanism, at)
    for suite, settings in (
        (Auctions, [SecondPrice(), SecondPrice(charge="clarke", reporting="endorsed")]),
        (Matchings, MATCHING[:2]),
    )
    for mechanism in settings
    for at in range(len(mechanism.claims))
]


def named(case) -> str:
    _, mechanism, at = case
    claim = mechanism.claims[at]
    setting = getattr(mechanism, "reporting", None) or mechanism.proposing
    return f"{claim.name}-{claim.self}-{not claim.holds}-{setting}"


@pytest.mark.parametrize("case", FALSE, ids=named)
def test_a_claim_turned_round_is_found_and_named(case) -> None:
    """Said to hold: an instance contradicts it. Said to fail: none does."""
    suite, mechanism, at = case
    claim = mechanism.claims[at]
    found = failures(suite(turned(mechanism, at)))
    duty = "refuted_claims_have_witnesses" if claim.holds else "claims_hold"
    # auctions certify the participation that they claim: the certificate of a false claim does not hold either
    also = {"certificate"} if claim.name == "participation" and not claim.holds else set()
    assert duty in found, found
    assert f"{claim.name} [{claim.self}] fails" in found[duty]
    assert set(found) <= {duty, *also}, found


def test_a_claim_nobody_can_test_is_named() -> None:
    made = saying(SecondPrice(), (Claim("fair", "nobody", True, "everybody is happy", "none"),))
    found = failures(Auctions(made))
    assert set(found) == {"claims_hold"}
    assert "no test is known for the claim 'fair'" in found["claims_hold"]


class FirstPrice(SecondPrice):
    """Pays its bid and still says that truth is dominant."""

    @property
    def claims(self):
        return tuple(c for c in SecondPrice.claims.fget(self) if c.name == "truthful")

    def _run(self, problem, readings, lottery):
        made = super()._run(problem, readings, lottery)
        scores = readings[0].values + readings[0].offset
        index = problem.profile.index
        return replace(made, payments=np.bincount(index.agent, scores * made.taken, minlength=index.n_agents))

    def _certify(self, outcome):
        index, scores = outcome.profile.index, outcome.readings[0]
        bids = np.bincount(index.agent, (scores.values + scores.offset) * outcome.taken, minlength=index.n_agents)
        off = float(np.nan_to_num(np.abs(bids - outcome.payments), nan=np.inf).max())
        feasible, efficient, payments, *_ = super()._certify(outcome)
        return feasible, efficient, replace(payments, holds=off <= 1e-9, gap=off)


def first_price_twin(problem):
    values = np.nan_to_num(problem.profile.revealed, nan=-1.0)
    if any(len(set(column)) < len(column) for column in values.T):
        return Twin(accepts=lambda taken: True)  # who of the equals pays is for the lottery to say
    pays = np.zeros(len(values))
    np.add.at(pays, values.argmax(axis=0), np.maximum(values.max(axis=0), 0.0))
    return Twin(payments=pays)


def test_a_first_price_auction_is_not_truthful() -> None:
    """A lawful mechanism with a twin of its own: only the claim is wrong."""
    found = failures(Auctions(FirstPrice(), twin=first_price_twin))
    assert set(found) == {"claims_hold"}
    assert "truthful [decision] fails: agent" in found["claims_hold"]
    assert "by reporting" in found["claims_hold"]


# ---- bugs of deferred acceptance -------------------------------------------------------------------------------


class FirstComeFirstServed(DeferredAcceptance):
    """Places go in the order of the lottery to whom the proposers like best: receivers are not asked for rank."""

    def _run(self, problem, readings, lottery):
        index, left, partner = problem.profile.index, np.array(problem.capacities), {}
        mutual = {(i, j) for j, i in np.argwhere(~np.isnan(np.array(table(readings[1]))))}
        for i in np.argsort(lottery.agents):
            rows = np.flatnonzero(index.agent == i)
            for row in rows[np.argsort(-readings[0].keys[rows])]:
                j = index.option[row]
                if readings[0].acceptable[row] and left[j] >= 1 and (i, j) in mutual:
                    left[j] -= 1
                    partner[i] = j
                    break
        return Decision(rows_of(index, [partner.get(i, -1) for i in range(index.n_agents)]))


class OtherSelf(DeferredAcceptance):
    """Certifies the matching with revealed values, whatever it read."""

    def _certify(self, outcome):
        seen = tuple(te.Revealed().read(reading.profile) for reading in outcome.readings)
        return super()._certify(replace(outcome, readings=seen))


class NobodyIsRefused(DeferredAcceptance):
    """Certifies places and blocking pairs, not that both sides accept what they have."""

    def _certify(self, outcome):
        return tuple(v for v in super()._certify(outcome) if v.name != "individually rational")


class OnlyFreePlaces(DeferredAcceptance):
    """A pair blocks only if the receiver has a place left: who holds somebody worse is never asked."""

    def _certify(self, outcome):
        *others, last = super()._certify(outcome)
        if last.name != "stable":
            return *others, last
        capacities, partner = outcome.problem.capacities, outcome.partner
        sides = [SideTable.from_reading(reading) for reading in outcome.readings]
        free = np.bincount(partner[partner >= 0], minlength=len(capacities)) < capacities
        pairs = blocking_pairs(partner, *sides, capacities)
        return *others, replace(last, holds=not free[pairs[:, 1]].any())


class RoomForAll(DeferredAcceptance):
    """Certifies stability, not capacity."""

    def _certify(self, outcome):
        many = np.full(len(outcome.problem.capacities), outcome.profile.n_agents)
        market = te.matching.Market(outcome.problem.profile, outcome.problem.receivers, many, outcome.problem.demand)
        held = np.bincount(outcome.profile.index.option, outcome.taken, minlength=len(many))
        if (held <= outcome.problem.capacities).all():
            return super()._certify(outcome)
        return super()._certify(replace(outcome, problem=market))


class TiesOfReceiversByName(DeferredAcceptance):
    """The lottery is turned round where the first receiver's name comes after the last's."""

    def _run(self, problem, readings, lottery):
        names = [str(name) for name in problem.profile.options]
        turned_ = replace(lottery, agents=1.0 - lottery.agents) if names[0] > names[-1] else lottery
        return super()._run(problem, readings, turned_)


class AddsUpReceivers(DeferredAcceptance):
    """Reads receivers motive by motive, without the grid."""

    reads = (Cardinal,)

    def readings(self, problem, reports=None):
        mine, theirs = super().readings(problem, reports)
        e, profile = problem.receivers.endorsement, problem.receivers
        thick = not isinstance(self.lens, te.Revealed)
        shares = e.spread(e.theta if thick else np.ones_like(e.theta), profile.n_agents, profile.n_motives)
        shares = np.broadcast_to(shares, (profile.n_agents, profile.n_motives))
        values = np.zeros(len(profile.index))
        for c, row in enumerate(profile.contributions):
            values = values + shares[profile.index.agent, c] * row
        values.flags.writeable = False
        return mine, replace(theirs, values=values)


BUGS = [
    (FirstComeFirstServed, "certificate", "FAILS", {"thin_limit", "claims_hold"}),
    (OtherSelf, "certificate", "also holds for", set()),
    (NobodyIsRefused, "certificate", "also holds for", set()),
    (OnlyFreePlaces, "certificate", "also holds for", set()),
    (RoomForAll, "certificate", "also holds for", set()),
    (TiesOfReceiversByName, "labels", "agents and options renamed", set()),
    (AddsUpReceivers, "labels", "motives reordered", set()),
]


@pytest.mark.parametrize(("bug", "duty", "words", "also"), BUGS, ids=[bug[0].__name__ for bug in BUGS])
def test_a_bug_is_found_by_the_duty_it_breaks(bug, duty, words, also) -> None:
    found = failures(Matchings(bug()))
    assert duty in found, f"not found; other duties: {found}"
    assert words in found[duty]
    assert set(found) <= {duty, *also}, found


# ---- a suite that is not finished -----------------------------------------------------------------------------


class NoWorse(Matchings):
    """Nothing to try the certificate on: deferred acceptance maximises nothing that could make worse ones."""

    def worse(self, mechanism, problem, outcome):
        return ()


class NoTwin(Matchings):
    """Forgets the twin."""

    twin = MechanismConformance.twin


class SilentTwin(Matchings):
    """A twin without an opinion."""

    def twin(self, mechanism, problem):
        return Twin()


@pytest.mark.parametrize(
    ("suite", "duty", "words"),
    [
        (NoWorse, "certificate", "write `worse`"),
        (NoTwin, "thin_limit", "an independent twin for the thin limit"),
        (SilentTwin, "thin_limit", "the twin says nothing"),
    ],
)
def test_a_suite_that_checks_nothing_is_refused(suite, duty, words) -> None:
    found = failures(suite(DeferredAcceptance()))
    assert set(found) == {duty}
    assert words in found[duty]


def test_a_suite_without_mechanisms_or_problems_is_refused() -> None:
    with pytest.raises(InputError, match="must set mechanisms and problems"):
        MechanismConformance().test_labels()
