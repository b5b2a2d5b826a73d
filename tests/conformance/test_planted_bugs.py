"""Mutation tests of the suite itself: one planted bug, one duty that fails, with a message that names the thing.

Each bug is a subclass of a mechanism of the package that passes. All ten duties run on it. The one responsible must
fail and say what it saw; no other may, except those listed as ``also``, which the bug breaks by its nature (who
answers differently every time also answers differently to other labels).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
import pytest

import thickecon as te
from tests.conformance.planted import DUTIES, Auctions, assert_found, failures
from thickecon._core.arrays import frozen
from thickecon.testing import check_immutability

SecondPrice = te.auctions.SecondPrice


def test_there_are_ten_duties() -> None:
    assert len(DUTIES) == 10


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
    """The lottery is turned round where there are more than three motives."""

    def _run(self, problem, readings, lottery):
        turned = problem.profile.n_motives > 3
        return super()._run(problem, readings, in_order(lottery, 1 - lottery.agents) if turned else lottery)


class TiesByInfluences(SecondPrice):
    """The lottery is turned round where influences are three or more: a split of the first motive does not show it."""

    def _run(self, problem, readings, lottery):
        turned = sum(c.kind == "influence" for c in problem.profile.motives) > 2
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


# (bug, duty that must fail, words of its message, duties that may fail too)
BUGS = [
    (ReserveOfItsOwn, "thin_limit", "the twin", ()),
    (ReserveUnderALens, "thin_limit", "the lens changed", ()),
    (FirstOfEquals, "thin_limit", "the lens changed taken", ()),
    (AddsUpItself, "labels", "taken [", ()),
    (TiesByFirstMotive, "labels", "motives reordered", ()),
    (TiesByCount, "labels", "split", ()),
    (TiesByInfluences, "labels", "motive split", ()),
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
]


@pytest.mark.parametrize(("bug", "duty", "words", "also"), BUGS, ids=[bug[0].__name__ for bug in BUGS])
def test_a_bug_is_found_by_the_duty_it_breaks(bug, duty, words, also) -> None:
    assert_found(bug, duty, words, also)


class SortsInPlace(SecondPrice):
    """Unlocks the contributions, sorts them where they are, and locks them again."""

    def _run(self, problem, readings, lottery):
        values = problem.profile.contributions
        values.flags.writeable = True
        values.sort()
        values.flags.writeable = False
        return super()._run(problem, readings, lottery)


def test_a_problem_sorted_in_place_is_noticed() -> None:
    """On a problem of its own, since it spoils what others would be tried on."""
    mechanism = SortsInPlace()
    problem = mechanism.wrap(te.ThickProfile.from_values([[3.0], [1.0]]))
    with pytest.raises(
        AssertionError, match=r"problem\.profile\.contributions changed: \[\[3\. 1\.\]\] became \[\[1\. 3\."
    ):
        check_immutability(mechanism, problem)
