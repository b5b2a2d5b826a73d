"""Outcome contracts keep every promise, against informativeness in closed form and other slopes tried."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import thickecon as te
from thickecon.auctions import OutcomeContract
from thickecon.auctions.kernels import best_slopes
from thickecon.errors import InputError, LensError, ProblemError
from thickecon.testing import MechanismConformance, Twin, strategies


def weighed(problems):
    """Agents that stand for one, two or three people."""

    def give(problem, weights):
        made = np.array(weights[: problem.profile.n_agents])
        made.flags.writeable = False
        return problem.with_profile(replace(problem.profile, weights=made))

    return st.builds(give, problems, st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=4, max_size=4))


class TestOutcomeContract(MechanismConformance):
    # costs and noises keep efforts away from whole numbers, which the suite takes for no allocation at all
    mechanisms = (
        OutcomeContract(noise=0.5),
        OutcomeContract(noise=0.5, lens=te.Revealed()),
        OutcomeContract("metric", cost=1.23),
        OutcomeContract("metric", lens=te.Revealed(), cost=1.23),
        OutcomeContract("tuned", metric_noise=1.0),
        OutcomeContract("both", metric_noise=0.5, noise=2.0, risk_aversion=0.5),
        OutcomeContract("both", noise=2.0, cost=3.23),
        OutcomeContract("both", cost=1.23),
        OutcomeContract("tuned", metric_noise=0.3, lens=te.PartialCredit(0.5)),
    )
    problems = weighed(strategies.choices(agents=(1, 4), options=(1, 4), motives=(1, 3), outside=False))
    examples = 20
    searched = 120

    def twin(self, mechanism, problem):
        """On a thin profile all signals are w e + noise; pooled by precision, the slope is w2 / (w2 + r c variance).

        Holmstrom (1979): independent signals count by their precision. With w the worths added up and c the cost.
        """
        profile = problem.profile
        worth = np.zeros(profile.n_options)
        for row, people in zip(profile.revealed, profile.weights, strict=True):
            worth += row * people
        length = float(worth @ worth)
        spreads = {"tuned": [mechanism.metric_noise], "outcome": [mechanism.noise], "metric": [0.0]}
        here = spreads.get(mechanism.pay, [mechanism.metric_noise, mechanism.noise])
        variance = 0.0 if 0.0 in here else 1 / sum(x**-2 for x in here)
        risk = mechanism.risk_aversion * mechanism.cost * variance
        slope = length / (length + risk) if length else 0.0
        wage = slope**2 * length / (2 * mechanism.cost) + mechanism.risk_aversion * variance * slope**2 / 2
        people = float(sum(profile.weights))
        pays = [wage / people] * profile.n_agents
        return Twin(taken=np.tile(slope * worth / mechanism.cost, profile.n_agents), payments=pays)

    def worse(self, mechanism, problem, outcome):
        """Efforts that the pay does not move anybody to: a little more, for one person only, none at all."""
        index, taken = problem.profile.index, outcome.taken
        for x in range(index.n_options):
            yield taken + 0.1 * (index.option == x)
            if index.n_agents > 1:
                yield taken + 0.1 * ((index.option == x) & (index.agent == 0))
        if np.abs(taken).max(initial=0.0) > 1e-3:
            yield taken * 0.0


class TestFaultyVerification(TestOutcomeContract):
    mechanisms = (
        OutcomeContract(noise=0.5, overlooked=0.25, fooling=0.7, escrow=0.8),
        OutcomeContract("both", metric_noise=0.5, noise=2.0, overlooked=0.5, escrow=0.9, fooling=0.3),
        OutcomeContract("tuned", metric_noise=0.3, escrow=0.5, overlooked=0.5, fooling=1.0),
    )

    def twin(self, mechanism, problem):
        """Slopes by a general optimiser from nothing; what the worker is paid from what it must be made good for."""
        w = np.zeros(problem.profile.n_options)
        for row, people in zip(problem.profile.revealed, problem.profile.weights, strict=True):
            w += row * people
        held = mechanism.escrow if mechanism.pay != "tuned" else 1.0
        seen = np.array([w, (1 - mechanism.overlooked) * w])
        noise, used = np.array([mechanism.metric_noise, mechanism.noise]), np.array([True, True])
        used[:] = mechanism.pay in ("tuned", "both"), mechanism.pay in ("outcome", "both")

        def play(slopes):
            a = np.zeros(2)
            a[used] = slopes
            effort, trick = held * a @ seen / mechanism.cost, held * a[1] * mechanism.fooling / mechanism.cost
            pain = mechanism.cost * (effort @ effort + trick**2) / 2
            premium = mechanism.risk_aversion * float(((held * a * noise) ** 2).sum()) / 2
            return effort, (pain + premium) / held

        def left(slopes):
            effort, wage = play(slopes)
            return wage - w @ effort

        found = minimize(left, np.zeros(used.sum()), method="BFGS", options={"gtol": 1e-9})
        effort, wage = play(found.x)
        people = float(sum(problem.profile.weights))
        scale = 1.0 + float(w @ w)
        return Twin(
            taken=np.tile(effort, problem.profile.n_agents) if scale < 200 else None,
            payments=[wage / people] * problem.profile.n_agents if scale < 200 else None,
            accepts=lambda taken: np.allclose(taken[: len(w)], effort, rtol=1e-4, atol=1e-4),
        )


def test_escrow_scales_the_surplus_and_fooling_costs_what_holmstrom_and_milgrom_say() -> None:
    """One task of worth b, verified without noise: surplus escrow b^4 / (2 (b^2 + f^2)); overlooking costs nothing."""
    p = te.ThickProfile.from_values([[2.0]])
    for escrow, fooling, overlooked in ((1.0, 0.0, 0.5), (0.8, 0.0, 0.0), (0.8, 1.5, 0.0), (1.0, 1.5, 0.5)):
        contract = OutcomeContract(escrow=escrow, fooling=fooling, overlooked=overlooked)
        outcome = contract.run(p, rng=0)
        apparent = fooling / (1 - overlooked)
        assert outcome.certified
        assert float(outcome.surplus()[0]) == pytest.approx(escrow * 16 / (2 * (4 + apparent**2)))
    for bad in ({"overlooked": 1.0}, {"escrow": 0.0}, {"escrow": 1.5}, {"fooling": -1.0}):
        with pytest.raises(InputError):
            OutcomeContract(**bad)


def angled(theta, b=1.0, g=1.0, tasks=2):
    """One person; the outcome weighs b along the first task, the metric weighs g at an angle (degrees)."""
    outcome, metric = np.zeros((2, tasks))
    outcome[0], metric[:2] = b, (g * np.cos(np.radians(theta)), g * np.sin(np.radians(theta)))
    motives = ["worth", te.Motive("metered only", "influence")]
    return te.ThickProfile.from_arrays(np.stack([outcome, metric - outcome])[None], [1.0, 0.0], motives=motives)


def surplus(pay, theta, **others):
    outcome = OutcomeContract(pay, **others).run(angled(theta))
    assert outcome.certified
    return float(outcome.surplus()[0])


@pytest.mark.parametrize(
    ("theta", "numbers"),
    [(0, (0.5, 0.5, 0.4)), (30, (0.366, 0.375, 0.4)), (60, (0, 0.125, 0.4)), (80, (-0.326, 0.015, 0.4))],
)
def test_metric_against_outcome(theta, numbers) -> None:
    """b g - g^2 / 2, b^2 cos^2 / 2 (Baker) and b^4 / (2 (b^2 + r s^2)) at s = .5, to three digits."""
    for pay, number in zip(("metric", "tuned", "outcome"), numbers, strict=True):
        assert surplus(pay, theta, noise=0.5) == pytest.approx(number, abs=5e-4)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-2, 2), min_size=6, max_size=6),
    st.floats(0, 2),
    st.floats(0.1, 2),
    st.floats(0.1, 3),
    st.floats(0.5, 2),
)
def test_no_other_slopes_leave_more(numbers, quiet, loud, risk_aversion, cost) -> None:
    """Against a general optimiser, started at nothing: at most 1e-6 better."""
    worth, metric = np.array(numbers).reshape(2, 3)
    signals, noise = np.stack([metric, worth]), np.array([quiet, loud])

    def lost(slopes):
        effort = [sum(a * s[j] for a, s in zip(slopes, signals, strict=True)) / cost for j in range(3)]
        gain = sum(w * e - cost * e * e / 2 for w, e in zip(worth, effort, strict=True))
        return -gain + risk_aversion * sum((a * n) ** 2 for a, n in zip(slopes, noise, strict=True)) / 2

    found = best_slopes(worth, signals, noise, cost, risk_aversion)
    assert lost(found) <= minimize(lost, np.zeros(2), method="Powell").fun + 1e-6


def test_two_signals_are_never_worse_than_one() -> None:
    """Holmstrom (1979): each signal adds unless the other says all of it; here by solving two equations by hand.

    At 60 degrees, s = .5, a silent meter: a + o / 2 = 1 / 2 and a / 2 + 1.25 o = 1, so a = 1/8, o = 3/4, 13/32 in all.
    """
    assert surplus("both", 60, noise=0.5) == pytest.approx(13 / 32)
    assert OutcomeContract("both", noise=0.5).run(angled(60)).decision.details["slopes"] == pytest.approx(
        [1 / 8, 3 / 4]
    )
    for theta in range(0, 181, 15):
        for quiet in (0.0, 0.7):
            settings_ = {"noise": 0.5, "metric_noise": quiet}
            both = surplus("both", theta, **settings_)
            assert both >= max(surplus("tuned", theta, **settings_), surplus("outcome", theta, **settings_)) - 1e-12


def test_the_economy_prospers() -> None:
    """At 80 degrees the meter counts 1 at face value, as it does at 0, and society is poorer than with no work."""
    p = angled(80)
    outcome = OutcomeContract("metric").run(p)
    assert outcome.utilities(te.Revealed()).sum() == pytest.approx(1.0)
    assert outcome.surplus().sum() < -0.3
    assert outcome.certified


def test_reports_move_the_outcome_and_not_the_meter() -> None:
    p = te.ThickProfile.from_values([[1.0, 0.0], [0.0, 1.0]])
    said = np.array([[3.0, 0.0], [0.0, 1.0]])
    assert OutcomeContract().run(p, reports=said).taken[:2] == pytest.approx([3.0, 1.0])
    assert OutcomeContract("metric").run(p, reports=said).taken[:2].tolist() == [1.0, 1.0]
    tuned = OutcomeContract("tuned").run(p, reports=said)
    assert tuned.taken[:2] == pytest.approx([2.0, 2.0])  # slope b g / g^2 = 4 / 2


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"pay": "by the hour"}, "metric"),
        ({"noise": -1.0}, "at least 0"),
        ({"metric_noise": np.nan}, "finite"),
        ({"risk_aversion": np.inf}, "finite"),
        ({"cost": 0.0}, "more than 0"),
        ({"cost": "high"}, "numeric"),
    ],
)
def test_bad_parameters(arguments, match) -> None:
    with pytest.raises(InputError, match=match):
        OutcomeContract(**arguments)


def test_bad_problems() -> None:
    with pytest.raises(ProblemError, match="outside"):
        OutcomeContract().run(te.ThickProfile.from_values([[1.0, 2.0]], outside=1.0))
    with pytest.raises(ProblemError, match="must evaluate all"):
        OutcomeContract().run(te.ThickProfile.from_values([[1.0, np.nan], [1.0, 1.0]]))
    with pytest.raises(LensError):
        OutcomeContract(lens=te.Unanimous()).run(te.ThickProfile.from_values([[1.0, 2.0]]))


def test_values_beyond_floating_point_are_refused() -> None:
    huge = te.Choice(te.ThickProfile.from_values([[1e300, 0.0], [1e299, 1e300]], unit="money"))
    with pytest.raises(te.errors.InputError, match="beyond floating point"):
        te.auctions.OutcomeContract(noise=0.5).run(huge, rng=0)
