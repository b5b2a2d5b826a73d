"""Goldin and Reck beyond two arms: an instrument, ordered menus, Fieller, Stoye, failure modes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from thickecon.endorsement import (
    DecisionQualityInstrument,
    GoldinReck,
    ordered_shares,
    stoye_interval,
)
from thickecon.errors import EvidenceError

# ---- matching on observables ------------------------------------------------------------------------------------


def cells(*rows: tuple[str, float, float], n: int = 10_000) -> pd.DataFrame:
    """(cell, Y0, Y1) as counts."""
    return pd.DataFrame(
        [(c, f, n, round(n * y)) for c, y0, y1 in rows for f, y in (("against", y0), ("for", y1))],
        columns=["cell", "framing", "n", "k"],
    )


def test_matching_on_observables_by_hand() -> None:
    """E_w[q(w)] = (.5 + .8) / 2; of the moved, weighted by how many there are: (.4 .5 + .1 .8) / .5."""
    data = cells(("x", 0.3, 0.7), ("y", 0.72, 0.82))  # c = .6, q = .5; c = .9, q = .8
    assert GoldinReck(pool="within").fit(data).estimate == pytest.approx(0.65)
    assert GoldinReck(pool="within", about="moved").fit(data).estimate == pytest.approx((0.4 * 0.5 + 0.1 * 0.8) / 0.5)


def test_what_if_people_defy_the_frame() -> None:
    """c = .6, q = .7, g = .05 defiers: the estimate is (.42 + .05) / .7."""
    always, never, defiers = 0.42, 0.18, 0.05
    movers = 1 - always - never - defiers
    y0, y1 = always + defiers, always + movers
    found = GoldinReck().fit(cells(("x", y0, y1), n=100_000))
    assert found.estimate == pytest.approx((0.42 + 0.05) / (0.6 + 2 * 0.05))
    assert found.diagnostics["if_defiers"][0.05] == pytest.approx(0.7)
    assert found.diagnostics["if_moved_prefer"][1.0] == pytest.approx(y1)


# ---- an instrument for decision quality -------------------------------------------------------------------------


def eased(shares: tuple[float, ...], slope: float, n: int = 200_000) -> pd.DataFrame:
    """Consistent up to c; the marginal chooser at c prefers the option with share .8 - slope c."""
    rows = []
    for k, c in enumerate(shares):
        a = 0.8 * c - slope * c**2 / 2
        rows += [(f"z{k}", "against", n, round(n * a)), (f"z{k}", "for", n, round(n * (a + 1 - c)))]
    return pd.DataFrame(rows, columns=["cell", "framing", "n", "k"])


def test_extrapolation_to_everybody() -> None:
    """a(1) = .8 - .4 / 2 = .6 where marginal shares fall by .4; independence (degree 1) would say more."""
    found = DecisionQualityInstrument().fit(eased((0.3, 0.5, 0.7), 0.4))
    assert found.estimate == pytest.approx(0.6, abs=1e-3)
    assert DecisionQualityInstrument(degree=1).fit(eased((0.3, 0.5, 0.7), 0.4)).estimate > 0.66
    marginal = found.diagnostics["marginal"]["share preferring"].tolist()
    assert marginal == pytest.approx([0.8 - 0.4 * m for m in (0.15, 0.4, 0.6)], abs=1e-4)


def test_instrument_errors_by_simulation() -> None:
    gen, truth, values, errors = np.random.default_rng(5), 0.6, [], []
    base = eased((0.3, 0.5, 0.7), 0.4, n=4000)
    for _ in range(400):
        found = DecisionQualityInstrument().fit(base.assign(k=gen.binomial(base["n"], base["k"] / base["n"])))
        values.append(found.estimate)
        errors.append(found.standard_error)
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.15)
    assert np.mean(values) == pytest.approx(truth, abs=4 * np.std(values) / 20)


# ---- ordered menus ----------------------------------------------------------------------------------------------


def test_ordered_menus_cut_by_cut() -> None:
    """Contribution rates 0, 3, 6: always (.3, .2, .1), and .4 who follow the frame to 0 or to 6."""
    rows = [("all", "against", 0, 7000), ("all", "against", 3, 2000), ("all", "against", 6, 1000),
            ("all", "for", 0, 3000), ("all", "for", 3, 2000), ("all", "for", 6, 5000)]  # fmt: skip
    table = ordered_shares(pd.DataFrame(rows, columns=["cell", "framing", "option", "n"]))
    assert table["at_least"].tolist() == pytest.approx([0.3 / 0.6, 0.1 / 0.6])  # of the consistent
    assert table["exactly"].tolist() == pytest.approx([0.2 / 0.6, 0.1 / 0.6])
    assert table[["lower", "upper"]].to_numpy().tolist() == [[pytest.approx(0.3), pytest.approx(0.7)],
                                                             [pytest.approx(0.1), pytest.approx(0.5)]]  # fmt: skip
    assert table.attrs["monotone"]
    with pytest.raises(EvidenceError, match="fewer than two options"):
        ordered_shares(pd.DataFrame(rows[:1], columns=["cell", "framing", "option", "n"]))


# ---- Stoye's interval -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.7])
@pytest.mark.parametrize("width", [0.05, 0.15, 1.0])
def test_stoye_covers_both_ends_by_simulation(rho: float, width: float) -> None:
    """At either end of the set the interval covers with .95 (up to what 40,000 draws show), and not much more."""
    joint = np.array([[0.01, rho * 0.006], [rho * 0.006, 0.0036]])
    low, high = stoye_interval(0.0, width, joint)
    c_l, c_u = -low / 0.1, (high - width) / 0.06
    errors = np.random.default_rng(0).multivariate_normal([0, 0], joint, 40_000)
    cover = []
    for end in (0.0, width):
        inside = (errors[:, 0] - c_l * 0.1 <= end) & (end <= width + errors[:, 1] + c_u * 0.06)
        cover.append(float(inside.mean()))
    assert min(cover) >= 0.945
    if width == 1.0:  # far apart: one-sided critical values
        assert (c_l, c_u) == pytest.approx((norm.ppf(0.95),) * 2, abs=0.01)


def test_stoye_of_a_point_is_the_usual_interval() -> None:
    """No width and one and the same estimate: 1.96."""
    low, high = stoye_interval(0.0, 0.0, np.full((2, 2), 0.01) - 1e-9 * np.array([[0, 1], [1, 0]]))
    assert (low, high) == pytest.approx((-0.196, 0.196), abs=2e-3)
    with pytest.raises(EvidenceError):
        stoye_interval(1.0, 0.0, np.eye(2))


# ---- bad settings -----------------------------------------------------------------------------------------------


def test_bad_settings() -> None:
    with pytest.raises(EvidenceError, match="levels do not identify"):
        DecisionQualityInstrument(degree=3).fit(eased((0.3, 0.5), 0.4))
    with pytest.raises(EvidenceError, match="does not shift"):
        DecisionQualityInstrument().fit(eased((0.5, 0.501), 0.0, n=500))
    with pytest.raises(EvidenceError):
        DecisionQualityInstrument(degree=0)
