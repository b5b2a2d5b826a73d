"""The command line: what it prints, writes and returns. Numbers are counted by hand or by brute force."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thickecon as te
from thickecon.cli import main
from thickecon.matching import Market

KINDS = {
    "assignment": "welfare.Allocate",
    "market": "matching.DeferredAcceptance",
    "bids": "auctions.VCG",
    "choice": "welfare.Allocate",
    "profile": "auctions.SecondPrice",
    "course": "welfare.Allocate",
}


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command line; (code, standard output, standard error)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def fresh(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command line in an interpreter of its own."""
    script = "import sys; from thickecon.cli import main; sys.exit(main())"
    env = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, check=False, env=env)


@pytest.fixture
def example(tmp_path: Path, say: Any) -> Any:
    def make(kind: str, ending: str = "json") -> Path:
        assert say("example", tmp_path / f"{kind}.{ending}", "--kind", kind, "--force")[0] == 0
        return tmp_path / f"{kind}.{ending}"

    return make


def numbers(out: str, name: str) -> list[float]:
    """The cells of a row of a printed table."""
    line = next(line for line in out.splitlines() if line.startswith(f"{name} "))
    return [float(cell.replace(",", "").replace("–", "nan")) for cell in line.split()[1:]]


# ---- in general -----------------------------------------------------------------------------------------------


def test_help_loads_nothing_heavy() -> None:
    script = """
import sys
from thickecon.cli import main
code = main(["--help"])
print(code, sorted({"numpy", "scipy", "pandas", "cvxpy", "numba", "matplotlib", "pydantic"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    for command in ("compare", "sensitivity", "validate", "list", "example", "demo"):
        assert command in done.stdout


def test_list_loads_no_solver() -> None:
    script = """
import sys
from thickecon.cli import main
code = main(["list"])
print(code, sorted({"cvxpy", "clarabel", "highspy", "matplotlib"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_version(say: Any) -> None:
    assert say("--version") == (0, f"thickecon {te.__version__}\n", "")


def test_without_arguments_the_help_is_shown(say: Any) -> None:
    code, out, err = say()
    assert code == 2
    assert "sensitivity" in out
    assert err == ""


def test_the_installed_script_calls_the_same() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"]["thickecon"] == "thickecon.cli:main"


def test_a_terminal_without_utf_8_is_no_error(tmp_path: Path) -> None:
    te.Choice(te.ThickProfile.from_values([[0.0, 1.0]], agents=["Zoë \x1b[31m"])).save(tmp_path / "p.json")
    done = fresh("compare", str(tmp_path / "p.json"), "-m", "Allocate", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    done.stdout.decode("ascii")


# ---- list -----------------------------------------------------------------------------------------------------


def test_list_names_everything_there_is(say: Any) -> None:
    from thickecon.datasets import names
    from thickecon.endorsement import ESTIMATORS
    from thickecon.lenses import LENSES
    from thickecon.mechanism.yardsticks import YARDSTICKS

    code, out, err = say("list")
    assert (code, err) == (0, "")
    for name in [*te.catalogue(), *LENSES, *YARDSTICKS, *ESTIMATORS, *names()]:
        assert name in out
    assert max(len(line) for line in out.splitlines() if not line.startswith("written: ")) <= 80


def test_a_mechanism_of_strangers_that_cannot_be_made_hides_no_other() -> None:
    from thickecon.cli.listing import _claims

    class Late(te.auctions.SecondPrice):
        def __post_init__(self) -> None:
            raise RuntimeError("no licence")

    class Silent(te.auctions.SecondPrice):
        @property
        def claims(self) -> Any:
            raise ValueError("written in haste")

    assert _claims(Late) == ["cannot be made: RuntimeError: no licence"]
    assert _claims(Silent) == ["its claims cannot be read: ValueError: written in haste"]


def test_list_states_claims_that_hold_and_that_fail(say: Any) -> None:
    code, out, _ = say("list", "--what", "mechanisms")
    assert code == 0
    assert "Lenses" not in out
    section = out[out.index("matching.DeferredAcceptance") : out.index("welfare.Allocate")]
    flat = " ".join(section.split())
    assert "holds: stable, endorsed self: no pair blocks under endorsed values [T10]" in flat
    assert "fails: stable, decision self" in flat
    assert "doi:10.2307/2312726" in flat


# ---- example, and files of every kind through the command line ------------------------------------------------


@pytest.mark.parametrize("ending", ["json", "parquet"])
@pytest.mark.parametrize("kind", KINDS)
def test_examples_of_every_kind_are_valid_and_run(say: Any, example: Any, kind: str, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    path = example(kind, ending)
    code, out, err = say("validate", path)
    assert (code, err) == (0, "")
    assert out.startswith(f"{path}: ok\n")
    code, out, err = say("compare", path, "--mechanism", KINDS[kind])
    assert (code, err) == (0, "")
    assert "endorsed_welfare" in out


@pytest.mark.parametrize("kind", KINDS)
def test_json_and_parquet_hold_the_same(say: Any, example: Any, kind: str) -> None:
    pytest.importorskip("pyarrow")
    from thickecon.problems.io import read_file

    one, two = (read_file(example(kind, ending)) for ending in ("json", "parquet"))
    assert type(one) is type(two)
    assert one.content_hash == two.content_hash
    tables = []
    for ending in ("json", "parquet"):
        path = example(kind, ending).with_suffix(".csv")
        file = path.with_suffix(f".{ending}")
        assert say("compare", file, "-m", KINDS[kind], "--csv", path)[0] == 0
        tables.append(path.read_bytes())
    assert tables[0] == tables[1]


def test_an_example_is_not_written_over_a_file(say: Any, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("mine")
    code, out, err = say("example", tmp_path / "p.json")
    assert (code, out) == (2, "")
    assert err.startswith("thickecon: ")
    assert "is there already" in err
    assert "--force" in err
    assert (tmp_path / "p.json").read_text() == "mine"
    assert say("example", tmp_path / "p.json", "--force")[0] == 0
    assert isinstance(te.read_problem(tmp_path / "p.json"), te.Assignment)


def test_the_course_example_is_the_data_set(example: Any) -> None:
    assert te.read_problem(example("course")).equals(te.datasets.load("course", capacities="scarce"))


# ---- compare --------------------------------------------------------------------------------------------------


def test_compare_against_all_permutations(say: Any, example: Any) -> None:
    """Three agents, one seat each: all six ways are tried."""
    path = example("assignment")
    profile = te.read_problem(path).profile
    revealed, endorsed = profile.revealed, profile.endorsed
    ways = list(itertools.permutations(range(3)))

    def best(values: np.ndarray) -> tuple[int, ...]:
        return max(ways, key=lambda way: sum(values[i, x] for i, x in enumerate(way)))

    def worth(values: np.ndarray, way: tuple[int, ...]) -> float:
        return float(sum(values[i, x] for i, x in enumerate(way)))

    code, out, err = say("compare", path, "-m", "welfare.Allocate", "-p", "integral=true")
    assert (code, err) == (0, "")
    sidt, thick, less, per_cent = numbers(out, "endorsed_welfare")
    assert (sidt, thick) == (worth(endorsed, best(revealed)), worth(endorsed, best(endorsed)))
    assert less == thick - sidt > 0
    assert per_cent == pytest.approx(100 * less / sidt, abs=0.01)
    assert numbers(out, "revealed_welfare")[:2] == [worth(revealed, best(revealed)), worth(revealed, best(endorsed))]


def test_compare_auction_by_hand(say: Any, example: Any) -> None:
    """Lamp 6 (ann), shade 5 (bob), both 12 (cyd, 4 of it advertisement).

    SIDT: cyd's 12 beats 6 + 5 and pays 11 for what she values at 8. Thick: ann and bob win on 6 + 5 against 8. Without
    ann, shade 5 and cyd's 5 for the lamp are best: she pays 10 - 5. Without bob, 6 and cyd's 2 for the shade: 8 - 6.
    """
    code, out, _ = say(
        "compare", example("bids"), "-m", "auctions.VCG", "-p", "charge=clarke", "-p", "reporting=endorsed"
    )
    assert code == 0
    assert numbers(out, "revenue")[:2] == [11, 5 + 2]
    assert numbers(out, "endorsed_welfare")[:2] == [8, 11]
    assert numbers(out, "surplus_endorsed")[:2] == [8 - 11, 11 - 7]


def test_what_it_takes_to_overturn_the_result_is_printed(say: Any, example: Any) -> None:
    """North, south, west to ann, bob, cyd is read as (9 - 4 s) + 7 + 4 at share s of the correction.

    The other way, south, west, north, is 7 + 5 + 7 = 19 at any share: it is better once s > 1/4.
    """
    code, out, _ = say("compare", example("assignment"), "-m", "Allocate", "-p", "integral=true")
    assert code == 0
    flat = " ".join(out.split())
    assert "Tipping point: 0.25 of the estimated correction" in flat
    assert "Loss bound: at most 16" in flat  # two reached agents, wedge 4, twice
    assert "Break-even error of the evidence" in flat
    assert "No truth was given" in flat
    assert "2 agents gain, 1 lose, 0 stay" in flat  # south 7 for north 5, north 7 for west 4, west 5 for south 7


def test_arms_truth_draws_and_replicates(say: Any, example: Any, tmp_path: Path) -> None:
    path = example("assignment")
    truth = te.read_problem(path).profile.with_endorsement([1.0, 0.5])
    te.Assignment(truth, supply=[1, 1, 2], demand=1).save(tmp_path / "truth.json")
    more = ("--truth", tmp_path / "truth.json", "--arms", "sidt, thick,oracle", "--draws", 5, "--replicates", 2)
    more = (*more, "--html", tmp_path / "page.html")
    code, out, err = say("compare", path, "-m", "Allocate", "-p", "integral=true", *more)
    assert (code, err) == (0, "")
    assert "thick less sidt" in out
    assert "oracle less sidt" in out
    assert "upper bound for its own objective only" in " ".join(out.split())
    assert re.search(r"yardstick +sidt +thick +oracle", out)
    assert max(len(line) for line in out.splitlines() if not line.startswith("written: ")) <= 80
    assert "over 5 draws of the evidence" in (tmp_path / "page.html").read_text()
    # endorsement 0.5: SIDT 7 + 7 + 4, the other way 7 + 5 + 7
    assert numbers(out, "endorsed_welfare")[:3] == [18, 19, 19]


def test_a_lens_and_parameters_that_are_objects(say: Any, example: Any, tmp_path: Path) -> None:
    """PartialCredit(1) is SIDT itself; Atkinson(0) is the mean of utilities."""
    path = example("assignment")
    code, out, _ = say("compare", path, "-m", "Allocate", "-p", "integral=true", "--lens", "PartialCredit(influence=1)")
    assert code == 0
    sidt, thick, less, _per_cent = numbers(out, "endorsed_welfare")
    assert (sidt, less) == (thick, 0)
    code, out, _ = say("compare", path, "-m", "Allocate", "-p", "welfare=Atkinson(0.0)", "-p", "integral=true")
    assert code == 0
    assert numbers(out, "objective")[1] == pytest.approx(19 / 3, abs=1e-3)


def test_files_are_written_and_hold_what_the_api_gives(say: Any, example: Any, tmp_path: Path) -> None:
    path = example("market")
    files = {f"--{name}": tmp_path / f"t.{end}" for name, end in (("html", "html"), ("csv", "csv"), ("latex", "tex"))}
    code, out, _ = say("compare", path, "-m", "DeferredAcceptance", "--seed", 3, *itertools.chain(*files.items()))
    assert code == 0
    for file in files.values():
        assert f"written: {file}" in out
    found = te.compare(te.matching.DeferredAcceptance(), te.read_problem(path), rng=3)
    rows = list(csv.DictReader(io.StringIO(files["--csv"].read_text())))
    table = found.table()
    assert [row["yardstick"] for row in rows] == list(table.index)
    for row in rows:
        assert float(row["thick"]) == table.loc[row["yardstick"], "thick"]
    assert files["--latex"].read_text() == found.to_latex()
    page = files["--html"].read_text()
    assert "<!DOCTYPE html>" in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]


def test_a_result_that_is_not_certified_is_exit_code_1(say: Any, example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = te.Verdict("feasible", "nobody", False, 1.0, statement="made to fail")
    monkeypatch.setattr(te.auctions.SecondPrice, "_certify", lambda self, outcome: (verdict,))
    code, out, _ = say("compare", example("profile"), "-m", "SecondPrice")
    assert code == 1
    assert "2 of the outcomes are not certified" in " ".join(out.split())


# ---- sensitivity ----------------------------------------------------------------------------------------------


def smallest(out: str, measured_by: str) -> float:
    """Size of the smallest influence, from the printed table."""
    line = next(line for line in out.splitlines() if line.startswith(measured_by))
    return float(line.removeprefix(measured_by).split()[0])


def test_sensitivity_by_hand(say: Any, tmp_path: Path) -> None:
    """One item, 8 against 6: hidden influence of 1 on each changes the winner, or of 2 on one of them."""
    te.ThickProfile.from_values([[8.0], [6.0]], agents=["ann", "bob"], options=["lamp"]).save(tmp_path / "p.json")
    code, out, err = say("sensitivity", tmp_path / "p.json", "-m", "SecondPrice", "--html", tmp_path / "s.html")
    assert (code, err) == (0, "")
    assert "exact" in out
    assert [smallest(out, name) for name in ("largest entry  ", "sum of entries", "largest entry, 1 agent(s)")] == [
        1,
        2,
        2,
    ]
    code, out, _ = say("sensitivity", tmp_path / "p.json", "-m", "SecondPrice", "--agents", 2)
    assert smallest(out, "largest entry, 2 agent(s)") == 1
    page = (tmp_path / "s.html").read_text()
    assert "<svg" in page
    assert "how much manipulation changes the result" in page


@pytest.mark.parametrize(("share", "size"), [(0, 2), (40, 4), (60, 7.6 / 1.4)])
def test_sensitivity_says_what_costs_a_share_of_the_surplus(
    say: Any, tmp_path: Path, share: float, size: float
) -> None:
    """Options read as 10 and 6, one agent: with t hidden in each, 6 + t could be had and 10 - t is.

    The share lost is (2 t - 4) / (6 + t).
    """
    te.Choice(te.ThickProfile.from_values([[10.0, 6.0]])).save(tmp_path / "p.json")
    code, out, _ = say("sensitivity", tmp_path / "p.json", "-m", "Allocate", "--loss", share)
    assert code == 0
    line = f"An influence whose largest entry is {size:.4g} costs {share} % of the surplus (exact)."
    assert line in " ".join(out.split())


# ---- validate -------------------------------------------------------------------------------------------------


def test_validate_says_what_is_in_a_file(say: Any, example: Any) -> None:
    code, out, err = say("validate", example("assignment"))
    flat = " ".join(out.split())
    assert (code, err) == (0, "")
    assert "assignment: 3 agents, 3 options, 9 evaluated pairs (100 % of all), unit utils" in flat
    assert "advert (influence)" in flat
    assert "largest wedge 4" in flat
    assert "supply: 1 to 2, 4 in all" in flat
    assert "warning" not in flat


def test_validate_warns_of_a_coarse_grid(say: Any, tmp_path: Path) -> None:
    """One value of 1e9 among ones: the step 2^-36 of 1e9 is about 0.015, far above a millionth of 1 (T15)."""
    values = np.ones((5, 2))
    values[0, 0] = 1e9
    te.ThickProfile.from_values(values).save(tmp_path / "p.json")
    code, out, _ = say("validate", tmp_path / "p.json")
    assert code == 0
    assert "warning: values are compared on a grid of step" in " ".join(out.split())
    values[0, 0] = 1e3
    te.ThickProfile.from_values(values).save(tmp_path / "p.json")
    assert "warning" not in say("validate", tmp_path / "p.json")[1]


# ---- demo -----------------------------------------------------------------------------------------------------


def test_demo(say: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table a mechanism, a page, one line of progress a stage; the least of everything."""
    from thickecon.studies.course_demo import Settings

    one = {"strengths": (1.0,), "errors": (1.0,), "surface_plants": 2, "nash_plants": 2, "surface_lotteries": 1}
    least = Settings(seed=1, lotteries=2, draws=0, plants=2, plant_lotteries=1, **one)
    monkeypatch.setattr(Settings, "quick", classmethod(lambda cls, seed=0: least))
    code, out, err = say("demo", "--quick", "--html", tmp_path / "r.html")
    assert code == 0
    assert "VCG" in out
    assert out.count("endorsed welfare") >= 4
    assert str(tmp_path / "r.html") in out
    assert 1 <= len(err.splitlines()) <= 6
    page = (tmp_path / "r.html").read_text()
    assert "<svg" in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)


def test_demo_looks_at_its_folder_first(say: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from thickecon.studies import course_demo

    monkeypatch.setattr(course_demo, "run_course_demo", lambda *_: pytest.fail("long work began"))
    code, _, err = say("demo", "--html", tmp_path / "no" / "r.html")
    assert code == 2
    assert "its folder does not exist" in err


def test_a_market_of_agents_and_of_priorities(say: Any, tmp_path: Path) -> None:
    """Both kinds of receivers survive the file and are named by validate."""
    proposers = te.ThickProfile.from_values([[2.0, 1.0], [2.0, 1.0]])
    agents = te.ThickProfile.from_values([[1.0, 2.0], [1.0, 2.0]])
    for name, receivers in (("agents", agents), ("priorities", te.Priorities.from_lists([[1, 0], [1, 0]]))):
        Market(proposers, receivers).save(tmp_path / "m.json")
        assert json.loads((tmp_path / "m.json").read_text())["receivers_are_agents"] == (name == "agents")
        code, out, _ = say("validate", tmp_path / "m.json")
        assert code == 0
        assert f"receivers: {name}" in out


# ---- the page -------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_printed(say: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the page runs, and lines it shows are among those the commands above them print."""
    page = Path(__file__).parents[2] / "docs" / "how-to" / "command-line.md"
    monkeypatch.chdir(tmp_path)
    printed, commands = "", 0
    for language, block in re.findall(r"^```(sh|text)\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
        if language == "text":
            for line in block.splitlines():
                assert line.rstrip() in [each.rstrip() for each in printed.splitlines()], line
            continue
        printed = ""
        for line in block.splitlines():
            code, out, err = say(*line.removeprefix("thickecon ").split())
            assert (code, err) == (0, ""), line
            printed, commands = printed + out, commands + 1
    assert commands >= 6
    assert (tmp_path / "report.html").is_file()
