"""Mutation tests of the suite itself: one planted bug, one duty that fails, with a message that names the thing.

Each bug is a subclass of a mechanism of the package that passes. All ten duties run on it. The one responsible must
fail and say what it saw; no other may, except those listed as ``also``, which the bug breaks by its nature (who
answers differently every time also answers differently to other labels).
"""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass, field, fields, replace
from itertools import count

import numpy as np
import pytest
from hypothesis import strategies as st

import thickecon as te
from thickecon._core.arrays import frozen
from thickecon.errors import InputError, ThickEconError
from thickecon.lenses.reading import Reading
from thickecon.mechanism.outcome import Outcome
from thickecon.mechanism.verdict import Verdict
from thickecon.testing import MechanismConformance, Twin, strategies

SecondPrice = te.auctions.SecondPrice
DUTIES = [name for name in dir(MechanismConformance) if name.startswith("test_")]


def failures(suite: MechanismConformance) -> dict[str, str]:
    """Duties that fail, without ``test_``, and what they say."""
    found = {}
    for name in DUTIES:
        try:
            getattr(suite, name)()
        except (AssertionError, ThickEconError) as err:
            found[name.removeprefix("test_")] = str(err)
    return found


def test_there_are_ten_duties() -> None:
    assert len(DUTIES) == 10


# ---- a suite that the mechanism itself passes -------------------------------------------------------------------


def rivals(numbers):
    """Two bidders for one item: a value endorsed in full, and an influence, either way, by a quarter."""
    table = np.array(numbers, dtype=float).reshape(2, 2, 1)
    table[:, 0] = np.abs(table[:, 0])
    motives = ["value", te.Motive("influence", "influence")]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.25], motives=motives, unit="money")


RIVALS = st.lists(st.integers(-8, 8), min_size=4, max_size=4).map(rivals)
CROWDS = strategies.profiles(
    agents=(2, 4), options=(1, 2), motives=(1, 3), least=-1, most=3, outside=False, unit="money"
)


class Auctions(MechanismConformance):
    """Second price on crowded auctions, so that ties are the rule."""

    problems = CROWDS
    examples = 16
    searched = 60

    def __init__(self, mechanism, twin=None):
        self.mechanisms = (mechanism,)
        self._twin = twin

    def twin(self, mechanism, problem):
        """Each column sorted. Who wins is open among equals."""
        if self._twin is not None:
            return self._twin(problem)
        table = np.nan_to_num(problem.profile.revealed, nan=-1.0)
        top, second = np.sort(np.vstack([table, -np.ones((2, table.shape[1]))]), axis=0)[[-1, -2]]
        index = problem.profile.index

        def accepts(taken):
            sold = np.bincount(index.option, taken, minlength=len(top))
            worth = np.bincount(index.option, taken * problem.profile.rows.revealed, minlength=len(top))
            return bool((sold <= 1).all() and np.array_equal(worth, np.maximum(top, 0.0) * (top >= 0)))

        if (top == second).any():
            return Twin(accepts=accepts)
        pays = np.zeros(len(table))
        np.add.at(pays, table.argmax(axis=0), np.where(top >= 0, np.maximum(second, 0.0), 0.0))
        return Twin(payments=pays, accepts=accepts)

    def witness_problems(self, mechanism, claim):
        return RIVALS


CORRECT = [
    SecondPrice(),
    SecondPrice(charge="clarke", reporting="endorsed"),
    SecondPrice(lens=te.Revealed(), charge="clarke"),
]


@pytest.mark.parametrize("mechanism", CORRECT, ids=repr)
def test_without_a_bug_every_duty_is_done(mechanism) -> None:
    assert failures(Auctions(mechanism)) == {}


# ---- what goes wrong -----------------------------------------------------------------------------------------


def in_order(lottery, numbers):
    """The same lottery with these numbers in place of the agents'."""
    return replace(lottery, agents=np.asarray(numbers, dtype=float))


class ReserveOfItsOwn(SecondPrice):
    """Keeps what is worth less than 2, and says nothing of it."""

    def _reserve(self, problem):
        return super()._reserve(problem) + 2.0


class ReserveUnderALens(SecondPrice):
    """The same, but only where it does not read revealed values: SIDT is right."""

    def _reserve(self, problem):
        return super()._reserve(problem) + 2.0 * (not isinstance(self.lens, te.Revealed))


class FirstOfEquals(SecondPrice):
    """Under a lens the first of equals wins, whatever the lottery says."""

    def _run(self, problem, readings, lottery):
        thick = not isinstance(self.lens, te.Revealed)
        return super()._run(problem, readings, in_order(lottery, range(len(lottery.agents))) if thick else lottery)


class AddsUpItself(SecondPrice):
    """Sums contributions motive by motive and leaves out the grid."""

    def readings(self, problem, reports=None):
        made = super().readings(problem, reports)
        if reports is not None:
            return made
        profile, e = problem.profile, problem.profile.endorsement
        shares = e.theta[e.group if e.group is not None else np.zeros(profile.n_agents, int)]
        shares = shares[:, e.columns(profile.n_motives)] if not isinstance(self.lens, te.Revealed) else shares * 0 + 1
        values = np.zeros(len(profile.index))
        for c, row in enumerate(profile.contributions):
            values = values + shares[profile.index.agent, min(c, shares.shape[1] - 1)] * row
        return (replace(made[0], values=frozen(values)),)


class TiesByFirstMotive(SecondPrice):
    """Among equals, whom the first motive pulls least."""

    def _run(self, problem, readings, lottery):
        index, first = problem.profile.index, problem.profile.contributions[0]
        pulls = np.bincount(index.agent, first, minlength=index.n_agents)
        return super()._run(problem, readings, in_order(lottery, pulls + lottery.agents / 2))


class TiesByCount(SecondPrice):
    """The lottery is turned round where there are several motives beyond two."""

    def _run(self, problem, readings, lottery):
        turned = problem.profile.n_motives > 2
        return super()._run(problem, readings, in_order(lottery, 1 - lottery.agents) if turned else lottery)


class TiesByInfluences(SecondPrice):
    """The lottery is turned round where influences are two or more: a split of the first motive does not show it."""

    def _run(self, problem, readings, lottery):
        turned = sum(c.kind == "influence" for c in problem.profile.motives) > 1
        return super()._run(problem, readings, in_order(lottery, 1 - lottery.agents) if turned else lottery)


class TiesByMotiveName(SecondPrice):
    """The lottery is turned round where a motive called "value" comes first."""

    def _run(self, problem, readings, lottery):
        turned = problem.profile.motives[0].name == "value"
        return super()._run(problem, readings, in_order(lottery, 1 - lottery.agents) if turned else lottery)


class TiesByAgentName(SecondPrice):
    """Among equals, whose name comes first."""

    def _run(self, problem, readings, lottery):
        names = np.argsort(np.argsort([str(name) for name in problem.profile.agents]))
        return super()._run(problem, readings, in_order(lottery, names))


class TiesByOptionName(SecondPrice):
    """The lottery is turned round where the first option's name comes after the last's."""

    def _run(self, problem, readings, lottery):
        names = [str(name) for name in problem.profile.options]
        return super()._run(
            problem, readings, in_order(lottery, 1 - lottery.agents) if names[0] > names[-1] else lottery
        )


class SwapsAnArray(SecondPrice):
    """Puts a copy of the supply into the problem."""

    def _run(self, problem, readings, lottery):
        object.__setattr__(problem, "supply", np.array(problem.supply))
        return super()._run(problem, readings, lottery)


@dataclass(frozen=True)
class CountsRuns(SecondPrice):
    """Keeps a diary in its own parameters."""

    runs: int = 0

    def _run(self, problem, readings, lottery):
        object.__setattr__(self, "runs", self.runs + 1)
        return super()._run(problem, readings, lottery)


@dataclass(frozen=True, repr=False)
class HandicapsLeftOpen(SecondPrice):
    """A parameter that is an array anybody can write to."""

    handicaps: np.ndarray = field(default_factory=lambda: np.zeros(3))


@dataclass(frozen=True, repr=False)
class HandicapsWritten(SecondPrice):
    """Changes its own parameter while it runs, and locks it again."""

    handicaps: np.ndarray = field(default_factory=lambda: np.zeros(3))

    def _run(self, problem, readings, lottery):
        self.handicaps.flags.writeable = True
        self.handicaps[0] += 1.0
        self.handicaps.flags.writeable = False
        return super()._run(problem, readings, lottery)


class OpenShares(SecondPrice):
    """Shares that anybody can write to."""

    def _run(self, problem, readings, lottery):
        made = super()._run(problem, readings, lottery)
        object.__setattr__(made, "taken", np.array(made.taken))
        return made


class OpenDetails(SecondPrice):
    """Shares are safe, further numbers are not."""

    def _run(self, problem, readings, lottery):
        made = super()._run(problem, readings, lottery)
        return replace(made, details={"ranks": np.argsort(lottery.agents)})


class Thawed(SecondPrice):
    """Its parameters can be set after it was made."""

    __setattr__ = object.__setattr__


class AsksNumpy(SecondPrice):
    """Draws from numpy's global generator, to no effect."""

    def _run(self, problem, readings, lottery):
        np.random.random()  # noqa: NPY002 - the bug
        return super()._run(problem, readings, lottery)


class AsksRandom(SecondPrice):
    """Draws from the standard library's global generator, to no effect."""

    def _run(self, problem, readings, lottery):
        random.random()
        return super()._run(problem, readings, lottery)


class CertificateAsksNumpy(SecondPrice):
    """Runs well; its certificate draws from the global generator."""

    def _certify(self, outcome):
        np.random.random()  # noqa: NPY002 - the bug
        return super()._certify(outcome)


CALLS = count()


class AlwaysAnother(SecondPrice):
    """Every other run turns the lottery round, like a generator of its own."""

    def _run(self, problem, readings, lottery):
        return super()._run(problem, readings, in_order(lottery, 1 - lottery.agents) if next(CALLS) % 2 else lottery)


class CertificateAlwaysAnother(SecondPrice):
    """The outcome is one, what is said of it changes with every look."""

    def _certify(self, outcome):
        first, *rest = super()._certify(outcome)
        return replace(first, statement=f"look {next(CALLS)}"), *rest


class SpendsTheGenerator(SecondPrice):
    """Draws from a Generator before it runs: a seed and a Generator started from it differ."""

    def run(self, problem, *, reports=None, rng=None):
        if isinstance(rng, np.random.Generator):
            rng.random()
        return super().run(problem, reports=reports, rng=rng)


class SaysNothing(SecondPrice):
    """An empty certificate."""

    def _certify(self, outcome):
        return ()


class ChecksNothing(SecondPrice):
    """Every verdict says: not checked."""

    def _certify(self, outcome):
        return tuple(replace(verdict, holds=None) for verdict in super()._certify(outcome))


class AlwaysHolds(SecondPrice):
    """Verdicts written down, not found."""

    def _certify(self, outcome):
        return tuple(replace(verdict, holds=True) for verdict in super()._certify(outcome))


class NeverHolds(SecondPrice):
    """A tolerance below 0: what is right fails."""

    def _certify(self, outcome):
        return tuple(replace(v, tol=-1.0, holds=v.gap <= -1.0) for v in super()._certify(outcome))


class OnlyFeasible(SecondPrice):
    """Checks that nothing is sold twice and that payments are small, not that it goes to the largest score."""

    def _certify(self, outcome):
        total = float(np.abs(outcome.profile.contributions).sum())
        fine = bool((np.abs(outcome.payments) <= total).all())
        first = super()._certify(outcome)[0]
        return first, Verdict("payments", "reading", fine, 0.0)


class OnlyEfficient(SecondPrice):
    """Checks the sum, not that what is sold can be sold; nan is no larger than any tolerance."""

    def _certify(self, outcome):
        return tuple(replace(v, holds=not v.gap > v.tol) for v in super()._certify(outcome) if v.name == "efficient")


class MoneyUnchecked(SecondPrice):
    """Looks at shares only, whatever was paid."""

    def _certify(self, outcome):
        return tuple(v for v in super()._certify(outcome) if v.name in ("feasible", "efficient"))


class TakesAnything(SecondPrice):
    """What is no problem becomes one."""

    def wrap(self, problem):
        try:
            return super().wrap(problem)
        except ThickEconError:
            return super().wrap(te.ThickProfile.from_values([[1.0]]))


class WrongKind(SecondPrice):
    """An error of another family."""

    def wrap(self, problem):
        try:
            return super().wrap(problem)
        except ThickEconError as err:
            raise TypeError("what is this that I was given here?") from err


class Curt(SecondPrice):
    """The right error, and it says nothing."""

    def wrap(self, problem):
        try:
            return super().wrap(problem)
        except ThickEconError as err:
            raise InputError("bad") from err


class ForgivesNan(SecondPrice):
    """Reports that are not numbers count as 0."""

    def readings(self, problem, reports=None):
        told = reports
        with contextlib.suppress(TypeError, ValueError):
            told = None if reports is None else np.nan_to_num(np.asarray(reports, dtype=float), posinf=0, neginf=0)
        return super().readings(problem, told)


class CutsReports(SecondPrice):
    """Reports that are too long are cut."""

    def readings(self, problem, reports=None):
        rows = len(problem.profile.index)
        long = isinstance(reports, np.ndarray) and reports.shape == (rows + 1,)
        return super().readings(problem, reports[:rows] if long else reports)


class ReadsAnything(SecondPrice):
    """Says that it can use every reading, and trips over those without values."""

    reads = (Reading,)


class SeedsOfWords(SecondPrice):
    """Makes a seed of what is none."""

    def run(self, problem, *, reports=None, rng=None):
        return super().run(problem, reports=reports, rng=len(rng) if isinstance(rng, str) else rng)


class Rounded(Outcome):
    """Payments are rounded on their way into the file."""

    def save(self, path):
        paid = np.rint(self.payments + 0.3)
        Outcome.save(as_kind(Outcome, replace(self, decision=replace(self.decision, payments=paid))), path)


class LeavesOutAMotive(Outcome):
    """Accounts without the last motive."""

    def accounts(self, other, truth=None):
        return super().accounts(other, truth).iloc[:, :-1]


class CountsRevealed(Outcome):
    """Accounts of what is seen, not of what is endorsed."""

    def accounts(self, other, truth=None):
        full = self.profile.with_endorsement(1.0)
        return super().accounts(other, full)


class WrongAgent(Outcome):
    """Accounts that add up over agents, each in the next agent's row."""

    def accounts(self, other, truth=None):
        made = super().accounts(other, truth)
        made.loc[:, :] = np.roll(made.to_numpy(), 1, axis=0)
        return made


def as_kind(kind, outcome):
    return kind(*(getattr(outcome, item.name) for item in fields(outcome)))


def returning(kind):
    """A second price whose outcomes are of this kind."""

    class Returning(SecondPrice):
        def run(self, problem, *, reports=None, rng=None):
            return as_kind(kind, super().run(problem, reports=reports, rng=rng))

    Returning.__name__ = kind.__name__
    return Returning


# (bug, duty that must fail, words of its message, duties that may fail too)
BUGS = [
    (ReserveOfItsOwn, "thin_limit", "the twin", ()),
    (ReserveUnderALens, "thin_limit", "the lens changed taken", ()),
    (FirstOfEquals, "thin_limit", "the lens changed taken", ()),
    (AddsUpItself, "labels", "motives reordered", ()),
    (TiesByFirstMotive, "labels", "motives reordered", ()),
    (TiesByCount, "labels", "split", ()),
    (TiesByInfluences, "labels", "last motive split", ()),
    (TiesByMotiveName, "labels", "motives re", ()),
    (TiesByAgentName, "labels", "agents and options renamed", ()),
    (TiesByOptionName, "labels", "agents and options renamed", ()),
    (SwapsAnArray, "immutability", "problem.supply was replaced", ()),
    (CountsRuns, "immutability", "the mechanism changed", ()),
    (HandicapsLeftOpen, "immutability", "mechanism.handicaps can be written to", ()),
    (HandicapsWritten, "immutability", "mechanism.handicaps changed", ()),
    (OpenShares, "immutability", "outcome.decision.taken can be written to", ()),
    (OpenDetails, "immutability", "outcome.decision.details['ranks'] can be written to", ()),
    (Thawed, "immutability", "Thawed.lens can be replaced", ()),
    (AsksNumpy, "determinism", "global random generator", ()),
    (AsksRandom, "determinism", "global random generator", ()),
    (CertificateAsksNumpy, "determinism", "certificate touched a global random generator", ()),
    (AlwaysAnother, "determinism", "one seed, run again: taken", ("thin_limit", "labels", "round_trip", "claims_hold")),
    (CertificateAlwaysAnother, "determinism", "one seed, run again: certificate", ("round_trip",)),
    (SpendsTheGenerator, "determinism", "one seed, run from a Generator: taken", ()),
    (SaysNothing, "certificate", "nothing was checked", ()),
    (ChecksNothing, "certificate", "nothing was checked", ()),
    (AlwaysHolds, "certificate", "the certificate holds where every row has a share of", ()),
    (NeverHolds, "certificate", "FAILS", ()),
    (OnlyFeasible, "certificate", "also holds for", ()),
    (OnlyEfficient, "certificate", "the certificate holds where every row has a share of", ()),
    (MoneyUnchecked, "certificate", "the certificate holds for [nan", ()),
    (TakesAnything, "bad_input", "the problem None was accepted", ()),
    (WrongKind, "bad_input", "TypeError instead of InputError", ()),
    (Curt, "bad_input", "the message says too little", ()),
    (ForgivesNan, "bad_input", "reports with nan was accepted", ()),
    (CutsReports, "bad_input", "reports of another shape was accepted", ()),
    (ReadsAnything, "bad_input", "gives a reading that the mechanism says it reads, and then", ()),
    (SeedsOfWords, "bad_input", "rng='seed' was accepted", ()),
    (returning(Rounded), "round_trip", "the outcome's file has payments", ()),
    (returning(LeavesOutAMotive), "accounts", "accounts have no column for", ()),
    (returning(CountsRevealed), "accounts", "differ from its utility", ()),
    (returning(WrongAgent), "accounts", "accounts of agent", ()),
]


@pytest.mark.parametrize(("bug", "duty", "words", "also"), BUGS, ids=[bug[0].__name__ for bug in BUGS])
def test_a_bug_is_found_by_the_duty_it_breaks(bug, duty, words, also) -> None:
    found = failures(Auctions(bug()))
    assert duty in found, f"not found; other duties: {found}"
    assert words in found[duty]
    assert set(found) <= {duty, *also}, found
