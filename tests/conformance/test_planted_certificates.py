"""Mutation tests of the suite, continued: certificates, bad input, files and accounts."""

from __future__ import annotations

import contextlib
from dataclasses import fields, replace

import numpy as np
import pytest

import thickecon as te
from tests.conformance.planted import assert_found
from thickecon.errors import InputError, ThickEconError
from thickecon.lenses.reading import Reading
from thickecon.mechanism.outcome import Outcome
from thickecon.mechanism.verdict import Verdict

SecondPrice = te.auctions.SecondPrice


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


# (bug, duty that must fail, words of its message); no other duty may fail
BUGS = [
    (SaysNothing, "certificate", "nothing was checked"),
    (ChecksNothing, "certificate", "nothing was checked"),
    (AlwaysHolds, "certificate", "the certificate holds where every row has a share of"),
    (NeverHolds, "certificate", "FAILS"),
    (OnlyFeasible, "certificate", "also holds for"),
    (OnlyEfficient, "certificate", "the certificate holds where every row has a share of"),
    (MoneyUnchecked, "certificate", "the certificate holds for [nan"),
    (TakesAnything, "bad_input", "the problem None was accepted"),
    (WrongKind, "bad_input", "TypeError instead of InputError"),
    (Curt, "bad_input", "the message says too little"),
    (ForgivesNan, "bad_input", "reports with nan was accepted"),
    (CutsReports, "bad_input", "reports of another shape was accepted"),
    (ReadsAnything, "bad_input", "gives a reading that the mechanism says it reads, and then"),
    (SeedsOfWords, "bad_input", "rng='seed' was accepted"),
    (returning(Rounded), "round_trip", "the outcome's file has payments"),
    (returning(LeavesOutAMotive), "accounts", "have no column for"),
    (returning(CountsRevealed), "accounts", "differ from its utility"),
    (returning(WrongAgent), "accounts", "of agent"),
]


@pytest.mark.parametrize(("bug", "duty", "words"), BUGS, ids=[bug[0].__name__ for bug in BUGS])
def test_a_bug_is_found_by_the_duty_it_breaks(bug, duty, words) -> None:
    assert_found(bug, duty, words)
