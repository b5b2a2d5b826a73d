"""Goldin and Reck with covariates in repeated samples (endorsement notes: n = 4,000, logit, coverage .955 and .960)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.statistical.coverage import covers, holds, share_covered
from tests.unit.test_framed_people import people
from thickecon.endorsement import FramedPeople
from thickecon.endorsement.orthogonal_share import orthogonal_shares

pytestmark = pytest.mark.statistical


def test_orthogonal_score_covers_where_the_plain_formula_does_not() -> None:
    runs, found, plain = 400, {"people": [], "moved": []}, []  # type: ignore[var-annotated]
    for seed in range(runs):
        data, of_people, of_moved = _drawn(seed)
        y, d, w = data
        made = orthogonal_shares(y, d.astype(int), w, rng=seed)
        for name in ("people", "moved"):
            value, s = made[name], float(np.sqrt(made.variance(name)[0, 0]))
            found[name].append((value - 1.959964 * s, value + 1.959964 * s))
        y0, y1 = y[d == 0].mean(), y[d == 1].mean()
        q, c = y0 / (1 - y1 + y0), 1 - y1 + y0
        s = np.sqrt(
            ((1 - y1) / c**2) ** 2 * y0 * (1 - y0) / (d == 0).sum() + (y0 / c**2) ** 2 * y1 * (1 - y1) / d.sum()
        )
        plain.append((q - 1.96 * s, q + 1.96 * s))
    for name, truth in (("people", of_people), ("moved", of_moved)):
        inside = round(share_covered(found[name], truth) * runs)
        assert holds(inside, runs, 0.95, slack=0.01), (name, inside)
    assert share_covered(plain, of_people) < 0.8


TRUTHS: dict[str, float] = {}


def _drawn(seed: int) -> tuple[tuple[np.ndarray, ...], float, float]:
    gen = np.random.default_rng(seed)
    n = 3000
    w = gen.normal(0, 1, (n, 2))
    q, c = 1 / (1 + np.exp(-w[:, 0] - 0.5)), 0.4 + 0.4 / (1 + np.exp(-1.5 * w[:, 0] - w[:, 1]))
    frame = gen.random(n) < 1 / (1 + np.exp(-0.8 * w[:, 0]))
    y = np.where(gen.random(n) < c, gen.random(n) < q, frame).astype(float)
    if not TRUTHS:
        _, TRUTHS["people"], TRUTHS["moved"] = people(10, 0)
    return (y, frame.astype(float), w), TRUTHS["people"], TRUTHS["moved"]


def test_people_who_differ_beyond_the_covariates_break_it() -> None:
    """Independence fails given the covariates: the moved prefer it less; coverage of the share of people is lost."""
    gen, inside = np.random.default_rng(9), []
    import pandas as pd

    for _ in range(60):
        n = 3000
        w = gen.normal(0, 1, n)
        consistent = gen.random(n) < 0.6
        prefers = gen.random(n) < np.where(consistent, 0.7, 0.2)
        frame = gen.random(n) < 0.5
        y = np.where(consistent, prefers, frame).astype(int)
        data = pd.DataFrame({"y": y, "frame": np.where(frame, "for", "against"), "w": w})
        inside.append(FramedPeople(covariates=("w",)).fit(data).interval(0.95))
    assert share_covered(inside, 0.6 * 0.7 + 0.4 * 0.2) < 0.1
    assert covers([(0, 1)] * 95 + [(2, 3)] * 5, 0.5)  # what the word means
