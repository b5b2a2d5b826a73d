"""Persuasion rates and the bounds of Jun and Lee: published rows, closed forms and enumeration of who is who."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.endorsement import JunLeeBounds, PersuasionRate, persuasion_bounds
from thickecon.errors import EvidenceError, NotApplicableError

DATA = Path(__file__).resolve().parents[2] / "../shared/data/endorsement"
needs = pytest.mark.skipif(not DATA.exists(), reason="counts are not beside the repository")

# y1, y0, e1, e0 of six turnout studies, and in per cent the DellaVigna-Kaplan rate, the lower bound for everybody and
# that for compliers by marginals: Jun and Lee (2023), doi:10.1086/724114, table 1, the rates recomputed by hand.
TURNOUT = {
    "Green and Gerber (2000)": (0.472, 0.448, 0.279, 0.0, 15.6, 4.3, 8.6),
    "Green, Gerber and Nickerson (2003)": (0.310, 0.286, 0.293, 0.0, 11.5, 3.4, 8.2),
    "Green and Gerber (2001) a": (0.711, 0.660, 0.737, 0.0, 20.4, 15.0, 15.0),
    "Green and Gerber (2001) b": (0.416, 0.405, 0.414, 0.0, 4.5, 1.8, 2.7),
    "Gentzkow (2006)": (0.455, 0.435, 0.800, 0.0, 4.4, 3.5, 3.5),
    "Gentzkow, Shapiro and Sinkinson (2011)": (0.700, 0.690, 0.250, 0.0, 12.9, 3.2, 4.0),
}


def table(**cells: int) -> pd.DataFrame:
    """Counts by "zty" digits."""
    rows = [(int(k[1]), int(k[2]), int(k[3]), n) for k, n in cells.items()]
    return pd.DataFrame(rows, columns=["z", "t", "y", "n"])


@pytest.mark.parametrize("study", TURNOUT)
def test_published_rows(study: str) -> None:
    y1, y0, e1, e0, dk, everybody, compliers = TURNOUT[study]
    moments = {"y1": y1, "y0": y0, "e1": e1, "e0": e0}
    assert 100 * persuasion_bounds(moments, "outcome")[0] == pytest.approx(everybody, abs=0.051)
    assert 100 * persuasion_bounds(moments)[0] == pytest.approx(everybody, abs=0.051)
    assert 100 * persuasion_bounds(moments, about="compliers")[0] == pytest.approx(compliers, abs=0.051)
    n = 1_000_000  # the rate itself through the estimator, from counts that have these shares
    data = pd.DataFrame(
        [(1, 1, z, round(n * y * e)) for z, y, e in ((1, y1, e1), (0, y0, e0))]
        + [(0, 1, z, round(n * (1 - y) * e)) for z, y, e in ((1, y1, e1), (0, y0, e0))]
        + [(1, 0, z, round(n * y * (1 - e))) for z, y, e in ((1, y1, e1), (0, y0, e0))]
        + [(0, 0, z, round(n * (1 - y) * (1 - e))) for z, y, e in ((1, y1, e1), (0, y0, e0))],
        columns=["y", "t", "z", "n"],
    )
    assert 100 * PersuasionRate().fit(data).estimate == pytest.approx(dk, abs=0.051)


@needs
@pytest.mark.shared_data
def test_counts_of_the_washington_post_arm() -> None:
    """Gerber, Karlan and Bergan (2009), 2 x 2 x 2 counts: every bound by hand from the counts."""
    found = {
        (data, about): JunLeeBounds(data=data, about=about).fit(pd.read_csv(DATA / "gkb_counts.csv"))
        for data in ("outcome", "marginals", "joint")
        for about in ("everybody", "compliers")
    }
    y1, y0 = (31 + 68) / 286, (46 + 77) / 415
    e1, e0 = (93 + 68) / 286, (130 + 77) / 415
    low = (y1 - y0) / (1 - y0)
    assert found["outcome", "everybody"].bounds == pytest.approx((low, 1.0))
    assert found["marginals", "everybody"].bounds == pytest.approx((low, y1 + 1 - e1))  # y0 < e0: nobody is sure
    joint = (68 / 286 + 1 - e1 - 46 / 415) / (1 - 46 / 415)
    assert found["joint", "everybody"].bounds == pytest.approx((low, joint))
    assert found["marginals", "compliers"].bounds == pytest.approx((max(low, (y1 - y0) / (e1 - e0)), 1.0))
    local = (y1 - y0) / (162 / 415 - 94 / 286)
    assert found["joint", "compliers"].estimate == pytest.approx(local)
    assert found["joint", "compliers"].bounds == pytest.approx((local, local))
    assert PersuasionRate().fit(pd.read_csv(DATA / "gkb_counts.csv")).estimate == pytest.approx(
        (y1 - y0) / (e1 - e0) / (1 - y0)
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=9, max_size=9))
def test_bounds_hold_whoever_people_are(shares: list[int]) -> None:
    """Strata of exposure (never, complier, always) by response (never, persuadable, always), monotone in both: the
    true rate P(Y(1)=1 | Y(0)=0) lies in every bound, and the local one is hit."""
    weight = np.array(shares, dtype=float).reshape(3, 3)
    if weight[:, :2].sum() == 0 or weight[1, :2].sum() == 0:
        return
    weight /= weight.sum()
    cells = dict.fromkeys(product((0, 1), (0, 1), (0, 1)), 0.0)  # z, t, y: probabilities within an arm
    for exposure, response, z in product(range(3), range(3), (0, 1)):
        t = int(exposure == 2 or (exposure == 1 and z == 1))
        y = int(response == 2 or (response == 1 and t == 1))
        cells[z, t, y] += weight[exposure, response]
    moments = {
        "y1": cells[1, 0, 1] + cells[1, 1, 1], "y0": cells[0, 0, 1] + cells[0, 1, 1],
        "e1": cells[1, 1, 0] + cells[1, 1, 1], "e0": cells[0, 1, 0] + cells[0, 1, 1],
        "y_and_t1": cells[1, 1, 1], "y_not_t0": cells[0, 0, 1],
        "never0": cells[0, 0, 0], "never1": cells[1, 0, 0],
    }  # fmt: skip
    truth = weight[:, 1].sum() / weight[:, :2].sum()
    ends = [persuasion_bounds(moments, data) for data in ("outcome", "marginals", "joint")]
    for low, high in ends:
        assert low - 1e-12 <= truth <= high + 1e-12
    assert ends[2][1] <= ends[1][1] + 1e-12 <= ends[0][1] + 2e-12  # more data, narrower
    local = weight[1, 1] / weight[1, :2].sum()
    assert persuasion_bounds(moments, "joint", "compliers")[0] == pytest.approx(local, abs=1e-9)
    low, high = persuasion_bounds(moments, "marginals", "compliers")
    assert low - 1e-9 <= local <= high + 1e-9


def test_errors_are_those_of_regressions() -> None:
    """HC1 of y on z: in an arm of n people, p (1 - p) / n times N / (N - 2); the lower end by the delta method."""
    data = table(c100=60, c101=40, c000=240, c001=60)
    n1, n0, y1, y0 = 100, 300, 0.4, 0.2
    v1, v0 = (y * (1 - y) / n * 400 / 398 for y, n in ((y1, n1), (y0, n0)))
    expected = np.sqrt(v1 / (1 - y0) ** 2 + v0 * ((y1 - 1) / (1 - y0) ** 2) ** 2)
    found = JunLeeBounds(data="outcome").fit(data.drop(columns="t"))
    assert found.end_errors[0] == pytest.approx([expected, 0.0], rel=1e-6)
    one_by_one = data.loc[data.index.repeat(data["n"])].drop(columns=["n", "t"])
    assert JunLeeBounds().fit(one_by_one).end_errors[0] == pytest.approx([expected, 0.0], rel=1e-6)


def test_clusters_and_covariates() -> None:
    """Clusters of identical people: errors are those of so many people fewer. Covariates: cell means, averaged."""
    gen = np.random.default_rng(3)
    z, x = np.repeat([0, 1], 300), np.tile([0, 1, 1], 200)
    y = (gen.random(600) < 0.2 + 0.2 * z + 0.3 * x).astype(int)
    small = pd.DataFrame({"y": y, "z": z, "x": x})
    large = pd.concat([small] * 4, ignore_index=True).assign(site=np.tile(np.arange(600), 4))
    one = JunLeeBounds(data="outcome").fit(small)
    many = JunLeeBounds(data="outcome", cluster="site").fit(large)
    assert many.bounds == pytest.approx(one.bounds)
    assert many.end_errors[0, 0] == pytest.approx(one.end_errors[0, 0], rel=0.01)
    found = JunLeeBounds(data="outcome", covariates=("x",), draws=400, rng=0).fit(small)
    means = small.groupby(["z", "x"])["y"].mean()
    share = small["x"].mean()
    y1, y0 = (means[a, 0] * (1 - share) + means[a, 1] * share for a in (1, 0))
    assert found.bounds[0] == pytest.approx((y1 - y0) / (1 - y0))
    low, high = found.diagnostics["percentile_95"]
    assert low < found.bounds[0] < high
    assert found.end_errors[0, 0] == pytest.approx(one.end_errors[0, 0], rel=0.2)


def test_exposure_says_nothing_normative() -> None:
    profile = te.ThickProfile.from_values([[1.0, 2.0]]).with_influence("ad", 1.0)
    for found in (PersuasionRate().fit(table(c100=6, c111=4, c000=8, c001=2)), JunLeeBounds().fit(
        table(c100=6, c111=4, c000=8, c001=2))):  # fmt: skip
        assert found.kind == "exposure"
        with pytest.raises(NotApplicableError, match="nothing normative"):
            found.apply(profile, motives="ad")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y": [2, 0]}, "must be 0 or 1, found 2 in row 0"),
        ({"z": [1, 1]}, "has nobody with z = 0"),
        ({"n": [1.5, 1]}, "must be whole numbers >= 0, found 1.5 in row 0"),
        ({"y": [None, 0]}, "column 'y' has a missing value"),
        ({"y": ["yes", "no"]}, "column 'y'.*must be numbers"),
    ],
)
def test_bad_tables(change: dict[str, Any], said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        JunLeeBounds().fit(pd.DataFrame({"y": [1, 0], "z": [1, 0], "t": [1, 0], "n": [5, 5]} | change))


def test_bad_settings() -> None:
    data = table(c100=6, c111=4, c000=8, c001=2)
    with pytest.raises(EvidenceError, match="needs a column 't'"):
        JunLeeBounds(data="joint").fit(data.drop(columns="t"))
    with pytest.raises(EvidenceError, match="has no column 't'"):
        PersuasionRate().fit(data.drop(columns="t"))
    with pytest.raises(EvidenceError, match="as many were exposed"):
        PersuasionRate().fit(table(c100=6, c101=4, c000=8, c001=2))
    with pytest.raises(EvidenceError, match="no column 'w'"):
        JunLeeBounds(covariates=("w",)).fit(data)
    with pytest.raises(EvidenceError, match="collinear"):
        JunLeeBounds(covariates=("w",)).fit(data.assign(w=1.0))
    for bad in ({"data": "all"}, {"about": "them"}, {"draws": 1}, {"covariates": ("x",), "errors": "delta"}):
        with pytest.raises(EvidenceError):
            JunLeeBounds(**bad)  # type: ignore[arg-type]
