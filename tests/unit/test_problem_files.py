"""Problems in files: every kind, both containers, exact to the bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import FileFormatError
from thickecon.problems import Assignment, Bids, Choice, Linear, Market, Norm, Priorities, Problem, budget, quota
from thickecon.problems.io import read_file, write_problem

ENDINGS = ["json", "parquet"]


def profile() -> te.ThickProfile:
    values = np.array([[0.1, -0.0, 5e-324], [np.nan, 2.0, 1 / 3]])
    p = te.ThickProfile.from_values(values, agents=["ann", "bob"], options=["tea", "milk", ("tea", "milk")])
    return p.with_influence("ad", 0.3, targets=["bob"], se=0.05)


def dense() -> te.ThickProfile:
    return te.ThickProfile.from_arrays(np.linspace(-1, 1, 12).reshape(2, 2, 3), [1.0, 0.25])


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "assignment, plain": lambda: Assignment(profile()),
    "assignment, full": lambda: Assignment(
        profile(),
        supply=[0.5, 2, 1e-3],
        demand=[1, 1 / 3],
        conflicts=[("milk", "tea"), (("tea", "milk"), "tea")],
        norms=(
            quota("no tea", profile(), options=["tea"], at_most=0.1, because=["ad"]),
            Norm("fair", Linear([1, -0.0, 0, 1e-320, 2], "==", -0.0), ("value",), ("ann", "bob"), ("bob",)),
            budget("spend", profile(), [0.1, 0.2, 0.3], at_least=0.1),
        ),
    ),
    "market of agents": lambda: Market(
        profile(), te.ThickProfile.from_values(np.arange(6.0).reshape(3, 2)), capacities=[1, 2, 0], demand=[2, 1]
    ),
    "market with priorities": lambda: Market(profile(), Priorities.from_scores([[1, np.nan], [2, 2], [0.5, 0.1]])),
    "market from rankings": lambda: Market([[1, 0], [[0, 1]], []], [[0, 1, 2], [2, 0]], capacities=2),
    "bids on items": lambda: Bids(dense(), language="unit"),
    "bids on bundles": lambda: Bids(
        profile(), bundles=[[1, 0], [0, 1], [1, 2]], language="OR*", supply=[1, 3], items=["leaf", "drop"]
    ),
    "choice": lambda: Choice(dense()),
}


def bits(array: object) -> object:
    if not isinstance(array, np.ndarray):
        return array
    return array.shape, np.asarray(array, dtype=np.float64).view(np.int64).tolist()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_round_trip(tmp_path: Path, name: str, ending: str) -> None:
    problem = PROBLEMS[name]()
    problem.save(tmp_path / f"p.{ending}")
    back = te.read_problem(tmp_path / f"p.{ending}")
    assert type(back) is type(problem)
    assert back.profile.equals(problem.profile)
    for part in ("supply", "demand", "capacities", "conflicts", "bundles", "language", "receivers_are_agents"):
        assert bits(getattr(back, part, None)) == bits(getattr(problem, part, None)), part
    if isinstance(problem, Bids) and isinstance(back, Bids):
        assert list(back.items or ()) == list(problem.items or ())
    if isinstance(problem, Market) and isinstance(back, Market):
        assert back.receivers.equals(problem.receivers)
    if isinstance(problem, Assignment) and isinstance(back, Assignment):
        for one, other in zip(problem.norms, back.norms, strict=True):
            assert (one.name, one.because, one.scope, one.excuses) == (
                other.name,
                other.because,
                other.scope,
                other.excuses,
            )
            a, b = one.constraint, other.constraint
            assert isinstance(a, Linear)
            assert isinstance(b, Linear)
            assert bits(a.coefficients) == bits(b.coefficients)
            assert (a.sense, a.bound.hex()) == (b.sense, b.bound.hex())
    assert back.equals(problem)


@pytest.mark.parametrize("name", PROBLEMS)
def test_published_schema_accepts_every_kind(tmp_path: Path, name: str) -> None:
    import json

    jsonschema = pytest.importorskip("jsonschema")
    where = Path(__file__).parents[2] / "docs" / "reference" / "schema" / "problem-v1.schema.json"
    PROBLEMS[name]().save(tmp_path / "p.json")
    jsonschema.validate(json.loads((tmp_path / "p.json").read_text()), json.loads(where.read_text()))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_profile_is_not_a_problem_and_the_message_says_what_to_do(tmp_path: Path, ending: str) -> None:
    dense().save(tmp_path / f"p.{ending}")
    with pytest.raises(FileFormatError, match=r"holds a profile.*te\.read_profile\(path\).*te\.Assignment"):
        te.read_problem(tmp_path / f"p.{ending}")
    Choice(dense()).save(tmp_path / f"q.{ending}")
    with pytest.raises(FileFormatError, match=r"holds a problem.*te\.read_problem\(path\)\.profile"):
        te.read_profile(tmp_path / f"q.{ending}")
    assert isinstance(read_file(tmp_path / f"p.{ending}"), te.ThickProfile)
    assert isinstance(read_file(tmp_path / f"q.{ending}"), Choice)


def test_one_number_stands_for_all(tmp_path: Path) -> None:
    p = tmp_path / "p.json"
    p.write_text(
        """{"format": "thickecon/problem", "version": 1, "kind": "assignment", "supply": 2, "demand": 1,
            "conflicts": [["x", "y"]],
            "profile": {"format": "thickecon/profile", "version": 1, "agents": 1, "options": ["x", "y"],
                        "motives": [{"name": "v"}], "contributions": [[1, 2]], "endorsement": {"theta": [[1]]}}}"""
    )
    problem = te.read_problem(p)
    assert isinstance(problem, Assignment)
    assert (problem.supply.tolist(), problem.demand.tolist()) == ([2, 2], [1])
    assert problem.conflicts.tolist() == [[0, 1]]


def test_a_norm_that_is_a_function_cannot_be_saved(tmp_path: Path) -> None:
    problem = Assignment(dense(), norms=Norm("free", lambda taken, problem: []))
    with pytest.raises(FileFormatError, match=r"norm 'free' is a function.*Linear"):
        problem.save(tmp_path / "p.json")
    assert list(tmp_path.iterdir()) == []


def test_other_things_have_no_file_format(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"ThickProfile has no file format.*'assignment'"):
        write_problem(dense(), tmp_path / "p.json")  # type: ignore[arg-type]
