"""Mutation tests of the suite without money: bugs that only a matching or an allocation can have.

Places, two sides, worths of doing nothing, and people that an agent stands for. One bug each; the duty named fails,
and says what it saw. Other duties may fail besides.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest
from hypothesis import strategies as st

import thickecon as te
from thickecon.matching.kernels import brute_force
from thickecon.mechanism.outcome import Decision, Outcome
from thickecon.testing import MechanismConformance, Twin

DeferredAcceptance, Allocate, Utilitarian = te.matching.DeferredAcceptance, te.welfare.Allocate, te.welfare.Utilitarian
DUTIES = [name for name in dir(MechanismConformance) if name.startswith("test_")]


# ---- suites that the mechanisms themselves pass -------------------------------------------------------------------


def thick(numbers, **more):
    """(agents, options) whole numbers: values of 1 to 3, and influences of -2 to 2 that nobody endorses."""
    table = np.stack([np.abs(numbers) % 3 + 1, np.clip(numbers, -2, 2)], axis=1).astype(float)
    motives = ["value", te.Motive("advert", "influence")]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], motives=motives, **more)


def crowd(numbers):
    """Three proposers for two receivers, with one place and with one or two."""
    ours, theirs = np.reshape(numbers[:12], (2, 3, 2))
    return te.matching.Market(thick(ours), thick(theirs.T), [1, 1 + numbers[12] % 2])


def seats(numbers):
    """Two agents, who stand for one to three people each, and one seat of either kind; doing nothing is worth 1."""
    weights = 1.0 + np.abs(numbers[4:6]) % 3
    return te.Assignment(thick(np.reshape(numbers[:4], (2, 2)), outside=1.0, weights=weights), 1, 1)


def whole_numbers(count):
    return st.lists(st.integers(-4, 4), min_size=count, max_size=count)


class Suite(MechanismConformance):
    """Instances are drawn anew for each suite: a bug may spoil them."""

    searched = 60

    def __init__(self, mechanism):
        self.mechanisms = (mechanism,)

    def twin(self, mechanism, problem):
        every, best = self.judged(problem, [te.Revealed()] * 2)
        return Twin(accepts=lambda taken: any(np.array_equal(taken, x) for x in np.array(every)[best]))

    def worse(self, mechanism, problem, outcome):
        every, best = self.judged(problem, [reading.lens for reading in outcome.readings])
        yield from np.array(every)[~best][:24]


class Matchings(Suite):
    """Every set of rows, against stable matchings by definition."""

    examples = 16

    def __init__(self, mechanism):
        super().__init__(mechanism)
        self.problems = whole_numbers(13).map(crowd)

    def judged(self, market, lenses):
        tables = []
        for profile, lens in zip((market.profile, market.receivers), lenses, strict=True):
            tables.append(lens.read(profile).keys.reshape(profile.n_agents, profile.n_options).tolist())
        stable = brute_force.all_stable_matchings(*tables, [int(c) for c in market.capacities])
        rows = {tuple(rows_of(market.profile.index, partner)) for partner in stable}
        every = [*rows, *(x for x in product((0.0, 1.0), repeat=6) if x not in rows)]
        return every, np.arange(len(every)) < len(rows)


class Allocations(Suite):
    """Every set of rows, by the sum over people."""

    examples = 10

    def __init__(self, mechanism):
        super().__init__(mechanism)
        self.problems = whole_numbers(6).map(seats)

    def judged(self, problem, lenses):
        values = lenses[0].read(problem.profile).values.reshape(2, 2)
        weights = np.ones(2) if problem.profile.weights is None else problem.profile.weights
        every = sorted(product((0.0, 1.0), repeat=4), reverse=True)
        worth = []
        for x in np.reshape(every, (-1, 2, 2)):
            feasible = (x.sum(axis=0) <= 1).all() and (x.sum(axis=1) <= 1).all()
            doing_nothing = (1.0 - x.sum(axis=1)) * problem.profile.outside_reading(None)
            worth.append(weights @ ((x * values).sum(axis=1) + doing_nothing) if feasible else -np.inf)
        return every, np.array(worth) >= max(worth) - 1e-9


def suite_of(mechanism):
    return (Matchings if isinstance(mechanism, DeferredAcceptance) else Allocations)(mechanism)


CORRECT = [DeferredAcceptance(), DeferredAcceptance(lens=te.Revealed()), Allocate(Utilitarian(), integral=True)]


@pytest.mark.parametrize("duty", DUTIES)
@pytest.mark.parametrize("mechanism", CORRECT, ids=repr)
def test_without_a_bug_every_duty_is_done(mechanism, duty) -> None:
    getattr(suite_of(mechanism), duty)()


# ---- bugs of matchings ------------------------------------------------------------------------------------------


def rows_of(index, partner):
    return (index.option == np.asarray(partner)[index.agent]).astype(float)


def with_places(market, capacities):
    return te.matching.Market(market.profile, market.receivers, capacities, market.demand)


class OtherSideUnderALens(DeferredAcceptance):
    """Receivers propose where it does not read revealed values; that is stable too, and another mechanism."""

    def _run(self, problem, readings, lottery):
        side = "proposers" if isinstance(self.lens, te.Revealed) else "receivers"
        return DeferredAcceptance._run(replace(self, proposing=side), problem, readings, lottery)


class Immediate(DeferredAcceptance):
    """Whoever is admitted in a round stays (Abdulkadiroglu and Sonmez 2003), under the promises of the other rule."""

    def _run(self, problem, readings, lottery):
        ours, theirs = (r.keys.reshape(r.profile.n_agents, -1) for r in readings)
        left, partner = np.array(problem.capacities), np.full(len(ours), -1)
        for turn in range(ours.shape[1]):
            wanted = np.argsort(-ours, axis=1, kind="stable")[:, turn]
            free = np.flatnonzero(partner < 0)
            for i in free[np.lexsort((lottery.agents[free], -theirs[wanted[free], free]))]:
                if left[wanted[i]] > 0:
                    partner[i] = wanted[i]
                    left[wanted[i]] -= 1
        return Decision(rows_of(problem.profile.index, partner))


class RoomForOneMore(DeferredAcceptance):
    """Admits one more than there are places, everywhere."""

    def _run(self, problem, readings, lottery):
        return super()._run(with_places(problem, problem.capacities + 1), readings, lottery)


class OneToOne(DeferredAcceptance):
    """Never fills a second place."""

    def _run(self, problem, readings, lottery):
        return super()._run(with_places(problem, np.minimum(problem.capacities, 1)), readings, lottery)


class CountsMotivesOfReceivers(DeferredAcceptance):
    """The lottery is turned round where receivers have more than four motives."""

    def _run(self, problem, readings, lottery):
        turned = problem.receivers.n_motives > 4
        return super()._run(problem, readings, replace(lottery, agents=1 - lottery.agents) if turned else lottery)


class FillsPlaces(DeferredAcceptance):
    """Counts places down in the market's own array, and locks it again."""

    def _run(self, problem, readings, lottery):
        made, places = super()._run(problem, readings, lottery), problem.capacities
        places.flags.writeable = True
        places -= np.bincount(problem.profile.index.option, made.taken, minlength=len(places)).astype(places.dtype)
        places.flags.writeable = False
        return made


BUFFER = np.zeros(3)


class OneBuffer(DeferredAcceptance):
    """Returns a read-only view of an array that it keeps, and fills again in the next run."""

    def _run(self, problem, readings, lottery):
        BUFFER[:] = lottery.agents
        view = BUFFER[:]
        view.flags.writeable = False
        return replace(super()._run(problem, readings, lottery), details={"numbers": view})


class CopiesTheKernel(DeferredAcceptance):
    """Says of every matching what was said of the one it made."""

    def _run(self, problem, readings, lottery):
        return replace(super()._run(problem, readings, lottery), details={"stable": True})

    def _certify(self, outcome):
        return (te.Verdict("stable", "reading", outcome.decision.details["stable"], 0.0),)


class TakesAChoice(DeferredAcceptance):
    """A social choice becomes a market of its options, without a word."""

    def wrap(self, problem):
        return super().wrap(problem.profile if isinstance(problem, te.Choice) else problem)


class IgnoresReports(DeferredAcceptance):
    """Reports are not looked at."""

    def readings(self, problem, reports=None):
        return super().readings(problem)


class ForgivesOneNan(DeferredAcceptance):
    """A missing report counts as 0, if it is the only one."""

    def readings(self, problem, reports=None):
        if isinstance(reports, np.ndarray) and reports.dtype.kind == "f" and np.isnan(reports).sum() == 1:
            reports = np.nan_to_num(reports)
        return super().readings(problem, reports)


class RemembersTheObject(DeferredAcceptance):
    """The lottery is turned round for a problem that equals an earlier one: what it goes by is in no file."""

    def _run(self, problem, readings, lottery):
        turned = SEEN.setdefault(problem.content_hash, problem) is not problem
        return super()._run(problem, readings, replace(lottery, agents=1 - lottery.agents) if turned else lottery)


SEEN: dict[str, object] = {}


class StableForBoth(DeferredAcceptance):
    """Claims stability for the self it does not read."""

    @property
    def claims(self):
        return tuple(replace(c, holds=True) for c in super().claims)


class DeniesTruth(DeferredAcceptance):
    """Says that proposers may gain by a lie, which they never do."""

    @property
    def claims(self):
        return tuple(replace(c, holds=c.holds and c.name != "truthful") for c in super().claims)


# ---- bugs of allocations ------------------------------------------------------------------------------------------


class OneAgentOneVote(Allocate):
    """Agents count once, whatever number of people they stand for."""

    def _run(self, problem, readings, lottery):
        profile = replace(problem.profile, weights=None)
        return super()._run(problem.with_profile(profile), (replace(readings[0], profile=profile),), lottery)


class WastesTheLast(Allocate):
    """The last row is never served."""

    def _run(self, problem, readings, lottery):
        made = super()._run(problem, readings, lottery)
        return replace(made, taken=[*made.taken[:-1], 0.0])


class BelievesTheBound(Allocate):
    """Whatever it is asked about is optimal, since the solver was."""

    def _certify(self, outcome):
        return tuple(replace(v, holds=True) if v.name == "optimal" else v for v in super()._certify(outcome))


class EfficientForBoth(Allocate):
    """Claims the greatest sum of the self it does not read."""

    @property
    def claims(self):
        return tuple(replace(c, holds=c.name == "efficient") for c in super().claims)


class TruthfulWithoutMoney(Allocate):
    """Claims that nobody gains by a lie."""

    @property
    def claims(self):
        return tuple(replace(c, holds=c.holds or c.name == "truthful") for c in super().claims)


class DeniesEfficiency(Allocate):
    """Says that the sum it maximises could be greater."""

    @property
    def claims(self):
        return tuple(replace(c, holds=False) for c in super().claims)


class CountsPeople(Outcome):
    """Accounts of all the people an agent stands for, beside utilities of one."""

    def accounts(self, other, truth=None):
        return super().accounts(other, truth).mul(self.profile.weights, axis=0)


class ForgetsDoingNothing(Outcome):
    """Accounts without what was given up outside."""

    def accounts(self, other, truth=None):
        return super().accounts(other, truth).drop(columns="outside")


def returning(kind):
    """An allocation whose outcomes are of this kind."""

    class Returning(Allocate):
        def run(self, problem, *, reports=None, rng=None):
            made = super().run(problem, reports=reports, rng=rng)
            return kind(*(getattr(made, item.name) for item in fields(made)))

    Returning.__name__ = kind.__name__
    return Returning


BUGS = [
    (OtherSideUnderALens, "thin_limit", "the lens changed taken"),
    (Immediate, "thin_limit", "the twin does not accept"),
    (Immediate, "certificate", "stable [reading]: FAILS"),
    (Immediate, "claims_hold", "truthful [reading] fails: agent"),
    (RoomForOneMore, "certificate", "feasible [nobody]: FAILS"),
    (RoomForOneMore, "claims_hold", "proposers and has 1 places"),
    (OneToOne, "claims_hold", "stable [endorsed] fails"),
    (CountsMotivesOfReceivers, "labels", "every motive split in decimals"),
    (FillsPlaces, "immutability", "problem.capacities changed"),
    (OneBuffer, "immutability", "details['numbers'] is overwritten by the next run"),
    (CopiesTheKernel, "certificate", "the certificate holds where every row has a share of"),
    (TakesAChoice, "bad_input", "a choice was accepted, ProblemError"),
    (IgnoresReports, "bad_input", "reports of another shape was accepted"),
    (ForgivesOneNan, "bad_input", "reports with nan was accepted"),
    (RemembersTheObject, "round_trip", "on the way through .json"),
    (StableForBoth, "claims_hold", "stable [decision] fails"),
    (DeniesTruth, "refuted_claims_have_witnesses", "says that truthful [reading] fails, but none of 60"),
    (OneAgentOneVote, "certificate", "also holds for"),
    (WastesTheLast, "thin_limit", "the twin does not accept"),
    (BelievesTheBound, "certificate", "also holds for"),
    (EfficientForBoth, "claims_hold", "efficient [decision] fails: attains"),
    (TruthfulWithoutMoney, "claims_hold", "truthful [reading] fails: agent"),
    (DeniesEfficiency, "refuted_claims_have_witnesses", "says that efficient [endorsed] fails, but none of 60"),
    (returning(CountsPeople), "accounts", "differ from its utility"),
    (returning(ForgetsDoingNothing), "accounts", "accounts against taking nothing: those of agent"),
]


@pytest.mark.parametrize(("bug", "duty", "words"), BUGS, ids=[f"{bug.__name__}-{duty}" for bug, duty, _ in BUGS])
def test_the_duty_that_a_bug_breaks_finds_it(bug, duty, words) -> None:
    made = bug() if issubclass(bug, DeferredAcceptance) else bug(Utilitarian(), integral=True)
    with pytest.raises(AssertionError, match=re.escape(words)):
        getattr(suite_of(made), f"test_{duty}")()
