"""L3b: what bots cost a common budget, by simulation; each outcome of the knapsack against enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenario import SCENARIOS
from thickecon.studies.scenarios.participatory_budgeting import ParticipatoryBudgeting


def played(made: ParticipatoryBudgeting, replicates: int, root: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def mean(found: dict[tuple[str, str], np.ndarray], arm: str, name: str = "endorsed") -> float:
    return float(found[arm, name].mean())


def optimum(votes: np.ndarray, costs: np.ndarray, budget: float) -> list[int]:
    """The affordable set with the most votes, by trying all."""
    sets = (list(s) for k in range(len(costs) + 1) for s in combinations(range(len(costs)), k))
    return max((s for s in sets if costs[s].sum() <= budget), key=lambda s: votes[s].sum())


def suspected(world, kept: np.ndarray, made: ParticipatoryBudgeting) -> np.ndarray:
    """Chances that the bots are each project's, hypothesis by hypothesis, from densities of scipy."""
    count, m = len(world.bot_noise), world.ballots.shape[1]
    votes = np.vstack([world.ballots, np.eye(m)[[world.worst] * count]])
    passed = np.concatenate([kept, world.bot_noise < made.alpha])
    weight = np.zeros(m)
    for t in range(m):
        honest = votes.sum(axis=0)
        honest[t] -= count
        if honest[t] < 0:
            continue
        bots = np.diag(np.where(np.arange(m) == t, count, 0.0))
        mean = (1 - made.beta) * honest + made.alpha * np.diag(bots)
        table = made.beta * (1 - made.beta) * (votes.T @ votes - bots) + made.alpha * (1 - made.alpha) * bots
        log = -(m - 1) / 2 * np.log(m * honest.var())
        log += multivariate_normal.logpdf(votes[passed].sum(axis=0), mean, table, allow_singular=True)
        weight[t] = np.exp(log)
    return weight / weight.sum()


@pytest.mark.statistical
def test_suspicion_is_a_chance() -> None:
    """Bots of a project drawn at random, honest totals from the law that is assumed, deviations over three decades: of
    the projects suspected with a chance in each fifth of [0, 1], as many are the bots' as the chances say.
    """
    made = ParticipatoryBudgeting(projects=5, alpha=0.7, beta=0.2)
    rng = np.random.default_rng(8)
    chances, true = [], []
    n, count = 60, 20
    for _ in range(2000):
        target, totals = rng.integers(5), rng.normal(300.0, np.exp(rng.uniform(np.log(0.1), np.log(100.0))), 5)
        taste = rng.normal(0.0, 0.5, (n, 5))
        votes = np.vstack([totals / n + taste - taste.mean(axis=0), np.eye(5)[[target] * count]])
        passed = np.concatenate([rng.random(n) >= 0.2, rng.random(count) < 0.7])
        chances.append(made.suspicion(votes, passed, count))
        true.append(np.arange(5) == target)
    p, is_it = np.concatenate(chances), np.concatenate(true)
    assert np.array(chances).sum(axis=1) == pytest.approx(1.0)
    for low in np.arange(0, 1, 0.2):
        here = (p >= low) & (p < low + 0.2)
        if here.sum() >= 30:
            error = np.sqrt((p[here] * (1 - p[here])).sum()) / here.sum()
            assert abs(is_it[here].mean() - p[here].mean()) <= 4 * error, low


def test_every_arm_funds_the_best_set_of_what_it_counts() -> None:
    """Six projects: welfare of each arm from its own votes, added up by hand."""
    made = ParticipatoryBudgeting(n=40, projects=6, budget=40, bots=0.2, alpha=0.5, beta=0.1, beta_poor=0.3)
    for replicate in range(25):
        draws = Draws(2, made.name, replicate)
        world = made.draw(draws)
        bots = np.zeros(6)
        bots[world.worst] = 1.0
        kept = world.honest_noise >= np.where(world.poor, 0.3, 0.1)
        passed = int((world.bot_noise < 0.5).sum())
        every, through = world.ballots.sum(axis=0), world.ballots[kept].sum(axis=0)
        honest, count = 40 / 48, 8
        after = {  # Bayes' rule with the detector's rates as the planner believes them
            "passed": honest * 0.9 / (honest * 0.9 + (1 - honest) * 0.5),
            "rejected": honest * 0.1 / (honest * 0.1 + (1 - honest) * 0.5),
        }
        votes = {
            "sidt": every + count * bots,
            "thick": through + passed * bots,
            "informed": through + passed * bots,
            "shrunk": every + count * bots - count * suspected(world, kept, made),
            "ballotwise": after["passed"] * (through + passed * bots)
            + after["rejected"] * (every - through + (count - passed) * bots),
            "corrected": through + passed * bots - 0.5 * (every + count * bots),
            "oracle": every,
        }
        for arm, total in votes.items():
            got = made.play(world, arm, draws)
            best = optimum(total, world.costs, 40)
            assert got["endorsed"] == pytest.approx(world.ballots[:, best].sum(axis=1).mean(), abs=1e-12), arm
            assert got["captured"] == float(world.worst in best)


@pytest.mark.statistical
def test_a_cliff_under_sidt_and_none_under_thick() -> None:
    """Printed for another, unstated law of votes: captured 9 / 32 / 71 / 91 % at 4 / 6 / 8 / 10 % bots, welfare of SIDT
    .571 / .559 / .530 / .510 and of thick .574 throughout. With votes as stated here: the same cliff, .02 at most away.
    """
    captured, sidt, thick = [], [], []
    for bots in (0.04, 0.06, 0.08, 0.10):
        found = played(ParticipatoryBudgeting(bots=bots), 80)
        captured.append(mean(found, "sidt", "captured"))
        sidt.append(mean(found, "sidt"))
        thick.append(mean(found, "thick"))
    assert captured[0] < 0.3
    assert captured[-1] > 0.9
    assert captured == sorted(captured)
    assert sidt == sorted(sidt, reverse=True)
    assert sidt == pytest.approx([0.571, 0.559, 0.530, 0.510], abs=0.03)
    assert thick == pytest.approx([0.574] * 4, abs=0.03)
    assert np.ptp(thick) < 0.005
    assert sidt[-1] < thick[-1] - 0.04


@pytest.mark.statistical
def test_a_weaker_detector_gains_less() -> None:
    """10 % bots, alpha .5 / .8 / .95: printed .563 / .524 / .511 against SIDT .510, here .02 more in every arm."""
    found = {alpha: played(ParticipatoryBudgeting(bots=0.1, alpha=alpha), 60) for alpha in (0.5, 0.8, 0.95)}
    thick = [mean(f, "thick") for f in found.values()]
    sidt = mean(found[0.5], "sidt")
    assert thick == sorted(thick, reverse=True)
    assert thick[0] > sidt + 0.02
    assert abs(thick[2] - sidt) < 0.005
    assert mean(found[0.8], "corrected") > thick[1] + 0.02  # unbiased totals survive a poor detector
    for each in found.values():  # which project they agree on shows in the totals
        gain = each["shrunk", "endorsed"] - each["thick", "endorsed"]
        assert gain.mean() > -2 * gain.std(ddof=1) / np.sqrt(len(gain))
        assert mean(each, "shrunk") > mean(each, "ballotwise")
    assert mean(found[0.8], "shrunk") > thick[1] + 0.02
    assert mean(found[0.5], "ballotwise") < thick[0]  # bots agree with one another, which ballot by ballot nobody sees


@pytest.mark.statistical
def test_without_bots_the_poor_pay_for_the_detector() -> None:
    """Printed: .550 against .561, the poor .428 instead of .517, for another law of votes: the same signs."""
    found = played(ParticipatoryBudgeting(bots=0.0, beta_poor=0.6), 60)
    for name, sign in (("endorsed", -1), ("endorsed_poor", -1), ("endorsed_rich", 1)):
        change = found["thick", name] - found["sidt", name]
        assert sign * change.mean() > 2 * change.std(ddof=1) / np.sqrt(len(change)), name
    assert np.array_equal(found["sidt", "endorsed"], found["oracle", "endorsed"])
    assert mean(found, "thick", "rejected_poor") == pytest.approx(0.6, abs=0.03)
    assert mean(found, "thick", "endorsed_poor") < mean(found, "sidt", "endorsed_poor") - 0.03


def test_limits() -> None:
    """A perfect detector is the oracle, and thick is what throws rejected ballots away, under both rules."""
    for rule in ("knapsack", "equal_shares"):
        found = played(ParticipatoryBudgeting(n=60, bots=0.2, alpha=0.0, beta=0.0, beta_poor=0.0, rule=rule), 6)
        for name in ("endorsed", "captured", "spent"):
            assert found["thick", name] == pytest.approx(found["oracle", name], abs=1e-12)
            for arm in ("shrunk", "ballotwise"):
                assert found[arm, name] == pytest.approx(found["oracle", name], abs=1e-12)
    found = played(ParticipatoryBudgeting(n=60, bots=0.2, rule="equal_shares"), 6)
    for (arm, name), values in found.items():
        if arm == "thick":
            assert values == pytest.approx(found["informed", name], abs=1e-12)
    found = played(ParticipatoryBudgeting(n=20, bots=0.5, alpha=0.0, beta=1.0, beta_poor=1.0), 2)
    assert mean(found, "thick") == 0.0  # nothing passes, nothing is funded
    assert mean(found, "thick", "spent") == 0.0


@pytest.mark.statistical
def test_equal_shares_resist_bots_by_themselves() -> None:
    """6 % bots own 6 % of the budget: SIDT is captured in about half of the knapsacks, hardly ever by equal shares."""
    knapsack, shares = (played(ParticipatoryBudgeting(rule=rule), 12) for rule in ("knapsack", "equal_shares"))
    assert mean(knapsack, "sidt", "captured") > mean(shares, "sidt", "captured") + 0.2


def test_in_a_study(tmp_path) -> None:
    assert SCENARIOS["participatory_budgeting"] is ParticipatoryBudgeting
    fixed = {"n": 50, "projects": 8}
    suite = {
        "schema": 1,
        "name": "budget",
        "seed": 3,
        "defaults": {"replicates": 4, "block": 2},
        "study": [
            {"scenario": "participatory_budgeting", "fixed": fixed, "grid": {"bots": [0.0, 0.1], "alpha": [0.2, 1.0]}},
            {"scenario": "participatory_budgeting", "fixed": fixed, "mechanism": "welfare.ParticipatoryBudgeting"},
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(ParticipatoryBudgeting.arms)


def test_knobs_and_draws() -> None:
    with pytest.raises(InputError, match="at least cost_low"):
        ParticipatoryBudgeting(cost_low=9, cost_high=5)
    with pytest.raises(InputError, match="equal_shares"):
        ParticipatoryBudgeting(rule="greedy")
    one, other = (ParticipatoryBudgeting(alpha=a).draw(Draws(1, "participatory_budgeting", 0)) for a in (0.1, 0.9))
    assert np.array_equal(one.ballots, other.ballots)
    assert np.array_equal(one.bot_noise, other.bot_noise)
