"""Goldin and Reck's shares against published counts, closed forms and enumeration."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from thickecon.datasets import many_labs
from thickecon.endorsement import GoldinReck
from thickecon.errors import EvidenceError, FileFormatError, NotApplicableError, UnknownNameError

COUNTS = Path(__file__).resolve().parents[2] / "../shared/data/endorsement/manylabs1_framing_counts.csv"
needs_counts = pytest.mark.skipif(not COUNTS.exists(), reason="Many Labs counts are not beside the repository")


def arms(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["cell", "framing", "n", "k"])


# Y0, Y1, E[c], q, binomial SE and site SE: computed from the counts of Klein et al. (2014), Social Psychology 45(3),
# doi:10.1027/1864-9335/a000178, in a table made without this package; to the digits printed there.
PUBLISHED = {
    "gain_loss": (6271, 0.3781, 0.6648, 0.7132, 0.5301, 0.0085, 0.0172),
    "allow_forbid": (6292, 0.7627, 0.9278, 0.8349, 0.9135, 0.0051, 0.0137),
}


@needs_counts
@pytest.mark.shared_data
@pytest.mark.parametrize("task", PUBLISHED)
def test_many_labs_numbers(task: str) -> None:
    n, y0, y1, c, q, se, site_se = PUBLISHED[task]
    counts = many_labs.load(COUNTS, task)
    found = GoldinReck().fit(counts)
    assert found.source.n == n
    assert counts["cell"].nunique() == 36
    assert found.bounds == pytest.approx((y0, y1), abs=5e-5)
    assert found.diagnostics["consistent"] == pytest.approx(c, abs=5e-5)
    assert found.estimate == pytest.approx(q, abs=5e-5)
    assert found.standard_error == pytest.approx(se, abs=5e-5)
    # the printed site error agrees with a bootstrap over sites: sd / sqrt(2 draws) = 1.1 % at 4000 draws on this
    # side, unknown draws on the other, so 4 %
    again = GoldinReck(errors="bootstrap", draws=4000, rng=1).fit(counts)
    assert again.standard_error == pytest.approx(site_se, rel=0.04)
    # the linearised one is a first-order approximation of the same with 36 clusters
    assert GoldinReck(errors="cells").fit(counts).standard_error == pytest.approx(site_se, rel=0.10)


@needs_counts
@pytest.mark.shared_data
def test_many_labs_cells() -> None:
    counts = many_labs.load(COUNTS)
    cells = GoldinReck().fit(counts).diagnostics["cells"]
    # abington, by hand from its row: 11 of 39 (loss), 24 of 44 (gain)
    y0, y1 = 11 / 39, 24 / 44
    assert cells.loc["abington", "quality_people"] == pytest.approx(y0 / (1 - y1 + y0))
    within = GoldinReck(pool="within").fit(counts)
    assert within.estimate == pytest.approx(np.average(cells["quality_people"], weights=cells["n"]))


def test_tversky_kahneman() -> None:
    # Science 211 (1981): 152 people under gain, 72 % sure; 155 under loss, 22 %: q = .440, SE .0492, E[c] = .50, and
    # [.06, .50] without monotonicity. These are functions of the printed rates,
    # which are whole counts only in a sample 100 times as large, where the error is a tenth.
    found = GoldinReck().fit(arms(("all", "against", 15500, 3410), ("all", "for", 15200, 10944)))
    assert found.estimate == pytest.approx(0.440, abs=5e-4)
    assert 10 * found.standard_error == pytest.approx(0.0492, abs=5e-5)
    assert found.diagnostics["consistent"] == pytest.approx(0.50)
    assert found.diagnostics["consistent_without_monotonicity"] == pytest.approx((0.06, 0.50))


def test_johnson_goldstein_three_arms() -> None:
    # Science 302 (2003): .42 opt-in, .82 opt-out, .79 neutral. By hand: .60 are consistent, q = .42 / .60 = .70 of them
    # prefer to donate, 9 points off the neutral arm; (.79 - .42) / .40 = .925 of the moved; of choices under opt-out
    # (.82 - .79) / .82 = 3.7 % are manufactured. Arm sizes are not published: 100 each.
    data = arms(("a", "against", 100, 42), ("a", "for", 100, 82), ("a", "neutral", 100, 79))
    found = GoldinReck().fit(data)
    table = found.diagnostics["quantities"]["estimate"]
    assert found.estimate == pytest.approx(0.79)
    assert found.diagnostics["consistent"] == pytest.approx(0.60)
    assert table["quality_people"] == pytest.approx(0.70)
    assert found.estimate - table["quality_people"] == pytest.approx(0.09)
    assert table["neutral_moved"] == pytest.approx(0.925)
    assert table["manufactured_in_for"] == pytest.approx(0.0366, abs=5e-5)
    assert table["suppressed_in_against"] == pytest.approx(0.37)
    assert GoldinReck(route="quality").fit(data).estimate == pytest.approx(0.70)
    assert GoldinReck(about="moved").fit(data).estimate == pytest.approx(0.925)


def test_the_summary_shows_what_the_third_arm_buys() -> None:
    text = GoldinReck().fit(arms(("a", "against", 100, 42), ("a", "for", 100, 82), ("a", "neutral", 100, 79))).summary()
    shown = {line.split()[0]: line.split()[1] for line in text.splitlines() if len(line.split()) > 1}
    assert (shown["neutral_moved"], shown["quality_people"], shown["manufactured_in_for"]) == (
        "0.925",
        "0.7",
        "0.03659",
    )


def test_madrian_shea() -> None:
    """Quarterly Journal of Economics 116 (2001): 49 % in the pension plan by opting in, 86 % where they are enrolled:
    .63 consistent, of whom .49 / .63 = .778 prefer it. Of 100 people each, for want of the counts by arm.
    """
    found = GoldinReck().fit(arms(("a", "against", 100, 49), ("a", "for", 100, 86)))
    assert found.diagnostics["consistent"] == pytest.approx(0.63)
    assert found.estimate == pytest.approx(0.778, abs=5e-4)
    assert found.bounds == pytest.approx((0.49, 0.86))


@pytest.mark.parametrize("seed", range(3))
def test_identities_by_counting_types(seed: int) -> None:
    """Shares of the types (y(0), y(1), preference) give Y0, Y1; the formulas must give the types' shares back."""
    gen = np.random.default_rng(seed)
    always, never, moved_like, moved_not = (gen.integers(10, 60, size=4)).tolist()
    n = always + never + moved_like + moved_not
    y = {"against": always, "for": n - never, "neutral": always + moved_like}
    found = GoldinReck().fit(arms(*((str(seed), framing, n, k) for framing, k in y.items())))
    table = found.diagnostics["quantities"]["estimate"]
    assert table["consistent"] == pytest.approx((always + never) / n)
    assert table["quality_people"] == pytest.approx(always / (always + never))
    assert table["neutral_moved"] == pytest.approx(moved_like / (moved_like + moved_not))
    assert found.bounds[0] <= (always + moved_like) / n <= found.bounds[1]


def test_defiers_pull_to_one_half() -> None:
    # share g of defiers: c^ = c + 2 g and q^ = (c q + g) / (c + 2 g), with c the truly consistent share
    always, never, compliers, defiers = 40, 20, 30, 10
    n = always + never + compliers + defiers
    found = GoldinReck().fit(arms(("a", "against", n, always + defiers), ("a", "for", n, always + compliers)))
    c, q, g = 0.6, 40 / 60, 0.1
    assert found.diagnostics["consistent"] == pytest.approx(c + 2 * g)
    assert found.estimate == pytest.approx((c * q + g) / (c + 2 * g))


def test_range_without_monotonicity_by_enumeration() -> None:
    """All splits of 20 people into (y(0), y(1)) types with 8 and 14 choosers: extreme shares of the consistent."""
    n, k0, k1 = 20, 8, 14
    both = [
        a for a, up, down in product(range(n + 1), repeat=3) if a + down == k0 and a + up == k1 and a + up + down <= n
    ]
    consistent = [(a + n - (k0 + k1 - a)) / n for a in both]
    prefer_least = min(a / n for a in both)
    prefer_most = max((k0 + k1 - a) / n for a in both)
    found = GoldinReck().fit(arms(("a", "against", n, k0), ("a", "for", n, k1))).diagnostics
    assert found["consistent_without_monotonicity"] == pytest.approx((min(consistent), max(consistent)))
    assert found["preferring_without_monotonicity"] == pytest.approx((prefer_least, prefer_most))


@pytest.mark.parametrize(("about", "route"), [("people", "quality"), ("moved", "neutral"), ("people", "neutral")])
@pytest.mark.parametrize("pool", ["pooled", "within"])
def test_delta_method_against_numerical_derivatives(about: str, route: str, pool: str) -> None:
    n = {"against": 400.0, "for": 500.0, "neutral": 300.0}
    k = {"a": (120.0, 400.0, 160.0), "b": (90.0, 350.0, 100.0)}
    model = GoldinReck(about=about, route=route, pool=pool)

    def value(shares: np.ndarray) -> float:
        if pool == "within":  # cells have equal sizes; of the moved there are Y1 - Y0 in each
            counted = [row[1] - row[0] if about == "moved" else 1.0 for row in shares]
            return float(np.average([_share(row, about, route) for row in shares], weights=counted))
        return _share(shares.mean(axis=0), about, route)

    rates = np.array([np.array(k[cell]) / list(n.values()) for cell in "ab"])
    variance = 0.0
    for i, j in product(range(2), range(3)):
        step = np.zeros((2, 3))
        step[i, j] = 1e-5
        slope = (value(rates + step) - value(rates - step)) / 2e-5
        rate = rates[i, j] if pool == "within" else rates[:, j].mean()
        variance += slope**2 * rate * (1 - rate) / list(n.values())[j]
    rows = [(cell, f, n[f], k[cell][j]) for cell in "ab" for j, f in enumerate(n)]
    found = model.fit(arms(*rows))
    assert found.estimate == pytest.approx(value(rates))
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=1e-6)


def _share(rates: np.ndarray, about: str, route: str) -> float:
    y0, y1, yn = rates
    if route == "quality":
        return float(y0 / (1 - y1 + y0))
    return float(yn if about == "people" else (yn - y0) / (y1 - y0))


def test_fieller_against_a_grid() -> None:
    found = GoldinReck().fit(arms(("a", "against", 60, 12), ("a", "for", 60, 40)))
    y0, y1 = 12 / 60, 40 / 60
    q = np.linspace(0, 1, 200_001)
    gap = y0 * (1 - q) + y1 * q - q
    inside = gap**2 <= 1.959963984540054**2 * ((1 - q) ** 2 * y0 * (1 - y0) / 60 + q**2 * y1 * (1 - y1) / 60)
    assert found.diagnostics["fieller_95"] == pytest.approx((q[inside].min(), q[inside].max()), abs=1e-5)


def test_warnings_are_said() -> None:
    outside = GoldinReck().fit(arms(("a", "against", 100, 40), ("a", "for", 100, 60), ("a", "neutral", 100, 70)))
    assert "outside the framed arms" in outside.diagnostics["warnings"][0]
    assert "WARNING" in outside.summary()
    moved = GoldinReck(about="moved").fit(
        arms(("a", "against", 100, 40), ("a", "for", 100, 60), ("a", "neutral", 100, 70))
    )
    assert moved.estimate == pytest.approx(1.5)  # reported, not clipped
    weak = GoldinReck().fit(arms(("a", "against", 100, 5), ("a", "for", 100, 95)))
    assert "few people are consistent" in weak.diagnostics["warnings"][0]


GOOD = (("a", "against", 10, 4), ("a", "for", 10, 6))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (arms(*GOOD).drop(columns="k"), "no column 'k'"),
        (arms(), "no rows"),
        (arms(("a", "con", 10, 4), GOOD[1]), "one of against, for, neutral, found 'con'"),
        (arms(("a", "against", 10, 11), GOOD[1]), "k must not exceed n, found 11 > 10"),
        (arms(("a", "against", 10, -1), GOOD[1]), "whole numbers"),
        (arms(("a", "against", 10.5, 4), GOOD[1]), "whole numbers"),
        (arms(("a", "against", np.nan, 4), GOOD[1]), "missing value"),
        (arms(GOOD[0]), "cell 'a' has nobody under framing 'for'"),
        (arms(*GOOD, ("b", "against", 5, 2), ("b", "for", 5, 3), ("b", "neutral", 5, 3)), "'neutral'"),
        (arms(("a", "against", 100, 80), ("a", "for", 100, 20)), "exchange 'for' and 'against'"),
        (arms(("a", "against", 10, 0), ("a", "for", 10, 10)), "nobody is consistent"),
    ],
)
def test_bad_data(data: pd.DataFrame, message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        GoldinReck().fit(data)


def test_bad_parameters() -> None:
    with pytest.raises(EvidenceError, match="route"):
        GoldinReck(route="best")  # type: ignore[arg-type]
    with pytest.raises(EvidenceError, match="no arm 'neutral'"):
        GoldinReck(route="neutral").fit(arms(*GOOD))
    with pytest.raises(EvidenceError, match="at least 2 cells"):
        GoldinReck(errors="cells").fit(arms(*GOOD))
    three = arms(("a", "against", 10, 5), ("a", "for", 10, 5), ("a", "neutral", 10, 5))
    with pytest.raises(EvidenceError, match="moves nobody"):
        GoldinReck(about="moved").fit(three)


def test_neutral_share_of_people_is_not_an_endorsement() -> None:
    import thickecon as te

    found = GoldinReck().fit(arms(*GOOD, ("a", "neutral", 10, 5)))
    with pytest.raises(NotApplicableError, match="about='moved'"):
        found.apply(te.ThickProfile.from_values([[1.0, 2.0]]), motives="value", rng=0)


def test_many_labs_reader_refuses(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("site,task,frame,n,n_choose\nx,gain_loss,gain,5,6\nx,gain_loss,loss,5,1\n")
    with pytest.raises(FileFormatError, match="n_choose <= n"):
        many_labs.load(path)
    with pytest.raises(UnknownNameError, match="gain_loss"):
        many_labs.load(path, "gain-loss")
    path.write_text("site,task\n")
    with pytest.raises(FileFormatError, match="no column 'frame'"):
        many_labs.load(path)
