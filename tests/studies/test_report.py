"""From rows to tables and a page: every number is one that can be computed again from the store."""

from __future__ import annotations

import html.parser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from thickecon.cli.run import run
from thickecon.errors import FileFormatError, InputError, UnknownNameError
from thickecon.studies import Results, Study, load
from thickecon.studies.break_evens import _answers, break_evens, world_shares
from thickecon.studies.crossing import _crossing, curve_over
from thickecon.studies.incidence import both_selves, loss_bounds, premises, who_pays
from thickecon.studies.report import report_page
from thickecon.studies.scenario import SCENARIOS
from thickecon.studies.summary import checks_table, compared, headline, known_table, losses, share_errors, wins

SUITE: dict[str, Any] = {
    "schema": 1,
    "name": "report",
    "seed": 3,
    "defaults": {"replicates": 80, "block": 40},
    "study": [
        {
            "scenario": "seller_influence",
            "fixed": {"a": 1.0},
            "grid": {"s": [0.0, 0.1, 0.3, 0.6]},
            "main": {"s": 0.1},
            "check": [
                {
                    "quantity": "mean", "arm": "sidt", "measure": "influence_gain", "at": {"s": 0.0},
                    "expected": 1 / 9, "source": "mean gap of the two largest of eight uniforms",
                },
                {"quantity": "mean", "at": {"s": 0.6}, "expected": 5.0, "source": "wrong on purpose"},
                {"quantity": "break_even", "expected": 0.15, "atol": 0.1, "source": "read off a plot"},
                {"quantity": "difference", "at": {"s": 0.0}, "expected": 0.06, "atol": 0.06, "source": "about 1/18"},
            ],
        },
        {"scenario": "referendum", "replicates": 20},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "store"
    Study(SUITE).run(folder)
    return folder


@pytest.fixture(scope="module")
def results(store: Path) -> Results:
    return load(store)


@pytest.fixture(scope="module")
def raw(store: Path) -> pd.DataFrame:
    return pd.read_parquet(store / "results.parquet")


def mean_of(raw: pd.DataFrame, s: float, arm: str, measure: str = "endorsed") -> float:
    here = raw["parameters"].astype(str).str.contains(f'"s":{s}}}') & (raw["scenario"] == "seller_influence")
    part = raw[here & (raw["arm"] == arm) & (raw["measure"] == measure)]
    assert len(part) == 80
    return float(part["value"].mean())


def test_headline_from_the_raw_rows(results: Results, raw: pd.DataFrame) -> None:
    row = headline(results).loc["Seller's influence (L2b)"]
    best = mean_of(raw, 0.1, "oracle")
    assert row["sidt"] == pytest.approx(100 * mean_of(raw, 0.1, "sidt") / best)
    assert row["thick - sidt"] == pytest.approx(mean_of(raw, 0.1, "thick") - mean_of(raw, 0.1, "sidt"))
    assert np.isnan(row["thick - informed"])
    other = headline(results).loc["Referendum with astroturf (L3a)"]
    assert other["thick - informed"] == 0
    assert other["reading"] == "thick better; evidence, not thickness"


def test_wins_and_losses_are_all_there(results: Results, raw: pd.DataFrame) -> None:
    """A point is in one table or neither, by its own t-value; both regimes are present."""
    table = pd.concat({"better": wins(results), "worse": losses(results)})
    for s in (0.0, 0.1, 0.3, 0.6):
        here = raw["parameters"].astype(str).str.contains(f'"s":{s}}}') & (raw["measure"] == "endorsed")
        wide = raw[here].pivot(index="replicate", columns="arm", values="value")
        gap = wide["thick"] - wide["sidt"]
        t = gap.mean() / (gap.std() / np.sqrt(len(gap)))
        named = [key[0] for key, at in table["at"].items() if at == f"s = {s:g}"]
        assert named == (["better"] if t > 2 else ["worse"] if t < -2 else [])
    assert len(wins(results))
    assert len(losses(results))


def test_crossing_by_hand() -> None:
    at = np.array([0.0, 1.0, 3.0])
    assert _crossing(at, np.array([2.0, 1.0, -1.0])) == 2.0
    assert _crossing(at, np.array([2.0, 1.0, 0.5])) == np.inf
    assert np.isnan(_crossing(at, np.array([-2.0, -1.0, 0.0])))
    assert _crossing(at, np.array([-1.0, 3.0, -3.0])) == 2.0  # it may have to get better first


def test_curve_and_its_interval(results: Results) -> None:
    points = results.of(0)
    curve = curve_over(points)
    assert curve.at.tolist() == [0.0, 0.1, 0.3, 0.6]
    assert curve.low <= curve.crossing <= curve.high
    assert 0.05 < curve.crossing < 0.5
    with pytest.raises(InputError, match="at least two"):
        curve_over(points[:1])


def test_compared_adjusts_over_measures(results: Results) -> None:
    table = compared(results.of(0)[0])
    assert (table["low"] <= table["difference"]).all()
    assert table.loc["revenue", "reading"] == "neither is better"
    assert table.loc["influence gain", "reading"] == "better"  # less of it is better
    assert table.loc["influence gain", "difference"] < 0


def test_who_pays_from_the_raw_rows(results: Results, raw: pd.DataFrame) -> None:
    """Every measure of the headline point on which thick is behind by its own t-value, and no other."""
    found = who_pays(results).loc[["Referendum with astroturf (L3a)"]]
    wide = raw[raw["scenario"] == "referendum"].pivot_table(
        index="replicate", columns=["measure", "arm"], values="value", observed=True
    )
    for measure, sign in {"endorsed_no": 1, "endorsed_yes": 1, "rejected_yes": -1, "rejected_no": -1}.items():
        gap = sign * (wide[measure, "thick"] - wide[measure, "sidt"])
        assert (measure.replace("_", " ") in set(found["measure"])) == (gap.mean() < -2 * gap.sem()), measure


def test_both_selves_and_premises(results: Results, raw: pd.DataFrame) -> None:
    row = both_selves(results).loc["Seller's influence (L2b)"]
    assert row["influence gain, sidt"] == pytest.approx(mean_of(raw, 0.1, "sidt", "influence_gain"))
    assert row["influence gain, thick"] == pytest.approx(mean_of(raw, 0.1, "thick", "influence_gain"))
    assert (premises(results)["what counts"].str.len() > 20).all()
    assert all(kind.premise for _, kind in SCENARIOS.items() if kind.__module__.startswith("thickecon"))


def test_loss_bounds_hold_in_every_world(tmp_path: Path) -> None:
    """T3 of a sum: 0 <= W_v(x_v) - W_v(x_d) <= Delta(x_d) - Delta(x_v), where both maximise over the same set."""
    suite = {**SUITE, "defaults": {"replicates": 6, "block": 6}}
    suite["study"] = [
        {"scenario": "feed_auction", "grid": {"rho": [-0.5, 0.5], "s": [0.0, 0.5]}},
        {"scenario": "course_seats", "replicates": 2},
        {"scenario": "course_seats", "replicates": 2, "fixed": {"decides": "deferred acceptance"}},
    ]
    found = Study(suite).run(tmp_path / "s")
    table = loss_bounds(found)
    assert list(table["at"]) == ["rho = -0.5", "rho = 0.5", "every point"]  # whatever the evidence
    assert (table["loss"] <= table["bound"]).all()
    for point in found.of(0):
        wide = point.values.unstack("arm")
        loss = wide["endorsed", "oracle"] - wide["endorsed", "sidt"]
        wedge = wide["revealed"] - wide["endorsed"]
        assert (loss >= -1e-9).all()
        assert (loss <= wedge["sidt"] - wedge["oracle"] + 1e-9).all()


def test_errors_of_shares_by_the_bootstrap(results: Results) -> None:
    """Two standard errors of a ratio of means, beside resampled worlds."""
    point = results.of(0)[1]
    wide = point.values["endorsed"].unstack("arm").to_numpy()
    arms = list(point.values["endorsed"].unstack("arm").columns)
    gen = np.random.default_rng(0)
    means = wide[gen.integers(0, len(wide), (4000, len(wide)))].mean(axis=1)
    shares = 100 * means[:, arms.index("sidt")] / means[:, arms.index("oracle")]
    assert share_errors(point, "endorsed")["sidt"] == pytest.approx(2 * shares.std(), rel=0.08)
    assert share_errors(point, "endorsed")["oracle"] == pytest.approx(0.0, abs=1e-9)


def test_checks_can_fail(results: Results) -> None:
    table = checks_table(results)
    assert table["met"].tolist() == ["yes", "no", "yes", "yes"]


def test_closed_forms_are_near(results: Results) -> None:
    table = known_table(results, 0)
    assert len(table) == 12
    assert (table["distance in s.e."] < 4.5).all()


def test_break_evens_and_the_survey_that_has_them(results: Results, raw: pd.DataFrame) -> None:
    """The crossing by linear interpolation of means of raw rows; the size is one over its square."""
    table = break_evens(results)
    row = table.iloc[0]
    at = [0.0, 0.1, 0.3, 0.6]
    gaps = np.array([mean_of(raw, s, "thick") - mean_of(raw, s, "sidt") for s in at])
    k = int(np.flatnonzero(gaps <= 0)[0])
    crossing = np.interp(0.0, gaps[[k, k - 1]], [at[k], at[k - 1]])
    assert row["break-even"] == pytest.approx(crossing)
    assert row["low"] < crossing < row["high"]
    assert row["answers"] == pytest.approx(1 / crossing**2)
    assert [_answers(x) for x in (0.0, np.nan, np.inf, 2.0, 0.1)] == [
        np.inf, np.inf, pytest.approx(np.nan, nan_ok=True), 1.0, pytest.approx(100.0)
    ]  # fmt: skip
    assert table.iloc[1]["at"] == "no curve"
    assert np.isnan(table.iloc[1]["answers"])
    assert (table["where thick does not help"].str.len() > 20).all()


def test_shares_of_worlds_have_exact_intervals(results: Results, raw: pd.DataFrame) -> None:
    """k of n from raw rows; each end leaves 2.5 % beyond k, by binomial tails."""
    point = results.of(1)[0]
    table = world_shares(point)
    assert len(table)
    for measure, row in table.iterrows():
        name = str(measure).replace(" ", "_")
        here = raw[(raw["scenario"] == "referendum") & (raw["arm"] == row["arm"]) & (raw["measure"] == name)]["value"]
        k, n = int(here.sum()), len(here)
        assert row["share"] == k / n
        assert binom.sf(k - 1, n, row["low"]) == pytest.approx(0.025) if k else row["low"] == 0
        assert binom.cdf(k, n, row["high"]) == pytest.approx(0.025) if k < n else row["high"] == 1
    assert "endorsed" not in world_shares(results.of(0)[0]).index


def test_worlds_that_it_takes_to_see_a_difference(results: Results, raw: pd.DataFrame) -> None:
    """((1.960 + .842) sd / difference)^2, by hand."""
    point = results.of(0)[1]
    gaps = point.differences("thick")["endorsed"]
    assert point.replicates_needed(0.01) == np.ceil((2.8015852 * gaps.std(ddof=1) / 0.01) ** 2)
    with pytest.raises(UnknownNameError, match="no measure 'joy'"):
        point.replicates_needed(0.01, measure="joy")
    with pytest.raises(UnknownNameError, match="no arm 'text'"):
        point.replicates_needed(0.01, arm="text")


class _Page(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [
            v for n, v in attrs if n in ("src", "href", "xlink:href") and v and not v.startswith(("#", "data:"))
        ]


def test_page_is_self_contained_and_small(results: Results) -> None:
    text = report_page(results).render()
    page = _Page()
    page.feed(text)
    assert not page.loads
    assert not {"script", "img", "link", "iframe"} & page.tags
    assert len(text) < 5_000_000
    for title in (
        "How exact evidence must be",
        "Where thick wins",
        "Where thick loses",
        "Who pays",
        "Both selves",
        "Normative choices",
        "Checks",
        "What these numbers do not show",
        "How to cite",
    ):
        assert title in text
    assert text == report_page(results).render()


def test_failed_rows_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from thickecon.studies.scenarios.seller_influence import SellerInfluence

    play = SellerInfluence.play

    def sometimes(self: Any, world: Any, arm: str, draws: Any) -> Any:
        if draws.replicate == 1:
            raise ValueError("a bidder <left>")
        return play(self, world, arm, draws)

    monkeypatch.setattr(SellerInfluence, "play", sometimes)
    found = Study({**SUITE, "study": [{"scenario": "seller_influence", "replicates": 5}]}).run(tmp_path / "s")
    text = report_page(found).render()
    assert f"{len(SellerInfluence.arms)} rows failed" in text
    assert "a bidder &lt;left&gt;" in text


def test_tables_as_files(results: Results, tmp_path: Path) -> None:
    results.to_csv(tmp_path / "csv")
    results.to_latex(tmp_path / "tex")
    means = pd.read_csv(tmp_path / "csv" / "means.csv")
    row = means[(means["arm"] == "sidt") & (means["measure"] == "endorsed") & means["knobs"].str.contains("s=0.1;")]
    assert row["mean"].iloc[0] == pytest.approx(results.of(0)[1].table().loc["sidt", "endorsed"])
    text = (tmp_path / "tex" / "headline.tex").read_text()
    assert r"\toprule" in text
    assert text.count(r"\\") == 3
    (tmp_path / "file").write_text("")
    with pytest.raises(FileFormatError, match="cannot be made"):
        results.to_csv(tmp_path / "file" / "csv")


# ---- command line -----------------------------------------------------------------------------------------------

TOML = """
schema = 1
name = "cli"
seed = 1
[defaults]
replicates = 20
block = 10
[[study]]
scenario = "seller_influence"
"""


def test_study_and_report_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "suite.toml").write_text(TOML)
    store, page = str(tmp_path / "store"), str(tmp_path / "r.html")
    assert run(["study", str(tmp_path / "suite.toml"), "--store", store]) == 0
    assert "Seller's influence" in capsys.readouterr().out
    assert run(["study", str(tmp_path / "suite.toml"), "--store", store]) == 2
    assert "has results of this suite" in capsys.readouterr().err
    assert run(["study", str(tmp_path / "suite.toml"), "--store", store, "--resume", "--workers", "2"]) == 0
    assert run(["report", store, "--html", page, "--csv", str(tmp_path / "c"), "--latex", str(tmp_path / "l")]) == 0
    assert Path(page).stat().st_size > 10_000
    capsys.readouterr()
    assert run(["report", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_checks_that_are_not_met_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = '[[study.check]]\nquantity = "mean"\narm = "sidt"\nexpected = {}\natol = 0.5\nsource = "by hand"\n'
    (tmp_path / "suite.toml").write_text(TOML + check.format(0.8) + check.format(7))
    store = str(tmp_path / "store")
    for command in (["study", str(tmp_path / "suite.toml"), "--store", store], ["report", store]):
        assert run(command) == 0
        said = capsys.readouterr().out
        assert "1 of 2 checks of the suite are met." in said
        assert "mean of sidt is 0." in said
        assert "expected 7" in said


def test_quick_is_another_suite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "suite.toml").write_text(TOML.replace("replicates = 20", "replicates = 200"))
    assert run(["study", str(tmp_path / "suite.toml"), "--store", str(tmp_path / "q"), "--quick"]) == 0
    assert load(tmp_path / "q").suite.defaults.replicates == 20
    assert run(["study", str(tmp_path / "suite.toml"), "--store", str(tmp_path / "q"), "--resume"]) == 2
    assert "another suite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [("schema = 2", "schema"), ("name = ", "is not TOML"), (TOML.replace("seller_", "seler_"), "did you mean")],
)
def test_bad_suites_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    assert run(["study", str(tmp_path / "bad.toml"), "--store", str(tmp_path / "s")]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("lost", ["everywhere", "at one point", "in one arm", "oracle"])
def test_what_fails_altogether_is_written_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    """A stranger's mechanism that never runs: every table, the page and both commands say so, and none breaks."""
    from thickecon.studies.scenarios.seller_influence import SellerInfluence

    play = SellerInfluence.play

    def never(self: Any, world: Any, arm: str, draws: Any) -> Any:
        if (
            lost == "everywhere"
            or (lost == "at one point" and self.s == 0.2)
            or (lost == "in one arm" and arm == "thick")
        ):
            raise ValueError("no such auction")
        if lost == arm:
            raise ValueError("no such auction")
        return play(self, world, arm, draws)

    monkeypatch.setattr(SellerInfluence, "play", never)
    (tmp_path / "suite.toml").write_text(TOML + "main = { s = 0.2 }\n[study.grid]\ns = [0.0, 0.2, 0.4]\n")
    store, page = str(tmp_path / "store"), str(tmp_path / "r.html")
    assert run(["study", str(tmp_path / "suite.toml"), "--store", store]) == 1
    assert run(["report", store, "--html", page, "--csv", str(tmp_path / "c"), "--latex", str(tmp_path / "l")]) == 1
    assert "no such auction" in Path(page).read_text()
    if lost in ("everywhere", "at one point"):
        assert load(store).headline()["reading"].tolist() == ["every row failed"]
