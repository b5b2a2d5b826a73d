"""Four mechanisms on one market, in every arm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..._core.arrays import FloatArray
from ...auctions.vcg import VCG
from ...datasets.course import wanted
from ...lenses.lens import Endorsed
from ...matching.deferred_acceptance import DeferredAcceptance
from ...mechanism.arms import Arm
from ...mechanism.compare import compare
from ...mechanism.comparison import Comparison
from ...mechanism.mechanism import Mechanism
from ...mechanism.sensitivity import Sensitivity, sensitivity
from ...problems.assignment import Assignment
from ...problems.bids import Bids
from ...problems.market import Market
from ...problems.problem import Problem
from ...profiles.profile import ThickProfile
from ...welfare.allocate import Allocate
from ...welfare.functions.nash import Nash
from ...welfare.functions.utilitarian import Utilitarian
from .estimate import Estimates
from .plant import Plant
from .settings import Settings

__all__ = ["ARMS", "CASES", "Case", "compare_case", "one_seat", "sensitivities", "welfare_by_arm"]

ARMS = ("sidt", "thick", "thick (DQI)", "oracle")


def one_seat(market: Assignment) -> Assignment:
    """The market in which every student seeks one seat, by the same rule of scarcity as the data set's.

    A course has a seat for every second student whose first choice it is, and at least one. Conflicts between
    courses cannot bind and are dropped.
    """
    single = replace(market, demand=np.ones(market.profile.n_agents), conflicts=())
    return replace(single, supply=np.maximum(1, np.minimum(market.supply, np.ceil(wanted(single) / 2))))


def _places(market: Assignment) -> Market:
    return Market.from_assignment(one_seat(market))


def _bids(market: Assignment) -> Bids:
    return Bids(market.profile, language="unit", supply=one_seat(market).supply)


@dataclass(frozen=True)
class Case:
    """A mechanism and the problem it decides.

    Attributes
    ----------
    key, title
        Short name and heading.
    mechanism
        In its thick setting.
    problem
        From the course market to what is decided.
    about
        What is allocated, in a sentence.
    lottery
        Does the outcome depend on the lottery beyond ties?
    """

    key: str
    title: str
    mechanism: Mechanism
    problem: Callable[[Assignment], Problem]
    about: str
    lottery: bool = False


CASES = (
    Case(
        "nash",
        "Nash welfare, shared seats",
        Allocate(Nash()),
        lambda market: market,
        "Seats are divisible (time shares or chances); each student wants two to six courses.",
    ),
    Case(
        "utilitarian",
        "Greatest sum, whole seats",
        Allocate(Utilitarian(), integral=True),
        lambda market: market,
        "Whole seats go where the sum of points is greatest; each student wants two to six courses.",
    ),
    Case(
        "deferred acceptance",
        "Deferred acceptance, one scarce seat",
        DeferredAcceptance(),
        _places,
        "Every student seeks one seat; priorities are drawn by lottery.",
        lottery=True,
    ),
    Case(
        "vcg",
        "VCG, one scarce seat for tokens",
        VCG(),
        _bids,
        "Every student may win one seat and pays in tokens, one token a point.",
    ),
)


def sensitivities(market: Assignment, seed: int) -> dict[str, Sensitivity]:
    """How much influence it takes, on the untouched data; by key of the case. Nash welfare is left out: shares move
    with every influence, so the smallest one that changes them is 0.
    """
    return {
        case.key: sensitivity(case.mechanism, case.problem(market), rng=seed) for case in CASES if case.key != "nash"
    }


def compare_case(case: Case, plant: Plant, known: Estimates, settings: Settings) -> Comparison:
    """All arms of one mechanism, judged on the truth."""
    problem = case.problem(plant.market)
    seen = problem.with_profile(known.thick(plant))
    second = Arm(case.mechanism, problem.with_profile(known.thick_dqi(plant)), "thick (DQI)")
    return compare(
        case.mechanism,
        seen,
        truth=plant.truth,
        arms=("sidt", "thick", second, "oracle"),
        draws=settings.draws,
        replicates=settings.lotteries if case.lottery else 1,
        rng=settings.seed,
    )


def welfare_by_arm(
    case: Case,
    market: Assignment,
    truth: ThickProfile,
    pictures: dict[str, ThickProfile],
    seeds: list[int],
    *,
    oracle: bool = True,
) -> dict[str, FloatArray]:
    """(lotteries,) endorsed welfare of each arm; ``pictures`` are those of the arms that see more than reports.

    ``sidt`` decides on the reports, ``oracle`` on the truth; the same lotteries for all.
    """
    problem = case.problem(market)
    judge = problem.with_profile(truth)
    runs: dict[str, tuple[Mechanism, Problem]] = {"sidt": (case.mechanism.baseline(), judge)}
    for name, picture in pictures.items():
        runs[name] = (case.mechanism, problem.with_profile(picture))
    if oracle:
        runs["oracle"] = (case.mechanism, judge)
    weights = np.ones(truth.n_agents)
    return {
        name: np.array([float(mechanism.run(seen, rng=seed).utilities(Endorsed(), judge) @ weights) for seed in seeds])
        for name, (mechanism, seen) in runs.items()
    }
