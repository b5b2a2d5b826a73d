"""Money wedges of logits in repeated samples, and what happens when an assumption fails."""

from __future__ import annotations

import numpy as np
import pytest

from tests.statistical.coverage import RUNS, covers, holds, share_covered
from thickecon.endorsement.choice_terms import in_numeraire
from thickecon.endorsement.conditional_logit import conditional_logit
from thickecon.endorsement.mixed_logit import mixed_logit

pytestmark = pytest.mark.statistical
TRUE = np.array([1.5, 1.1, -0.8])  # quality, shown, price


def world(gen: np.random.Generator, n: int, *, nested: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rows, 3) regressors of sets of three, starts, choices; ``nested``: two of the three are near substitutes."""
    x = np.stack([gen.uniform(0, 1, (n, 3)), (gen.random((n, 3)) < 0.4) * 1.0, gen.uniform(1, 3, (n, 3))], axis=2)
    noise = gen.gumbel(size=(n, 3))
    if nested:
        noise[:, :2] = noise[:, :1] + (1 - nested) * (noise[:, :2] - noise[:, :1])
    u = x @ TRUE + noise
    return x.reshape(-1, 3), np.arange(0, 3 * n, 3), (u == u.max(axis=1, keepdims=True)).ravel()


def wedge(x: np.ndarray, starts: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    fit = conditional_logit(x, starts, chosen, ["quality", "shown", "price"])
    value, joint = in_numeraire(fit.coefficients, fit.covariance, np.array([1]), 2, -1.0, "price")
    return float(value[0]), float(np.sqrt(joint[0, 0]))


def test_money_wedge_covers() -> None:
    gen, inside, points = np.random.default_rng(1), [], []
    for _ in range(RUNS):
        value, s = wedge(*world(gen, 300))
        inside.append((value - 1.959964 * s, value + 1.959964 * s))
        points.append(value)
    assert covers(inside, 1.1 / 0.8)
    assert np.median(points) == pytest.approx(1.1 / 0.8, abs=0.03)


def test_near_substitutes_bend_coefficients_more_than_their_ratio() -> None:
    """Two of three options share their noise: log odds are off by far, money wedges of random frames hardly."""
    gen, inside, shown = np.random.default_rng(2), [], []
    for _ in range(100):
        x, starts, chosen = world(gen, 2000, nested=0.95)
        value, s = wedge(x, starts, chosen)
        inside.append((value - 1.96 * s, value + 1.96 * s))
        shown.append(conditional_logit(x, starts, chosen, ["quality", "shown", "price"]).coefficients[1])
    assert np.mean(shown) > 1.2 * 1.1
    assert share_covered(inside, 1.1 / 0.8) > 0.85


def test_a_frame_that_follows_quality_unseen_by_the_model_breaks_it() -> None:
    gen, inside = np.random.default_rng(4), []
    for _ in range(100):
        n = 500
        hidden = gen.normal(0, 1, (n, 3))
        x = np.stack([gen.uniform(0, 1, (n, 3)), (gen.random((n, 3)) < 1 / (1 + np.exp(-hidden))) * 1.0,
                      gen.uniform(1, 3, (n, 3))], axis=2)  # fmt: skip
        u = x @ TRUE + 0.8 * hidden + gen.gumbel(size=(n, 3))
        value, s = wedge(x.reshape(-1, 3), np.arange(0, 3 * n, 3), (u == u.max(axis=1, keepdims=True)).ravel())
        inside.append((value - 1.96 * s, value + 1.96 * s))
    assert share_covered(inside, 1.1 / 0.8) < 0.5


def test_mixed_logit_covers() -> None:
    gen, runs, inside = np.random.default_rng(3), 60, []
    for run in range(runs):
        n, sets = 120, 4
        own = TRUE + np.array([1.0, 0.0, 0.0]) * gen.normal(size=(n, 1))
        x = np.stack([gen.uniform(0, 1, (n, sets, 3)), (gen.random((n, sets, 3)) < 0.4) * 1.0,
                      gen.uniform(1, 3, (n, sets, 3))], axis=3)  # fmt: skip
        u = np.einsum("nsok,nk->nso", x, own) + gen.gumbel(size=(n, sets, 3))
        chosen = (u == u.max(axis=2, keepdims=True)).ravel()
        fit = mixed_logit(x.reshape(-1, 3), np.arange(0, 3 * n * sets, 3), chosen, np.repeat(np.arange(n), sets),
                          np.array([0]), start=TRUE, draws=40, seed=run)  # fmt: skip
        s = float(np.sqrt(fit.covariance[1, 1]))
        inside.append((fit.means[1] - 1.959964 * s, fit.means[1] + 1.959964 * s))
    assert holds(round(share_covered(inside, 1.1) * runs), runs, 0.95, slack=0.02)
