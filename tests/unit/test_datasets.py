"""The course data are read as their source means them; expected numbers come from scipy's MILP on the raw file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, vstack

import thickecon as te
from thickecon.datasets.course import from_fairpyx, wanted
from thickecon.errors import FileFormatError, InputError, UnknownNameError

HERE = Path(te.__file__).parent / "datasets" / "course"
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "course" / "ariel_5783_input.json"


def program(problem: te.Assignment, *, egalitarian: bool = False) -> float:
    """Largest sum (or least-off agent) of an assignment by HiGHS MILP; written here, not with the package."""
    profile = problem.profile
    agent, option, values = profile.rows.agent, profile.rows.option, profile.rows.revealed
    rows, n, m = len(agent), profile.n_agents, profile.n_options
    column = np.arange(rows)
    blocks = [coo_array((np.ones(rows), (agent, column)), shape=(n, rows + 1))]
    blocks.append(coo_array((np.ones(rows), (option, column)), shape=(m, rows + 1)))
    upper = [problem.demand, problem.supply]
    for x, y in problem.conflicts:
        both = np.isin(option, (x, y))
        blocks.append(coo_array((np.ones(both.sum()), (agent[both], column[both])), shape=(n, rows + 1)))
        upper.append(np.ones(n))
    cost = np.append(-values, 0.0)
    if egalitarian:
        least = coo_array((-values, (agent, column)), shape=(n, rows + 1))
        blocks.append(least + coo_array((np.ones(n), (np.arange(n), np.full(n, rows))), shape=(n, rows + 1)))
        upper.append(np.zeros(n))
        cost = np.append(np.zeros(rows), -1.0)
    limits = LinearConstraint(vstack(blocks).tocsc(), -np.inf, np.concatenate(upper))
    bounds = Bounds(0, np.append(np.ones(rows), 1e4))
    result = milp(cost, constraints=limits, integrality=np.append(np.ones(rows), 0), bounds=bounds)
    assert result.success
    return -float(result.fun)


def test_the_vendored_file_is_the_source_to_the_byte():
    # sha256 of experiments/data/ariel_5783_input.json at fairpyx f29b664
    digest = hashlib.sha256((HERE / "ariel_5783_input.json").read_bytes()).hexdigest()
    assert digest == "e15052c7aa5bc7027b25e1bd63908b96c4716877f2a87df2f7db07169a5d70d8"
    assert "MIT License" in (HERE / "LICENSE.fairpyx-MIT").read_text()
    assert "ariel-research/fairpyx" in (HERE / "ORIGIN.md").read_text()


@pytest.mark.shared_data
def test_the_vendored_file_equals_the_shared_one():
    if not SHARED.exists():
        pytest.skip("../shared/data is not there")
    assert SHARED.read_bytes() == (HERE / "ariel_5783_input.json").read_bytes()


def test_sizes():
    problem = te.datasets.load("course")
    assert isinstance(problem, te.Assignment)
    assert (problem.profile.n_agents, problem.profile.n_options) == (26, 23)
    raw = json.loads((HERE / "ariel_5783_input.json").read_text())
    listed = {(s, x) for s, values in raw["valuations"].items() for x in values}
    barred = {(s, x) for s, xs in raw["agent_conflicts"].items() for x in xs}
    assert len(problem.profile.index) == len(listed - barred) == 302
    assert sum(raw["valuations"][s].get(x, 0) for s, x in barred) == 0  # dropping these rows loses no points
    pairs = {frozenset((x, y)) for x, ys in raw["item_conflicts"].items() for y in ys}
    assert len(problem.conflicts) == len(pairs) == 6


@pytest.mark.parametrize(
    ("conflicts", "egalitarian", "expected"),
    [
        # exact optima by HiGHS on the raw file, computed separately for the survey of course-allocation data
        (False, False, 22955.0),
        (True, False, 21942.0),
        (True, True, 418.0),
        (False, True, 418.0),
    ],
)
def test_optima_of_the_given_instance(conflicts, egalitarian, expected):
    problem = te.datasets.load("course", conflicts=conflicts)
    assert program(problem, egalitarian=egalitarian) == pytest.approx(expected, abs=1e-6)


def test_the_optimum_of_the_raw_tables_without_any_converter():
    """The same 22955 from the dense table of points, read here; agents' own conflicts are barred."""
    raw = json.loads((HERE / "ariel_5783_input.json").read_text())
    students, courses = list(raw["valuations"]), list(raw["item_capacities"])
    points = np.array([[raw["valuations"][s].get(x, 0) for x in courses] for s in students], dtype=float)
    # capacities never bind (26 students, 40 seats at least), so each student takes their best courses
    best = [np.sort(points[i])[::-1][: raw["agent_capacities"][s]].sum() for i, s in enumerate(students)]
    assert min(raw["item_capacities"].values()) > len(students)
    assert sum(best) == 22955.0
    assert sum(best) == program(te.datasets.load("course", conflicts=False))


def test_scarce_capacities_follow_the_stated_rule_and_bind():
    given, scarce = te.datasets.load("course"), te.datasets.load("course", capacities="scarce")
    raw = json.loads((HERE / "ariel_5783_input.json").read_text())
    for x, name in enumerate(raw["item_capacities"]):
        count = 0
        for student, values in raw["valuations"].items():
            ranked = sorted((v for v in values.values() if v > 0), reverse=True)[: raw["agent_capacities"][student]]
            count += bool(ranked) and values.get(name, 0) >= ranked[-1]
        seats = max(1, min(raw["item_capacities"][name], -(-count // 2)))
        assert wanted(given)[x] == count
        assert scarce.supply[x] == seats
    assert (scarce.supply < wanted(given)).sum() >= 15
    assert program(scarce) < program(given)
    assert np.array_equal(scarce.conflicts, given.conflicts)
    assert (te.datasets.load("course", capacities=4).supply == 4).all()


def test_wanted_without_ties_or_with_short_lists():
    raw = {
        "valuations": {"a": {"x": 3, "y": 2, "z": 1}, "b": {"x": 0, "y": 5, "z": 5}, "c": {"x": 1}},
        "agent_capacities": {"a": 2, "b": 1, "c": 3},
        "item_capacities": {"x": 9, "y": 9, "z": 9},
        "agent_conflicts": {},
        "item_conflicts": {"x": ["z"]},
    }
    problem = from_fairpyx(raw)
    # a wants x, y; b's best is tied: y and z; c wants x
    assert wanted(problem).tolist() == [2, 2, 1]
    assert problem.conflicts.tolist() == [[0, 2]]


def test_names_of_courses():
    english, original = te.datasets.load("course"), te.datasets.load("course", english=False)
    assert len(set(english.profile.options)) == 23
    assert original.profile.options[0] == "dHyst ntvnym byvm b 9:00"
    assert not set(english.profile.options) & set(original.profile.options)  # every name is translated
    assert np.array_equal(english.profile.rows.revealed, original.profile.rows.revealed)


def test_replacing_the_profile_keeps_conflicts_of_labelled_options():
    problem = te.datasets.load("course")
    again = problem.with_profile(problem.profile.with_endorsement(0.5))
    assert np.array_equal(again.conflicts, problem.conflicts)


def test_registry():
    assert "course" in te.datasets.names()
    assert "MIT" in te.datasets.describe("course")
    assert all(te.datasets.describe(name).strip() for name in te.datasets.names())
    with pytest.raises(UnknownNameError, match="course"):
        te.datasets.load("coarse")
    with pytest.raises(InputError, match="seats"):
        te.datasets.load("course", seats=3)  # no such variant
    with pytest.raises(InputError, match="capacities"):
        te.datasets.load("course", capacities="few")


def test_a_data_set_of_another_distribution_is_found_by_name():
    from thickecon.datasets import DATASETS, Dataset

    DATASETS.add("made up", Dataset(lambda: lambda size=1: list(range(size)), lambda: "counts"))
    try:
        assert te.datasets.load("made up", size=2) == [0, 1]
        assert te.datasets.describe("made up") == "counts"
    finally:
        del DATASETS._known["made up"]


@pytest.mark.shared_data
def test_many_labs_is_found_and_asks_for_its_file():
    counts = SHARED.parents[1] / "endorsement" / "manylabs1_framing_counts.csv"
    if "many_labs" not in te.datasets.names() or not counts.exists():
        pytest.skip("the module or ../shared/data is not there")
    assert {"cell", "framing", "n", "k"} <= set(te.datasets.load("many_labs", path=counts).columns)
    with pytest.raises(InputError, match="path"):
        te.datasets.load("many_labs")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"valuations": None}, "valuations"),
        ({"agent_capacities": {}}, "agent_capacities"),
        ({"item_conflicts": {"x": ["nowhere"]}}, "item_conflicts"),
        ({"agent_conflicts": {"a": ["nowhere"]}}, "agent_conflicts"),
        ({"valuations": {"a": {"nowhere": 1}}}, "valuations"),
    ],
)
def test_bad_files_are_refused_by_part(change, where):
    raw = {
        "valuations": {"a": {"x": 3}},
        "agent_capacities": {"a": 1},
        "item_capacities": {"x": 1},
        "agent_conflicts": {},
        "item_conflicts": {},
    }
    with pytest.raises(FileFormatError, match=where):
        from_fairpyx(raw | change)
