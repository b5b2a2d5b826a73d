"""Budgets against stored answers of another library (named in the file), which counts in exact fractions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thickecon as te
from thickecon.welfare import ParticipatoryBudgeting
from thickecon.welfare.kernels import equal_shares

CASES = json.loads((Path(__file__).parent / "pabutools.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[f"{k}-{case['kind']}" for k, case in enumerate(CASES)])
def test_equal_shares_and_knapsack(case: dict[str, Any]) -> None:
    table, costs = np.array(case["utilities"], dtype=float), tuple(map(float, case["costs"]))
    gains = table * costs if case["kind"] == "cost" else table
    assert sorted(equal_shares(gains, costs, case["budget"]).bought.tolist()) == case["equal_shares"]
    rule = ParticipatoryBudgeting(costs=costs, budget=case["budget"], utility=case["kind"])
    outcome = rule.run(te.ThickProfile.from_values(table), rng=0)
    assert outcome.welfare == pytest.approx(case["welfare"])
    assert outcome.certified
