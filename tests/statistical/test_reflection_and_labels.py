"""Moral graphs, labels, stated against engaged and anchors in repeated samples; and broken assumptions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest

from tests.statistical.coverage import RUNS, covers, holds, share_covered
from thickecon.endorsement import AnchoredSignal, EngageEndorse, LabelModel, MoralGraph
from thickecon.endorsement.dawid_skene import dawid_skene

pytestmark = pytest.mark.statistical


def test_interval_of_a_moral_graph_covers() -> None:
    """One edge asked both ways, true support .6 of 60 decided answers: E = .4."""
    gen = np.random.default_rng(1)
    rule, found, points = MoralGraph(m=0, draws=0, net_reverse=False), [], []
    for _ in range(RUNS):
        k, back = int(gen.binomial(60, 0.6)), int(gen.binomial(60, 0.1))
        rows = [
            ("a", "b", "wiser", k),
            ("a", "b", "not", 60 - k),
            ("b", "a", "wiser", back),
            ("b", "a", "not", 60 - back),
        ]
        data = pd.DataFrame(rows, columns=["from", "to", "answer", "n"]).assign(context="-")
        data = data[data["n"] > 0]
        made = rule.fit(data)
        graph = made.graph
        assert graph is not None
        # the pair is a cycle, so the upper end is 1; the lower end is Wilson's, one-sided 97.5 %
        found.append((float(graph.low[0]), 1.0))
        points.append(float(graph.one_step[0]))
    assert 0.96 <= share_covered(found, 0.4) <= 0.99
    assert np.mean(points) == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / 60 / RUNS))


def wilson_covers(n: int, p: float) -> float:
    """How often Wilson's 95 % interval covers, exactly: a sum over the binomial law."""
    k = np.arange(n + 1)
    inside = [(lambda ci: ci.low <= p <= ci.high)(binomtest(int(x), n).proportion_ci(0.95, "wilson")) for x in k]
    return float(binom.pmf(k, n, p)[inside].sum())


def test_interval_of_the_walk_covers_on_a_chain() -> None:
    """a -> b (.6 of 60), b -> c (.5 of 80), no cycle: the walk leaves .4 and .5; Wilson's law is known exactly."""
    gen = np.random.default_rng(7)
    rule, intervals, points = MoralGraph(m=0, draws=0, require_reverse=False), [], []
    for _ in range(RUNS):
        j, k = int(gen.binomial(60, 0.6)), int(gen.binomial(80, 0.5))
        rows = [("a", "b", "wiser", j), ("a", "b", "not", 60 - j), ("b", "c", "wiser", k), ("b", "c", "not", 80 - k)]
        found = rule.fit(pd.DataFrame(rows, columns=["from", "to", "answer", "n"]).assign(context="-"))
        intervals.append(found.bounds.loc[["a", "b"]].to_numpy())
        points.append(found.estimate.loc[["a", "b"]].to_numpy())
    for at, (n, p) in enumerate([(60, 0.6), (80, 0.5)]):
        ends = np.array(intervals)[:, at]
        assert covers(ends, 1 - p)
        assert holds(round(share_covered(ends, 1 - p) * RUNS), RUNS, wilson_covers(n, p))
        assert np.mean(points, axis=0)[at] == pytest.approx(1 - p, abs=4 * np.sqrt(p * (1 - p) / n / RUNS))


def test_interval_of_the_walk_in_a_cycle_covers_more_than_it_says() -> None:
    """a -> b (.6) and out, a -> c (.3); b -> a (.4), all of 100: a cycle has an identified set, so at least 95 %.

    The walk of the whole population by hand: it leaves a with chance .6, two thirds of that to b and a third to c;
    from b it returns with chance .4: E = .4 / (1 - .6 * 2 / 3 * .4).
    """
    gen, truth = np.random.default_rng(8), 0.4 / (1 - 0.6 * 2 / 3 * 0.4)
    rule, intervals, points = MoralGraph(m=0, draws=0, require_reverse=False, net_reverse=False), [], []
    for _ in range(RUNS):
        rows = []
        for a, b, p in (("a", "b", 0.6), ("a", "c", 0.3), ("b", "a", 0.4)):
            k = int(gen.binomial(100, p))
            rows += [(a, b, "wiser", k), (a, b, "not", 100 - k)]
        found = rule.fit(pd.DataFrame(rows, columns=["from", "to", "answer", "n"]).assign(context="-"))
        assert found.graph is not None
        points.append(float(found.graph.walk[0]))
        intervals.append(found.bounds.loc["a"].to_numpy())
    assert share_covered(intervals, truth) >= 0.95
    assert np.mean(points) == pytest.approx(truth, abs=0.004)  # a curved function of shares: biased by about 1 / n


def test_yes_saying_is_taken_for_wisdom_unless_corrected() -> None:
    """Nobody finds b wiser, .3 say so all the same: one step leaves .7 of a, corrected nearly all."""
    gen = np.random.default_rng(2)
    plain, mended = [], []
    for _ in range(200):
        k = int(gen.binomial(200, 0.3))
        data = pd.DataFrame(
            [("a", "b", "-", "wiser", k), ("a", "b", "-", "not", 200 - k)],
            columns=["from", "to", "context", "answer", "n"],
        )
        for rule, kept in ((MoralGraph("one_step", m=0, draws=0), plain),
                           (MoralGraph("one_step", m=0, draws=0, yes_saying=(0.3, 0.1)), mended)):  # fmt: skip
            kept.append(float(rule.fit(data).estimate["a"]))
    assert np.mean(plain) == pytest.approx(0.7, abs=0.01)
    assert np.mean(mended) > 0.97


def test_corrected_labels_cover_and_misjudged_ones_do_not() -> None:
    """T9: E[v_hat] = (1 - beta) v + alpha delta; with the right rates unbiased, the deviation 1 / (1 - a - b) wider."""
    gen, share, alpha, beta, n = np.random.default_rng(3), 0.7, 0.2, 0.1, 400
    q = share * (1 - beta) + (1 - share) * alpha
    right, wrong, points = [], [], []
    for _ in range(RUNS):
        yes = int(gen.binomial(n, q))
        data = pd.DataFrame({"agent": range(n), "component": "c", "value": 1.0, "label": [1] * yes + [0] * (n - yes)})
        for a, kept in ((alpha, right), (0.0, wrong)):
            found = LabelModel(alpha=a, beta=beta).fit(data)
            x, s = float(found.values[0]), float(found.errors[0])
            kept.append((x - 1.959964 * s, x + 1.959964 * s))
            if a == alpha:
                points.append(x)
    assert covers(right, share)
    assert share_covered(wrong, share) < 0.6
    assert np.mean(points) == pytest.approx(share, abs=4 * np.std(points) / np.sqrt(RUNS))
    assert np.std(points) == pytest.approx(np.sqrt(q * (1 - q) / n) / (1 - alpha - beta), rel=0.06)


def raters(gen: np.random.Generator, n: int, copied: float = 0.0) -> tuple[np.ndarray, ...]:
    truth = gen.random(n) < 0.6
    u = gen.random((n, 4))
    same = gen.random((n, 4)) < copied  # who looks over the first one's shoulder
    u = np.where(same, u[:, :1], u)
    label = np.where(truth[:, None], u > 0.2, u < 0.15).astype(float)
    return np.repeat(np.arange(n), 4), np.tile(np.arange(4), n), label.ravel(), np.zeros(n, dtype=int)


def test_several_raters_cover_and_raters_who_copy_do_not() -> None:
    gen = np.random.default_rng(4)
    intervals: dict[float, list[tuple[float, float]]] = {0.0: [], 0.6: []}
    for copied, kept in intervals.items():
        for _ in range(RUNS if copied == 0 else 200):
            found = dawid_skene(*raters(gen, 400, copied), 4)
            s = float(np.sqrt(found.covariance[0, 0]))
            kept.append((float(found.share[0]) - 1.959964 * s, float(found.share[0]) + 1.959964 * s))
    assert covers(intervals[0.0], 0.6)
    assert share_covered(intervals[0.6], 0.6) < 0.85


def test_share_of_added_engagement_covers() -> None:
    """Users with effects of their own; true share .5. Bootstrap and permutations are cut to the least: not in use."""
    gen = np.random.default_rng(5)
    found = []
    for run in range(RUNS):
        lift = np.repeat(gen.uniform(0.1, 0.5, 40), 20)
        parts = []
        for ranker, e in (("r", 0.2 + lift), ("chronological", np.full(800, 0.2))):
            u = gen.random(800)
            seen = {"user": np.repeat(np.arange(40), 20), "item": 0, "ranker": ranker, "engaged": (u < e).astype(int)}
            parts.append(pd.DataFrame({**seen, "endorsed": np.where(u < e / 2, 1, -1)}))
        made = EngageEndorse(draws=100, rng=run).fit(pd.concat(parts, ignore_index=True))
        found.append(made.interval(0.95))
    assert covers(found, 0.5)


def test_anchors_cover_and_a_confounded_anchor_does_not() -> None:
    gen, mu, a1, a0, b1, b0 = np.random.default_rng(6), 0.5, 0.02, 0.2, 0.3, 0.1
    pi, truth = mu * a1 / (mu * a1 + (1 - mu) * a0), mu * b1 / (mu * b1 + (1 - mu) * b0)
    right, wrong = [], []
    for _ in range(RUNS):
        v = gen.binomial(20_000, mu)
        for twist, kept in ((1.0, right), (2.0, wrong)):  # of the anchor where the behaviour is seen
            b_v, b_0 = gen.binomial(v, b1), gen.binomial(20_000 - v, b0)
            with_b = gen.binomial(b_v, min(a1 * twist, 1)) + gen.binomial(b_0, min(a0 * twist, 1))
            without = gen.binomial(v - b_v, a1) + gen.binomial(20_000 - v - b_0, a0)
            data = pd.DataFrame(
                [("all", 20_000, with_b + without), ("b", b_v + b_0, with_b)], columns=["behaviour", "n", "k"]
            )
            kept.append(AnchoredSignal(mu=mu, pi=pi).fit(data).to_frame().loc["b", ["lower", "upper"]].to_numpy())
    assert share_covered(right, truth) >= 0.93  # behaviour and whole overlap: errors are on the large side
    assert share_covered(wrong, truth) < 0.2
