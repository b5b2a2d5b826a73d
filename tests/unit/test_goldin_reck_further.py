"""Goldin and Reck beyond two arms: an instrument, ordered menus, Fieller, Stoye, failure modes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from thickecon.endorsement import (
    DecisionQualityInstrument,
    GoldinReck,
    OrderedFrames,
    ordered_shares,
    stoye_interval,
)
from thickecon.endorsement.fieller import fieller_interval
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


def test_extrapolation_against_brute_force() -> None:
    """Three levels, degree 2: weighted least squares by a general minimiser, its variance by shaking the shares."""
    from scipy.optimize import minimize

    data = eased((0.3, 0.5, 0.7), 0.4, n=900).assign(k=[230, 858, 350, 770, 400, 700])
    found = DecisionQualityInstrument().fit(data)
    rates = (data["k"] / data["n"]).to_numpy().reshape(3, 2)

    def everybody(y: np.ndarray) -> float:
        """Two rounds of weights, then the minimum; a(1)."""
        b = np.array([0.8, -0.2])
        c = 1 - y[:, 1] + y[:, 0]
        for _ in range(6):
            f = b[0] + 2 * b[1] * c
            spread = (1 - f) ** 2 * y[:, 0] * (1 - y[:, 0]) / 900 + f**2 * y[:, 1] * (1 - y[:, 1]) / 900
            loss = lambda b, w=spread: float((((y[:, 0] - b[0] * c - b[1] * c**2) ** 2) / w).sum())
            b = minimize(loss, b, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000}).x
        return float(b.sum())

    assert found.estimate == pytest.approx(everybody(rates), abs=1e-6)
    assert found.bounds == pytest.approx((400 / 900, 700 / 900))


def test_instrument_tells_of_its_failures() -> None:
    """Independence holds or not; levels off the polynomial; an instrument that shifts what people prefer."""
    same = DecisionQualityInstrument().fit(eased((0.3, 0.5, 0.7), 0.0, n=5000)).diagnostics
    falls = DecisionQualityInstrument().fit(eased((0.3, 0.5, 0.7), 0.4, n=5000)).diagnostics
    assert same["independence_p"] > 0.9
    assert falls["independence_p"] < 0.01
    assert falls["fit_p"] > 0.9
    cubic = eased((0.3, 0.5, 0.7, 0.9), 0.0, n=50_000)
    a = np.array([0.24, 0.26, 0.44, 0.48])  # marginal shares .8, .1, .9, .2: no line
    c = np.array([0.3, 0.5, 0.7, 0.9])
    bent = DecisionQualityInstrument().fit(cubic.assign(k=(50_000 * np.column_stack([a, a + 1 - c]).ravel()).round()))
    assert bent.diagnostics["fit_p"] < 1e-6
    assert "do not lie on one polynomial" in bent.diagnostics["warnings"][0]
    # easier decisions, and at once fewer who like it: Y0 falls from .4 to .3 where c rises from .5 to .7
    shifted = pd.DataFrame(
        [("hard", "against", 5000, 2000), ("hard", "for", 5000, 4500), ("easy", "against", 5000, 1500),
         ("easy", "for", 5000, 3000)], columns=["cell", "framing", "n", "k"]
    )  # fmt: skip
    told = DecisionQualityInstrument().fit(shifted).diagnostics
    assert told["nesting_p"] < 1e-6
    assert any("shifts what people prefer" in w for w in told["warnings"])


def test_marginal_choosers_have_errors() -> None:
    """Of 3 levels by the delta method, against the spread of 20,000 draws of the counts."""
    base = eased((0.3, 0.5, 0.7), 0.4, n=4000)
    shown = DecisionQualityInstrument().fit(base).diagnostics["marginal"]
    k = np.random.default_rng(0).binomial(4000, (base["k"] / 4000).to_numpy(), (20_000, 6)).reshape(-1, 3, 2) / 4000
    a, c = k[..., 0], 1 - k[..., 1] + k[..., 0]
    share = np.diff(a, axis=1, prepend=0.0) / np.diff(c, axis=1, prepend=0.0)
    assert shown["standard_error"].to_numpy() == pytest.approx(share.std(axis=0), rel=0.04)


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


def ordered(n: int = 5000, sites: int = 1, seed: int | None = None) -> pd.DataFrame:
    """Options 0, 2, 5, 9: .6 choose by preference (.4, .3, .2, .1), .4 follow the frame; drawn if there is a seed."""
    kept, gen = 0.6 * np.array([0.4, 0.3, 0.2, 0.1]), np.random.default_rng(seed)
    rows = []
    for site in range(sites):
        for framing, end in (("against", 0), ("for", 3)):
            p = kept + 0.4 * (np.arange(4) == end)
            k = n * p if seed is None else gen.multinomial(n, p)
            rows += [(site, framing, x, round(v)) for x, v in zip((0, 2, 5, 9), k, strict=True)]
    return pd.DataFrame(rows, columns=["cell", "framing", "option", "n"])


def test_ordered_shares_have_a_joint_covariance() -> None:
    """Against the covariance of 20,000 multinomial draws, of shares, single options and the mean."""
    found = OrderedFrames().fit(ordered())
    assert found.values == pytest.approx([0.6, 0.3, 0.1])
    assert found.diagnostics["mean"] == pytest.approx(0.3 * 2 + 0.2 * 5 + 0.1 * 9)
    gen, kept = np.random.default_rng(1), 0.6 * np.array([0.4, 0.3, 0.2, 0.1])
    low = gen.multinomial(5000, kept + np.array([0.4, 0, 0, 0]), 20_000) / 5000
    high = gen.multinomial(5000, kept + np.array([0, 0, 0, 0.4]), 20_000) / 5000
    y0, y1 = (x[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:] for x in (low, high))
    q = y0 / (1 - y1 + y0)
    assert np.asarray(found.covariance) == pytest.approx(
        np.cov(q, rowvar=False), rel=0.04, abs=1.2e-6
    )  # 4 errors of 20,000 draws
    single = -np.diff(np.column_stack([np.ones(20_000), q, np.zeros(20_000)]), axis=1)
    exactly = found.diagnostics["exactly"]
    assert exactly["share"].tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert exactly["standard_error"].to_numpy() == pytest.approx(single.std(axis=0), rel=0.03)
    assert found.diagnostics["mean_error"] == pytest.approx((q @ [2, 3, 4]).std(), rel=0.03)


def test_ordered_with_one_cut_is_the_binary_estimator() -> None:
    data = pd.DataFrame(
        [(s, f, x, n) for s, c in enumerate(((50, 20), (40, 9))) for f, k in zip(("against", "for"), c, strict=True)
         for x, n in ((0, k), (1, 70 - k))], columns=["cell", "framing", "option", "n"]
    )  # fmt: skip
    counts = data.groupby(["cell", "framing"], as_index=False)["n"].sum()
    counts["k"] = data[data["option"] == 1]["n"].to_numpy()
    for errors in ("binomial", "cells"):
        one, two = OrderedFrames(errors=errors).fit(data), GoldinReck(errors=errors).fit(counts)  # type: ignore[arg-type]
        assert one.values[0] == pytest.approx(two.estimate)
        assert one.errors[0] == pytest.approx(two.standard_error)
        assert one.bounds.to_numpy()[0] == pytest.approx(two.bounds)


def test_ordered_sites_and_moved() -> None:
    """Clustered errors of equal sites are those of chance: 200 sites of 200 people against 40,000 at once."""
    data = ordered(n=200, sites=200, seed=2)
    clustered, plain = OrderedFrames(errors="cells").fit(data), OrderedFrames().fit(data)
    assert clustered.errors == pytest.approx(plain.errors, rel=0.2)  # a variance from 200 clusters: 2 x 5 %
    moved = OrderedFrames(about="moved").fit(data)
    assert "mean" not in moved.diagnostics
    assert (moved.bounds.to_numpy() == [0, 1]).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"option": ["low", 2, 5, 9] * 2}, "must be numbers in their order, found 'low' in row 0"),
        ({"option": 1}, "fewer than two options"),
        ({"n": -1}, "column 'n'.*whole numbers >= 0"),
        ({"framing": "against"}, "nobody under framing 'for'"),
        ({"framing": ["for"] * 4 + ["against"] * 4}, "exchange 'for' and 'against'"),
        ({"n": [None, *range(7)]}, "missing value in row 0"),
    ],
)
def test_bad_ordered_counts(change: dict[str, object], said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        OrderedFrames().fit(ordered().assign(**change))
    with pytest.raises(EvidenceError, match="about 'moved'"):
        ordered_shares(ordered(), GoldinReck(about="moved"))


# ---- Fieller's set ----------------------------------------------------------------------------------------------


def test_fieller_of_every_shape_against_a_grid() -> None:
    """Points of a grid that a test of N = r D does not reject, cut to limits, and their hull."""
    r, gen, shapes = np.linspace(-3, 3, 60_001), np.random.default_rng(0), set()
    for _ in range(300):
        root = gen.normal(size=(2, 2)) * [[0.3], [0.4]]
        joint, top, bottom = root @ root.T, float(gen.normal()), float(gen.normal())
        spread = joint[0, 0] - 2 * r * joint[0, 1] + r**2 * joint[1, 1]
        inside = (top - r * bottom) ** 2 <= norm.ppf(0.95) ** 2 * spread
        if not inside.any():
            continue
        found = fieller_interval(top, bottom, joint, 0.9, (-3.0, 3.0))
        assert found == pytest.approx((r[inside].min(), r[inside].max()), abs=2e-4)
        shapes.add((bottom**2 > norm.ppf(0.95) ** 2 * joint[1, 1], bool(inside.all()), found == (-3.0, 3.0)))
    assert len(shapes) >= 4  # intervals, the whole line, outsides of intervals of which one or both parts remain
    with pytest.raises(EvidenceError):
        fieller_interval(1.0, 1.0, -np.eye(2))


def test_fieller_set_of_sites_is_wider() -> None:
    """Sites that differ: the set follows the errors that were asked for, and bootstraps of sites agree."""
    gen = np.random.default_rng(3)
    shift = gen.uniform(-0.2, 0.2, 40)
    k = np.column_stack([gen.binomial(100, 0.5 + shift), gen.binomial(100, 0.75 + shift)]).ravel()
    data = pd.DataFrame({"cell": np.repeat(range(40), 2), "framing": ["against", "for"] * 40, "n": 100, "k": k})
    width = {}
    for errors in ("binomial", "cells", "bootstrap"):
        found = GoldinReck(errors=errors, rng=0).fit(data)  # type: ignore[arg-type]
        low, high = found.diagnostics["fieller_95"]
        width[errors] = high - low
        assert (low, high) == pytest.approx(found.interval(0.95), abs=0.1 * found.standard_error)  # far from c = 0
    assert width["cells"] > 1.5 * width["binomial"]
    assert width["bootstrap"] == pytest.approx(width["cells"], rel=0.1)
    assert "fieller_95" not in GoldinReck(pool="within").fit(data).diagnostics  # an average of ratios is none
    ends = GoldinReck(errors="cells").fit(data).end_covariances
    assert ends is not None
    assert ends[0, 0, 1] / np.sqrt(ends[0, 0, 0] * ends[0, 1, 1]) > 0.5  # both arms of a site move together


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
