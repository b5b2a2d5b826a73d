"""A stranger's data in the comparison: a problem file and an evidence file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import FileFormatError, InputError, StoreError, UnknownNameError
from thickecon.studies import Study, load


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Two bidders for one thing: Ann's 8 contains an advert of 5, Bob's 6 none."""
    profile = te.ThickProfile.from_arrays(
        [[[3.0], [5.0]], [[6.0], [0.0]]],
        motives=[te.Motive("use"), te.Motive("advert", "influence")],
        agents=["Ann", "Bob"],
        unit="money",
    )
    te.auctions.Bids(profile, language="unit").save(tmp_path / "market.json")
    (tmp_path / "evidence.csv").write_text("motive,endorsement,standard_error\nadvert,0.2,0.3\n")
    return {"problem": str(tmp_path / "market.json"), "evidence_file": str(tmp_path / "evidence.csv")}


def suite(files: dict[str, str], **changes: Any) -> dict[str, Any]:
    study = {"scenario": "own_problem", "mechanism": "auctions.VCG", "fixed": files} | changes
    return {"schema": 1, "name": "own", "seed": 2, "defaults": {"replicates": 400, "block": 100}, "study": [study]}


def test_worlds_are_draws_of_the_evidence(files: dict[str, str], tmp_path: Path) -> None:
    """E ~ N(.2, .3): Ann is worth 3 + 5 E. SIDT gives to Ann, thick to Bob (6 against 4), the oracle to the better.

    Means: sidt 3 + 5 x .2 = 4; thick 6; oracle E max(6, 3 + 5 E) = 6 + 1.5 [phi(z) - z (1 - Phi(z))], z = .4 / .3.
    """
    from scipy.stats import norm

    point = Study(suite(files)).run(tmp_path / "s").points[0]
    table, error = point.table()["endorsed_welfare"], point.standard_errors()["endorsed_welfare"]
    assert table["sidt"] == pytest.approx(4.0, abs=4 * error["sidt"])
    assert table["thick"] == 6.0
    z = 0.4 / 0.3
    best = 6 + 1.5 * (norm.pdf(z) - z * norm.sf(z))
    assert table["oracle"] == pytest.approx(best, abs=4 * error["oracle"])
    assert point.table().loc["sidt", "revenue"] == 6.0


def test_changed_files_are_not_mixed(files: dict[str, str], tmp_path: Path) -> None:
    Study(suite(files)).run(tmp_path / "s")
    assert load(tmp_path / "s").points[0].scenario.content
    Path(files["evidence_file"]).write_text("motive,endorsement,standard_error\nadvert,0.9,0.0\n")
    from thickecon.studies.scenarios import own_problem

    own_problem._seen.cache_clear()
    found = Study(suite(files)).run(tmp_path / "s", resume=True)
    assert found.points[0].table().loc["thick", "endorsed_welfare"] == pytest.approx(7.5)  # computed anew
    assert np.allclose(found.points[0].values["endorsed_welfare"], 7.5)
    fixed = {**files, "content": "0" * 64}
    with pytest.raises(InputError, match="not those of the store"):
        Study(suite(fixed))


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("motive,share\nadvert,1\n", FileFormatError, "has no column 'endorsement'"),
        ("motive,endorsement,standard_error\nadvrt,0.2,0.1\n", UnknownNameError, "did you mean 'advert'"),
        ("motive,endorsement,standard_error\nadvert,1.2,0.1\n", FileFormatError, r"row 2: .* must lie in \[0, 1\]"),
        ("motive,endorsement,standard_error\nuse,1,0\nadvert,x,0.1\n", FileFormatError, r"row 3: .* must be a number"),
        ("motive,endorsement,standard_error\nadvert,0.2,-1\n", FileFormatError, "at least 0"),
        ("", FileFormatError, "cannot be read as CSV"),
    ],
)  # fmt: skip
def test_bad_evidence(files: dict[str, str], text: str, error: type[Exception], said: str) -> None:
    Path(files["evidence_file"]).write_text(text)
    from thickecon.studies.scenarios import own_problem

    own_problem._seen.cache_clear()
    with pytest.raises(error, match=said):
        Study(suite(files))


def test_worst_case_and_regret_where_the_mechanism_has_them(files: dict[str, str], tmp_path: Path) -> None:
    """Shares of one thing: Ann's is worth 3 + 5 E, Bob's 6, E within .2 -/+ 1.96 x .3, as draws are.

    Worst case: Bob. A share x for Ann has regret (1 - x)(5 E - 3) at the upper end and x (3 - 5 E) at the lower.
    """
    allocate = suite(files, mechanism="welfare.Allocate", mechanism_parameters={"welfare": "Utilitarian"})
    profile = te.read_problem(files["problem"]).profile
    te.Assignment(profile, supply=1).save(tmp_path / "shares.json")
    allocate["study"][0]["fixed"] = files | {"problem": str(tmp_path / "shares.json")}
    allocate["defaults"] = {"replicates": 4, "block": 4}
    point = Study(allocate).run(tmp_path / "s").points[0]
    assert point.arms == ["sidt", "thick", "worst", "regret", "oracle"]
    low, high = 0.2 - 1.959964 * 0.3, 0.2 + 1.959964 * 0.3
    share = (5 * high - 3) / ((5 * high - 3) + (3 - 5 * low))
    value, drawn = point.values["revealed_welfare"], point.table()
    assert value["worst"].to_numpy() == pytest.approx(6.0)
    assert value["regret"].to_numpy() == pytest.approx(8 * share + 6 * (1 - share), abs=1e-5)
    assert drawn.loc["oracle", "endorsed_welfare"] >= drawn.loc["regret", "endorsed_welfare"] - 1e-9


def test_an_arm_that_the_mechanism_does_not_have(files: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"has no arm 'regret' under auctions\.VCG"):
        _ = Study(suite(files, arms=["sidt", "regret"])).points


def test_no_mechanism_is_a_failed_row(files: dict[str, str], tmp_path: Path) -> None:
    found = Study(suite(files, mechanism=None, replicates=2)).run(tmp_path / "s")
    assert "needs a mechanism" in found.failed.iloc[0]["error"]


def test_a_missing_file(files: dict[str, str]) -> None:
    with pytest.raises(FileFormatError, match="there is no such file"):
        Study(suite({**files, "problem": files["problem"] + "x.json"}))


def test_stores_do_not_mix(files: dict[str, str], tmp_path: Path) -> None:
    Study(suite(files, replicates=2)).run(tmp_path / "s")
    with pytest.raises(StoreError, match="another suite"):
        Study(suite(files, replicates=3)).run(tmp_path / "s", resume=True)
