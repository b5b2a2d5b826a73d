"""Estimates: numbers and their forms, what apply may do for each kind, the registry, and laziness."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import thickecon as te
from thickecon._core.lazy import load_all
from thickecon.endorsement import ESTIMATORS, LAYOUTS, Estimate, GoldinReck, Source, Target
from thickecon.errors import EvidenceError, NotApplicableError, UnknownNameError
from thickecon.plotting.estimates import plot_intervals
from thickecon.profiles import Endorsement

WEDGES = Estimate(
    "contribution",
    ("ad", "default"),
    np.array([4.0, -2.0]),
    np.array([[1.0, 0.5], [0.5, 0.25 + 0.1]]),
    unit="utils",
    source=Source("made up", "Nobody (1900)", "10.0/0", 50),
    targets={"ad": Target(("x",)), "default": Target(("y",))},
)


def share(kind: str = "endorsement", value: float = 0.25, **more: object) -> Estimate:
    return Estimate(kind, ("s",), np.array([value]), np.array([[0.01]]), scalar=True, **more)  # type: ignore[arg-type]


def profile() -> te.ThickProfile:
    return te.ThickProfile.from_values([[8.0, 3.0], [5.0, 6.0], [1.0, 2.0]], agents="abc", options="xy")


def two_motives() -> te.ThickProfile:
    return profile().with_influence("ad", [2.0, 1.0])


# ---- numbers ------------------------------------------------------------------------------------------------


def test_scalar_and_labelled_forms() -> None:
    assert share().estimate == 0.25
    assert share().standard_error == pytest.approx(0.1)
    assert share().interval(0.9) == pytest.approx((0.25 - 1.6448536269514722 * 0.1, 0.25 + 1.6448536269514722 * 0.1))
    assert share().bounds is None
    assert WEDGES.estimate.to_dict() == {"ad": 4.0, "default": -2.0}
    assert WEDGES.standard_error["ad"] == 1.0
    assert WEDGES.interval(0.95).loc["ad"].tolist() == pytest.approx([4 - 1.959963984540054, 4 + 1.959963984540054])
    assert WEDGES.covariance is not None
    assert WEDGES.covariance.loc["ad", "default"] == 0.5


@pytest.mark.parametrize("width", [0.0, 0.01, 0.1, 1.0])
def test_imbens_manski_solves_its_equation(width: float) -> None:
    """Phi(C + width / s) - Phi(-C) = level (Imbens and Manski 2004, eq. 7): 1.96 at width 0, 1.645 far out."""
    bounded = share(identified=np.array([[0.0, width]]), end_errors=np.array([[0.02, 0.05]]))
    low, high = bounded.bounds_interval(0.95)
    c = -low / 0.02
    assert high == pytest.approx(width + c * 0.05)
    assert norm.cdf(c + width / 0.05) - norm.cdf(-c) == pytest.approx(0.95, abs=1e-9)
    if width in (0.0, 1.0):
        assert c == pytest.approx({0.0: 1.959963984540054, 1.0: 1.6448536269514722}[width], abs=1e-9)


def test_bounds_without_a_point() -> None:
    only = Estimate("population", ("s",), np.array([np.nan]), identified=np.array([[0.2, 0.6]]), scalar=True)
    assert only.bounds == (0.2, 0.6)
    with pytest.raises(NotApplicableError, match="no point estimate"):
        only.interval()
    with pytest.raises(NotApplicableError, match="bounds and no point"):
        only.apply(two_motives(), motives="ad", rng=0)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, np.nan])
def test_levels(level: float) -> None:
    with pytest.raises(EvidenceError, match="level"):
        share().interval(level)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "guess"}, "one of contribution"),
        ({"values": [1.0]}, r"shape \(2,\)"),
        ({"covariance_matrix": [[1.0, 2.0], [2.0, 1.0]]}, "positive semidefinite"),
        ({"covariance_matrix": [[1.0, 0.5], [0.0, 1.0]]}, "symmetric"),
        ({"covariance_matrix": [[1.0, np.nan], [np.nan, 1.0]]}, "finite"),
        ({"names": ("a", "a")}, "names must differ"),
        ({"scalar": True}, "one name"),
    ],
)
def test_malformed(change: dict[str, object], message: str) -> None:
    whole: dict[str, object] = {"kind": "contribution", "names": ("a", "b"), "values": [1.0, 2.0]}
    with pytest.raises(EvidenceError, match=message):
        Estimate(**(whole | change))  # type: ignore[arg-type]


def test_immutable() -> None:
    with pytest.raises(ValueError, match="read-only"):
        WEDGES.values[0] = 1.0
    with pytest.raises(TypeError):
        WEDGES.diagnostics["x"] = 1  # type: ignore[index]


def test_shown() -> None:
    text = WEDGES.summary()
    assert "Nobody (1900), doi:10.0/0" in text
    assert "observations: 50" in text
    frame = WEDGES.to_frame(0.95)
    assert list(frame.columns) == ["estimate", "standard_error", "lower", "upper"]
    assert frame.loc["default", "standard_error"] == pytest.approx(np.sqrt(0.35))
    latex = Estimate("endorsement", ("a_b",), np.array([0.5]), np.array([[0.04]])).to_latex()
    assert r"a\_b & 0.5 & 0.2 & 0.108 & 0.892 \\" in latex
    assert latex.startswith(r"\begin{tabular}{lrrrr}")


def test_plot_draws_the_numbers() -> None:
    bounded = share(identified=np.array([[0.1, 0.7]]), end_errors=np.array([[0.02, 0.05]]))
    axes = bounded.plot()
    assert axes.lines[0].get_xdata().tolist() == [0.25]
    (segment,) = axes.collections[0].get_segments()
    assert segment[:, 0] == pytest.approx(bounded.interval())
    band = axes.patches[0]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((0.1, 0.7))
    with pytest.raises(te.errors.InputError, match="no column 'lower'"):
        plot_intervals(pd.DataFrame({"estimate": [1.0]}))


# ---- contribution -------------------------------------------------------------------------------------------


def test_contribution_moves_the_wedge_and_keeps_what_is_revealed() -> None:
    seen = WEDGES.apply(profile(), agents=["a", "c"])
    assert seen.revealed == pytest.approx(profile().revealed)
    assert seen.endorsed == pytest.approx(np.array([[4.0, 5.0], [5.0, 6.0], [-3.0, 4.0]]))
    assert [motive.kind for motive in seen.motives] == ["value", "influence", "influence"]
    # a draw of theta is a draw of the relative errors: the spread of v(x) of agent a is the wedge's standard error
    draws = np.array([seen.with_endorsement(e).endorsed[0] for e in seen.endorsement.draws(20_000, rng=0)])
    joint = np.cov(draws.T)
    # sampling error of a covariance of normals: sqrt((s_xx s_yy + s_xy^2) / draws), 4.4 of them
    wanted = np.array([[1.0, 0.5], [0.5, 0.35]])
    spread = np.sqrt((np.outer(np.diag(wanted), np.diag(wanted)) + wanted**2) / 20_000)
    assert (np.abs(joint - wanted) < 4.4 * spread).all()


def test_contribution_on_groups_shares_one_unknown() -> None:
    """Agents with endorsements of their own still share the wedge's one unknown: v errors move together."""
    own = two_motives().with_endorsement([[1.0, 0.0], [1.0, 0.5], [1.0, 1.0]])
    only = Estimate("contribution", ("d",), np.array([4.0]), np.array([[1.0]]), unit="utils", scalar=True)
    seen = only.apply(own, motives="d")
    draws = np.array([seen.with_endorsement(e).endorsed[:, 0] for e in seen.endorsement.draws(50, rng=1)])
    assert seen.endorsed == pytest.approx(own.endorsed - 4.0)
    errors = draws - seen.endorsed[:, 0]
    assert errors[:, 1:] == pytest.approx(errors[:, [0, 0]], abs=1e-6)  # drawn through a root of a singular matrix
    assert errors[:, 0].std() > 0.3


def test_contribution_refusals() -> None:
    with pytest.raises(EvidenceError, match="'utils' and the profile in 'money'"):
        WEDGES.apply(te.ThickProfile.from_values([[1.0, 2.0]], options="xy", unit="money"))
    with pytest.raises(EvidenceError, match="already in 'utils'"):
        WEDGES.apply(profile(), link=te.endorsement.LogitLink(1.0))
    with pytest.raises(UnknownNameError, match="did you mean 'ad'"):
        WEDGES.apply(profile(), motives=["ads"])
    with pytest.raises(UnknownNameError, match="option"):
        WEDGES.apply(te.ThickProfile.from_values([[1.0, 2.0]]))
    moved = WEDGES.apply(te.ThickProfile.from_values([[1.0, 2.0]]), options={"ad": [0], "default": [1]})
    assert moved.endorsed.tolist() == [[-3.0, 4.0]]
    nothing = Estimate("contribution", ("d",), np.array([0.0]), np.array([[1.0]]), unit="utils", scalar=True)
    with pytest.raises(EvidenceError, match="exactly 0"):
        nothing.apply(profile())


def test_observed_truth_is_seen_without_the_truths_motives() -> None:
    """The planner sees reports; the estimate is all that is known of what made them."""
    truth = two_motives()
    seen = te.observe(truth, evidence=WEDGES)
    assert seen.revealed == pytest.approx(truth.revealed)
    assert seen.endorsed == pytest.approx(truth.revealed - [4.0, -2.0])


# ---- shares -------------------------------------------------------------------------------------------------


def test_endorsement_sets_one_shared_unknown() -> None:
    base = two_motives()
    seen = share().apply(base, motives="ad", agents=["b"])
    assert seen.endorsed == pytest.approx(base.endorsed + np.array([[0, 0], [0.25 * 2.0, 0.25 * 1.0], [0, 0]]))
    error = seen.endorsement.standard_error
    table = seen.endorsement.spread(error, 3, 2)
    assert table == pytest.approx(np.array([[0, 0], [0, 0.1], [0, 0]]))


def test_endorsement_keeps_the_covariance_of_others() -> None:
    """Splitting a group must not turn one unknown into two."""
    e = Endorsement(np.array([[0.6, 0.3]]), covariance=np.array([[0.04, 0.01], [0.01, 0.09]]))
    base = two_motives().with_endorsement(e)
    seen = share().apply(base, motives="ad", agents=["b"])
    draws = [d.spread(d.theta, 3, 2) for d in seen.endorsement.draws(40, rng=2)]
    for table in draws:
        assert table[:, 0] == pytest.approx(table[0, 0])  # the value's unknown is still one
        assert table[2, 1] == pytest.approx(table[0, 1])  # and the ad's, for those the estimate does not speak of
    assert np.std([table[1, 1] - table[0, 1] for table in draws]) > 0.1
    full, columns, group = seen.endorsement.covariance, seen.endorsement.columns(2), seen.endorsement.group
    assert full is not None
    assert group is not None
    width = seen.endorsement.theta.shape[1]
    old = [int(group[0]) * width + int(c) for c in columns]
    assert full[np.ix_(old, old)] == pytest.approx(np.array([[0.04, 0.01], [0.01, 0.09]]))


def test_population_is_drawn_or_refused() -> None:
    base = te.ThickProfile.from_values(np.ones((4000, 2))).with_influence("ad", 1.0)
    people = share("population", 0.3)
    with pytest.raises(NotApplicableError, match="linear=True"):
        people.apply(base, motives="ad")
    types = people.apply(base, motives="ad", rng=0)
    drawn = types.endorsement.matrix(4000, 2)[:, 1]
    assert set(drawn.tolist()) == {0.0, 1.0}
    assert abs(drawn.mean() - 0.3) < 4.4 * np.sqrt(0.3 * 0.7 / 4000)
    assert types.equals(people.apply(base, motives="ad", rng=0))
    assert people.apply(base, motives="ad", linear=True).endorsed == pytest.approx(base.revealed - 0.7)
    with pytest.raises(NotApplicableError, match="outside"):
        share("population", 1.2).apply(base, motives="ad", rng=0)


@pytest.mark.parametrize(
    "more", [{"link": te.endorsement.LogitLink(1.0)}, {"options": {"s": ["x"]}}, {"taken_from": "value"}]
)
@pytest.mark.parametrize("kind", ["endorsement", "population"])
def test_shares_refuse_what_is_meant_for_wedges(kind: str, more: dict[str, object]) -> None:
    with pytest.raises(EvidenceError, match=next(iter(more))):
        share(kind).apply(two_motives(), motives="ad", rng=0, **more)  # type: ignore[arg-type]


def test_goldin_reck_to_types() -> None:
    arms = pd.DataFrame({"cell": "a", "framing": ["against", "for", "neutral"], "n": 100, "k": [40, 80, 70]})
    base = te.ThickProfile.from_values(np.ones((2000, 1))).with_influence("frame", 1.0)
    drawn = GoldinReck(about="moved").fit(arms).apply(base, motives="frame", rng=3)
    # (.7 - .4) / (.8 - .4) = 3 / 4 of those who are moved stand behind it
    assert abs(drawn.endorsed.mean() - 0.75) < 4.4 * np.sqrt(0.75 * 0.25 / 2000)


@pytest.mark.parametrize(("kind", "message"), [("relation", "partial order"), ("exposure", "nothing normative")])
def test_kinds_that_refuse(kind: str, message: str) -> None:
    with pytest.raises(NotApplicableError, match=message):
        share(kind).apply(two_motives(), motives="ad")


# ---- registry, layouts, imports -----------------------------------------------------------------------------


def test_registry() -> None:
    load_all("thickecon.endorsement")
    assert {"GoldinReck", "FrameAugmentedChoice"} <= set(ESTIMATORS.names())
    assert ESTIMATORS["GoldinReck"] is GoldinReck
    with pytest.raises(UnknownNameError, match="did you mean 'GoldinReck'"):
        ESTIMATORS["GoldinRek"]
    for _, estimator in ESTIMATORS.items():
        assert estimator.layout in LAYOUTS
        assert estimator.citation


def test_importing_is_light() -> None:
    code = (
        "import sys, thickecon.endorsement, thickecon.plotting;"
        "print([name for name in ('numpy', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
