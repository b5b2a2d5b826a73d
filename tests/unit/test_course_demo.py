"""The course demonstration: what is planted, what is learnt from it, and that the report says what was found."""

from __future__ import annotations

import html.parser

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import thickecon as te
from thickecon.errors import FileFormatError, InputError
from thickecon.studies.course_demo import CourseDemo, Settings, run_course_demo
from thickecon.studies.course_demo.estimate import fit_estimates, frame_counts
from thickecon.studies.course_demo.experiment import run_experiment
from thickecon.studies.course_demo.findings import headline, where_thick_loses
from thickecon.studies.course_demo.plant import MANY_LABS_LOG_ODDS, draw_plant, fit_scale
from thickecon.studies.course_demo.report import report_page, summary_tables, write_report
from thickecon.studies.course_demo.runs import CASES, one_seat, welfare_by_arm


@pytest.fixture(scope="module")
def market() -> te.Assignment:
    return te.datasets.load("course", capacities="scarce")


@pytest.fixture(scope="module")
def seen() -> list[tuple[str, int, int]]:
    """What the demonstration said of its progress."""
    return []


@pytest.fixture(scope="module")
def demo(seen: list[tuple[str, int, int]]) -> CourseDemo:
    return run_course_demo(Settings.quick(seed=3), lambda *step: seen.append(step))


@pytest.fixture(scope="module")
def page(demo: CourseDemo) -> str:
    return report_page(demo).render()


def test_strength_is_the_published_effect() -> None:
    """Klein et al. 2014, gain / loss problem, summed over 36 sites: 1200 of 3174 against, 2059 of 3097 for."""
    odds_against, odds_for = 1200 / (3174 - 1200), 2059 / (3097 - 2059)
    assert pytest.approx(np.log(odds_for / odds_against), abs=5e-4) == MANY_LABS_LOG_ODDS  # shares have four digits


def test_scale_recovers_gumbel_noise() -> None:
    """Points = quality of the course + 40 * standard Gumbel noise: the scale is 40, within three standard errors."""
    rng = np.random.default_rng(5)
    points = rng.normal(100, 30, 12)[None, :] + 40 * rng.gumbel(size=(2000, 12))
    found = fit_scale(te.ThickProfile.from_values(points[:400]))
    assert abs(found.points - 40) < 3 * found.standard_error
    # the jackknife error against the spread over five disjoint samples of the same size
    others = [fit_scale(te.ThickProfile.from_values(part)).points for part in np.split(points, 5)]
    assert found.standard_error == pytest.approx(np.std(others, ddof=1), rel=1.0)


def test_plant_bends_whom_it_reaches_and_nobody_else(market: te.Assignment) -> None:
    scale = fit_scale(market.profile)
    plant = draw_plant(market, scale, 11, log_odds=0.7)
    assert plant.reached.sum() == 13
    assert len(set(plant.courses)) == 3
    gap = plant.truth.revealed - market.profile.revealed
    expected = np.zeros_like(gap)
    columns = [list(market.profile.options).index(name) for name in plant.courses]
    for i in np.flatnonzero(plant.reached):
        expected[i, columns] = 0.7 * scale.points
    np.testing.assert_allclose(gap, np.where(np.isnan(gap), np.nan, expected), atol=1e-9)
    np.testing.assert_array_equal(plant.truth.endorsed, market.profile.revealed)  # real points are what counts


def test_too_few_courses_is_an_error(market: te.Assignment) -> None:
    with pytest.raises(InputError, match="have an audience, 50 are to be promoted"):
        draw_plant(market, fit_scale(market.profile), 0, courses=50)


def test_one_seat_rule(market: te.Assignment) -> None:
    """A seat for every second student whose first choice a course is, counted by hand; ties count for each."""
    table = market.profile.revealed
    best = np.nanmax(np.where(table > 0, table, np.nan), axis=1, keepdims=True)
    first = (table == best).sum(axis=0)
    seats = np.maximum(1, np.minimum(market.supply, np.ceil(first / 2)))
    np.testing.assert_array_equal(one_seat(market).supply, seats)


def test_experiment_is_among_the_unreached_and_randomised(market: te.Assignment) -> None:
    scale = fit_scale(market.profile)
    plant = draw_plant(market, scale, 2)
    data = run_experiment(plant, scale, 30, 4, 9)
    assert not {market.profile.agents[i] for i in np.flatnonzero(plant.reached)} & set(data["agent"])
    assert (data.groupby(["agent", "set"])["chosen"].sum() == 1).all()
    assert (data.groupby(["agent", "set"])["arm"].nunique() == 1).all()
    signed = data["promotion"].abs() == data["option"].isin(plant.courses) * (data["arm"] != "neutral")
    assert signed.all()
    counts = frame_counts(data, plant)
    assert counts["n"].sum() == data["option"].isin(plant.courses).sum()


def test_estimates_cover_what_was_planted(market: te.Assignment) -> None:
    """A large experiment: the logit is near the plant; the DQI wedge is log(Y1 / Y0), from the counts themselves."""
    scale = fit_scale(market.profile)
    plant = draw_plant(market, scale, 4)
    data = run_experiment(plant, scale, 1500, 4, 8)
    known = fit_estimates(data, plant)
    assert (np.abs(known.logit.values - plant.shift) < 4 * known.logit.errors).all()
    assert (known.logit.errors < 0.08 * plant.shift).all()
    shown = data[data["option"].isin(plant.courses)]
    rate = shown.groupby("arm")["chosen"].mean()
    assert known.dqi.values[0] == pytest.approx(np.log(rate["for"] / rate["against"]), rel=1e-9)
    thick = known.thick(plant)
    np.testing.assert_array_equal(thick.rows.revealed, plant.truth.rows.revealed)  # reports are not touched
    taken_out = thick.rows.revealed - thick.rows.endorsed
    reached = plant.reached[thick.index.agent]
    assert not taken_out[~reached].any()
    for name, value in zip(known.logit.names, known.logit.values, strict=True):
        place = list(thick.options).index(known.logit.targets[name].options[0])
        np.testing.assert_allclose(taken_out[reached & (thick.index.option == place)], value, atol=1e-6)


def test_utilitarian_arms_against_another_solver(market: te.Assignment) -> None:
    """One scarce seat by VCG: welfare of sidt and oracle from scipy's assignment on seats listed one by one."""
    plant = draw_plant(market, fit_scale(market.profile), 6, log_odds=3.0)
    case = next(case for case in CASES if case.key == "vcg")
    found = welfare_by_arm(case, market, plant.truth, {}, [0])
    seats = one_seat(market).supply.astype(int)
    column = np.repeat(np.arange(len(seats)), seats)

    def best(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        table = np.concatenate([np.nan_to_num(values, nan=-1e6)[:, column], np.zeros((len(values),) * 2)], axis=1)
        return linear_sum_assignment(table, maximize=True)

    endorsed = np.nan_to_num(plant.truth.endorsed)
    rows, places = best(plant.truth.endorsed)
    real = places < len(column)
    assert found["oracle"][0] == pytest.approx(endorsed[rows[real], column[places[real]]].sum())
    assert found["sidt"][0] < found["oracle"][0]


def test_arms_are_paired_and_certified(demo: CourseDemo) -> None:
    for case in CASES:
        comparison = demo.comparisons[case.key]
        assert list(comparison.outcomes) == ["sidt", "thick", "thick (DQI)", "oracle"]
        seeds = {tuple(o.provenance.seed for o in runs) for runs in comparison.outcomes.values()}
        assert len(seeds) == 1
        assert all(outcome.certified for runs in comparison.outcomes.values() for outcome in runs)
        frame = comparison.to_frame()
        if "objective" in frame:  # the oracle is an upper bound for the mechanism's own objective
            assert (frame["objective"] <= frame.loc["oracle", "objective"] * (1 + 1e-6)).all()


def test_surface_is_zero_where_nothing_was_planted_and_known(demo: CourseDemo) -> None:
    corner = demo.surface[(demo.surface["strength"] == 0) & (demo.surface["error"] == 0)]
    assert len(corner) == len(CASES)
    assert np.allclose(corner["mean"], 0.0, atol=1e-9)


def test_headline_is_what_the_campaigns_say(demo: CourseDemo) -> None:
    table = headline(demo)
    for case in CASES:
        rows = demo.plants[demo.plants["mechanism"] == case.key].pivot(index="plant", columns="arm", values="welfare")
        change = 100 * (rows["thick"] / rows["sidt"] - 1)
        assert table.loc[case.title, "all campaigns, %"] == pytest.approx(change.mean(), abs=0.0051)
        assert table.loc[case.title, "thick worse in"] == f"{(change < -1e-4).sum()} of {len(change)}"


def test_losses_are_not_hidden(demo: CourseDemo) -> None:
    """Every yardstick with a better direction on which thick is behind stands in the table."""
    lost = where_thick_loses(demo)
    for case in CASES:
        comparison = demo.comparisons[case.key]
        frame = comparison.to_frame()
        for item in comparison.yardsticks:
            if item.name not in frame or item.better is None:
                continue
            behind = frame.loc["thick", item.name] - frame.loc["sidt", item.name]
            behind *= -1 if item.better == "more" else 1
            named = (case.title, item.name.replace("_", " ")) in lost.index
            assert named == (behind > 1e-9 * max(1.0, abs(frame.loc["sidt", item.name])))


class _Links(html.parser.HTMLParser):
    """What a page would load, the ids it has and those it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.anchors: set[str] = set()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.add(value or "")
            elif name in ("src", "href", "xlink:href", "action", "data") and value:
                if value.startswith("#"):
                    self.anchors.add(value[1:])
                else:
                    self.loads.append(value)


def test_page_is_self_contained(page: str) -> None:
    found = _Links()
    found.feed(page)
    assert all(link.startswith("data:") for link in found.loads)
    assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
    assert found.anchors <= found.ids
    assert "url(http" not in page
    assert "@import" not in page
    for case in CASES:
        assert case.title in page
    assert "Where thick loses" in page
    assert "MIT" in page.split("Where it comes from")[-1]


def test_one_seed_one_page(page: str) -> None:
    assert report_page(run_course_demo(Settings.quick(seed=3))).render() == page


def test_tables_for_a_terminal(demo: CourseDemo) -> None:
    titles = [title for title, table, notes in summary_tables(demo) if len(table)]
    assert titles[1:5] == [case.title for case in CASES]


def test_report_is_written_whole_or_not_at_all(demo: CourseDemo, tmp_path) -> None:
    with pytest.raises(FileFormatError, match="folder does not exist"):
        write_report(demo, tmp_path / "nowhere" / "r.html")
    write_report(demo, tmp_path / "r.html")
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


@pytest.mark.parametrize(("name", "value"), [("plants", 1), ("lotteries", 1), ("menu_size", 1), ("seed", -1)])
def test_settings_are_checked(name: str, value: int) -> None:
    with pytest.raises(InputError, match=f"Settings.{name}"):
        Settings(**{name: value})


def test_progress_is_told(demo: CourseDemo, seen: list[tuple[str, int, int]]) -> None:
    stages = dict.fromkeys(what for what, _, _ in seen)
    assert list(stages) == ["one campaign", "campaigns", "surface"]
    assert all(0 <= done <= total for _, done, total in seen)
    assert {what for what, done, total in seen if done == total} == set(stages)
