"""Bad input on the command line: exit code 2, one clear line on standard error, nothing written, nothing run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import thickecon as te
from tests.unit.documents import tree
from tests.unit.test_bad_files import ALIEN
from tests.unit.test_bad_input import CONTENTS, bent
from thickecon.cli import main
from thickecon.errors import InputError, SolverError, UnknownNameError
from thickecon.mechanism.setting import make_lens, make_mechanism
from thickecon.problems.faults import examine_file
from thickecon.problems.io import read_file
from thickecon.testing import strategies


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command line on something bad; the one line it says."""

    def run(*arguments: object) -> str:
        capsys.readouterr()
        code = main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        assert code == 2, (code, out, err)
        assert err.startswith("thickecon: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1, err
        assert "Traceback" not in err + out
        if arguments[0] != "validate":
            assert out == ""
        return out + err

    return run


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A good problem, with an advertisement that has an error."""
    assert main(["example", str(tmp_path / "good.json")]) == 0
    return tmp_path / "good.json"


MECHANISMS = {"assignment": "Allocate", "market": "DeferredAcceptance", "bids": "VCG", "choice": "Allocate"}


# ---- files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["validate", "compare", "sensitivity", "truth"])
def test_every_bad_content(refused: Any, good: Path, command: str) -> None:
    path, page = good.with_name("bad.json"), good.with_name("page.html")
    for kind, entry, value, _ in CONTENTS:
        path.write_text(json.dumps(bent(kind, entry, value)))
        before = path.read_bytes()
        if command == "validate":
            said = refused("validate", path)
        elif command == "truth":
            said = refused("compare", good, "-m", "Allocate", "--truth", path, "--html", page)
        else:
            said = refused(command, path, "-m", MECHANISMS.get(kind, "SecondPrice"), "--html", page)
        assert str(path) in said, (kind, entry)
        assert path.read_bytes() == before
    assert sorted(os.listdir(good.parent)) == ["bad.json", "good.json"]


@pytest.mark.parametrize(("name", "content", "message"), ALIEN)
def test_alien_files(refused: Any, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    import re

    (tmp_path / name).write_bytes(content)
    for said in (refused("validate", tmp_path / name), refused("compare", tmp_path / name, "-m", "VCG")):
        assert re.search(message, said), said
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("ending", ["json", "parquet", "pkl", "csv"])
def test_a_pickle_is_never_read(refused: Any, tmp_path: Path, ending: str) -> None:
    pickle = pytest.importorskip("pickle")

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = tmp_path / f"p.{ending}"
    path.write_bytes(pickle.dumps(Trap()))
    for said in (refused("validate", path), refused("compare", path, "-m", "VCG")):
        assert "is a pickle, which can run any program when read, so it is never read" in said
    assert os.listdir(tmp_path) == [path.name]


def test_what_is_no_file(refused: Any, tmp_path: Path) -> None:
    assert "is a directory" in refused("validate", tmp_path)
    assert "there is no such file" in refused("validate", tmp_path / "none.json")
    assert "there is no such file" in refused("compare", tmp_path / "none.json", "-m", "VCG")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")
        assert "is not a regular file" in refused("validate", tmp_path / "pipe.json")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_file_that_may_not_be_read(refused: Any, good: Path) -> None:
    good.chmod(0)
    assert "cannot be read (Permission denied)" in refused("validate", good)


def test_truncated_parquet(refused: Any, good: Path) -> None:
    pytest.importorskip("pyarrow")
    read_file(good).save(good.with_name("p.parquet"))
    whole = good.with_name("p.parquet").read_bytes()
    cut = good.with_name("cut.parquet")
    for stop in (3, 11, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:stop])
        assert "cut.parquet" in refused("validate", cut)
        refused("compare", cut, "-m", "Allocate")


def test_a_number_alone_does_not_claim_all_memory(refused: Any, tmp_path: Path) -> None:
    made = tree() | {"outside_worth": None, "weights": None}
    for name in ("agents", "options"):
        (tmp_path / "p.json").write_text(json.dumps(made | {name: 2**31 - 1}))
        said = refused("compare", tmp_path / "p.json", "-m", "SecondPrice")
        assert f"says that there are 2147483647 {name}, and holds 6 contributions" in said


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_much_garbage_below_the_limit_is_not_parsed(tmp_path: Path) -> None:
    """60 MB of '[],' would take more than a gigabyte as lists; it is refused at about its own size."""
    with (tmp_path / "p.json").open("wb") as file:
        file.write(b'{"a": [[]')
        for _ in range(20):
            file.write(b",[]" * 2**20)
        file.write(b"]}")
    script = """
import sys
from thickecon.cli import main
main(["validate", "none.json"])
peak = lambda: next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = peak()
print(main(["validate", sys.argv[1]]), peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "p.json")], capture_output=True, text=True, timeout=60, check=True
    )
    assert "60 MB without a 'format'" in done.stderr
    code, kilobytes = map(int, done.stdout.split())
    assert code == 2
    assert kilobytes < 150 * 2**10


def test_letters_that_command_a_terminal_are_shown_as_escapes(refused: Any, tmp_path: Path) -> None:
    made = tree() | {"agents": ["ann\x1b[2J\r\n", "ann\x1b[2J\r\n"]}
    (tmp_path / "p.json").write_text(json.dumps(made))
    said = refused("validate", tmp_path / "p.json")
    assert "\x1b" not in said
    assert "\r" not in said
    assert "x1b[2J" in said


# ---- all faults at once ---------------------------------------------------------------------------------------


def many_faults() -> tuple[dict[str, Any], list[str]]:
    """A file with a fault in every part, and a piece of what must be said of each."""
    made = tree("assignment")
    p = made["profile"]
    p["contributions"] = [[1, "two", None], [float("nan"), 0, True]]
    p["rows"] = {"agent": [0, 7, 9], "option": [0, 1, -1]}
    p["endorsement"] = {"theta": [[1.5, 0.5]], "lower": [[0.0, 0.6]], "upper": [[1.0, 0.4]]}
    p["weights"] = [0, -3]
    p["outside_worth"] = [0, 1, 2]
    p["unitt"] = "money"
    made["supply"] = [-1, -2]
    made["demand"] = [1, 1, 1]
    made["conflicts"] = [["tea", "mlk"], ["tee", "milk"]]
    made["norms"][0]["scope"] = ["bop"]
    made["norms"][0]["sense"] = "<"
    return made, [
        "profile.contributions[0][1]",
        "profile.contributions[0][2]",
        "profile.contributions[1][0]",
        "profile.contributions[1][2]",
        "rows.agent[1]: unknown agent 7",
        "rows.agent[2]: unknown agent 9",
        "rows.option[2]: unknown option -1",
        "endorsement.theta[0][0]: must lie in [0, 1], found 1.5",
        "endorsement.lower[0][1]: lower must not exceed upper, found 0.6 > 0.4",
        "weights[0] (agent 'ann'): must be positive, found 0",
        "weights[1] (agent 'bob'): must be positive, found -3",
        "outside_worth: must have an entry for each of the 2 agents, found 3",
        "profile.unitt: is not a key of this format",
        "supply[0] ('tea'): must be finite and at least 0, found -1",
        "supply[1] ('milk'): must be finite and at least 0, found -2",
        "demand: must be a number or have 2 entries, found 3",
        "conflicts[0]: no option is called 'mlk'; did you mean 'milk'?",
        "conflicts[1]: no option is called 'tee'; did you mean 'tea'?",
        "norms[0].scope: no agent is called 'bop'; did you mean 'bob'?",
        "norms[0].sense: input should be '<=', '>=' or '=='",
    ]


def test_validate_names_every_fault_once(refused: Any, tmp_path: Path) -> None:
    made, wanted = many_faults()
    (tmp_path / "p.json").write_text(json.dumps(made))
    lines = refused("validate", tmp_path / "p.json").splitlines()
    for piece in wanted:
        assert sum(piece in line for line in lines) == 1, (piece, lines)
    assert len(lines) == len(wanted) + 1
    assert lines[-1] == f"thickecon: {tmp_path / 'p.json'}: {len(wanted)} faults"
    short = refused("validate", tmp_path / "p.json", "--most", 3).splitlines()
    assert short[:3] == lines[:3]
    assert short[3:] == [f"{lines[-1]}, 3 of them named (--most)"]


def test_order_and_pairs(refused: Any, tmp_path: Path) -> None:
    made = tree()
    made["rows"] = {"agent": [1, 0, 0], "option": [1, 0, 0]}
    (tmp_path / "p.json").write_text(json.dumps(made))
    said = refused("validate", tmp_path / "p.json")
    assert "rows[2]: the pair agent 'ann', option 'tea' stands twice" in said
    assert "rows[1]: must be sorted by agent, then option; agent 'ann', option 'tea' comes too late" in said
    assert "2 faults" in said


def test_a_thousand_like_faults_are_counted(refused: Any, tmp_path: Path) -> None:
    made = {
        "format": "thickecon/profile",
        "version": 1,
        "agents": 1000,
        "options": 1,
        "motives": [{"name": "v"}],
        "contributions": [[None] * 1000],
        "endorsement": {"theta": [[1]]},
        "weights": [-1] * 1000,
    }
    (tmp_path / "p.json").write_text(json.dumps(made))
    said = refused("validate", tmp_path / "p.json", "--most", 1000)
    assert said.count("must be a number, found None") == 25
    assert said.count("must be positive, found -1") == 25
    assert said.count("and 975 more entries like these") == 2


def test_parquet_is_examined_alike(refused: Any, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from thickecon.profiles.io import write_tree

    made = tree()
    made["contributions"] = np.array([[1.0, np.nan, 1.0], [np.inf, 1.0, 1.0]])
    made["rows"] = {"agent": np.array([0, 0, 1]), "option": np.array([1, 0, 1])}
    made["endorsement"] = {"theta": np.array([[2.0, 0.0]])}
    made["outside_worth"], made["weights"] = None, np.array([1.0, 0.0])
    write_tree(made, tmp_path / "p.parquet")
    said = refused("validate", tmp_path / "p.parquet")
    for piece in (
        "contributions[0][1] (motive 'taste', agent 'ann', option 'tea'): must be finite, found nan",
        "contributions[1][0] (motive 'ad', agent 'ann', option 'milk'): must be finite, found inf",
        "rows[1]: must be sorted",
        "endorsement.theta[0][0]: must lie in [0, 1], found 2",
        "weights[1] (agent 'bob'): must be positive, found 0",
        "5 faults",
    ):
        assert piece in said


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problem=strategies.assignments() | strategies.markets() | strategies.choices())
def test_good_files_have_no_fault(tmp_path: Path, problem: te.Problem) -> None:
    """What can be read is never complained about, whatever its shape."""
    for ending in ("json", "parquet"):
        problem.save(tmp_path / f"p.{ending}")
        found, faults = examine_file(tmp_path / f"p.{ending}")
        assert faults == []
        assert problem.equals(found)


# ---- usage, parameters, outputs -------------------------------------------------------------------------------

USAGE: list[tuple[tuple[str, ...], str]] = [
    (("compere",), r"No such command 'compere'"),
    (("compare",), "Missing argument 'PROBLEM'"),
    (("compare", "GOOD"), "Missing option '--mechanism'"),
    (("compare", "GOOD", "-m", "Allocate", "--bogus"), "No such option: --bogus"),
    (("compare", "GOOD", "-m", "Allocate", "--draws", "-1"), "--draws"),
    (("compare", "GOOD", "-m", "Allocate", "--replicates", "0"), "--replicates"),
    (("compare", "GOOD", "-m", "Allocate", "--seed", "x"), "--seed"),
    (("compare", "GOOD", "-m", "auctions.VGC"), "no mechanism is called 'auctions.VGC'; did you mean 'auctions.VCG'"),
    (("compare", "GOOD", "-m", "VCG", "-p", "reserv=3"), "no parameter 'reserv'; did you mean 'reserve'"),
    (("compare", "GOOD", "-m", "VCG", "-p", "reserve"), "must be NAME=VALUE, found 'reserve'"),
    (("compare", "GOOD", "-m", "VCG", "-p", "reserve=1", "-p", "reserve=2"), "'reserve' is given twice"),
    (("compare", "GOOD", "-m", "VCG", "-p", "reserve=nan"), "reserve"),
    (
        ("compare", "GOOD", "-m", "VCG", "-p", "reserve=much"),
        "--param reserve: must be a valid number or a valid tuple, found 'much'",
    ),
    (("compare", "GOOD", "-m", "VCG", "-p", "reporting=decisive"), "reporting"),
    (("compare", "GOOD", "-m", "Allocate", "-p", "welfare=Nsh(2)"), "'Nsh'; did you mean 'Nash'"),
    (
        ("compare", "GOOD", "-m", "Allocate", "-p", "welfare=Nsh"),
        "must be an instance of WelfareFunction, found 'Nsh'; did you mean 'Nash'?",
    ),
    (("compare", "GOOD", "-m", "Allocate", "-p", "welfare=Atkinson"), "missing a required argument: 'epsilon'"),
    (("compare", "GOOD", "-m", "Allocate", "-p", "welfare=Atkinson(-1)"), "Atkinson.epsilon: must be at least 0"),
    (("compare", "GOOD", "-m", "Allocate", "-p", "integral=maybe"), "--param integral: must be a valid boolean"),
    (("compare", "GOOD", "-m", "Allocate", "--lens", "Rosy"), "no lens is called 'Rosy'"),
    (("compare", "GOOD", "-m", "Allocate", "--lens", "PartialCredit(influence=3)"), "must lie in [0, 1], found 3"),
    (("compare", "GOOD", "-m", "Allocate", "--lens", "Unanimous"), "lens: welfare.Allocate reads cardinal or set"),
    (("compare", "GOOD", "-m", "DeferredAcceptance", "--truth", "GOOD", "--arms", "sidt,tick"), "no arm is called"),
    (("compare", "GOOD", "-m", "Allocate", "--arms", "sidt,oracle"), "none was given"),
    (("compare", "GOOD", "-m", "Allocate", "--arms", ","), "must name at least one arm"),
    (("compare", "GOOD", "-m", "SecondPrice"), "no other supply"),
    (("compare", "GOOD", "-m", "Allocate", "--html", "DIR/x.txt"), "--html DIR/x.txt: must end in .html or .htm"),
    (("compare", "GOOD", "-m", "Allocate", "--csv", "DIR/x.html"), "--csv DIR/x.html: must end in .csv"),
    (("compare", "GOOD", "-m", "Allocate", "--latex", "DIR/no/x.tex"), "its folder does not exist"),
    (("compare", "GOOD", "-m", "Allocate", "--html", "GOOD/x.html"), "its folder does not exist"),
    (("sensitivity", "GOOD", "-m", "Allocate", "--norm", "max"), "--norm"),
    (("sensitivity", "GOOD", "-m", "Allocate", "--agents", "0"), "--agents"),
    (("sensitivity", "GOOD", "-m", "Allocate", "--agents", "1", "--norm", "total"), "--agents"),
    (("sensitivity", "GOOD", "-m", "Allocate", "--loss", "100"), "below 100, found 100"),
    (("sensitivity", "GOOD", "-m", "Allocate", "--loss", "nan"), "--loss"),
    (("list", "--what", "everything"), "--what"),
    (("example", "DIR/x.csv"), "must end in .json or .parquet, found '.csv'"),
    (("example", "DIR/x.pkl"), "must end in .json or .parquet, found '.pkl'"),
    (("example", "DIR/x.json", "--kind", "auction"), "--kind"),
    (("demo", "--html", "DIR/no/x.html"), "its folder does not exist"),
    (("demo", "--seed", "-1"), "--seed"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=lambda value: " ".join(value)[-40:])
def test_usage(refused: Any, good: Path, arguments: tuple[str, ...], message: str) -> None:
    def placed(text: str) -> str:
        return text.replace("GOOD", str(good)).replace("DIR", str(good.parent))

    assert placed(message) in refused(*map(placed, arguments))
    assert os.listdir(good.parent) == ["good.json"]


def test_a_truth_of_other_rows(refused: Any, good: Path) -> None:
    te.ThickProfile.from_values([[1.0]]).save(good.with_name("t.json"))
    said = refused("compare", good, "-m", "Allocate", "--truth", good.with_name("t.json"))
    assert "must evaluate the same rows" in said


def test_an_output_never_replaces_an_input_or_another_output(refused: Any, good: Path) -> None:
    link = good.with_name("link.html")
    link.symlink_to(good)
    before = good.read_bytes()
    assert "is the file of the input too" in refused("compare", good, "-m", "Allocate", "--html", link)
    assert good.read_bytes() == before
    (good.parent / "one.tex").write_text("old")
    (good.parent / "one.csv").symlink_to(good.parent / "one.tex")
    more = ("--csv", good.parent / "one.csv", "--latex", good.parent / "one.tex")
    assert "is the file of --csv too" in refused("compare", good, "-m", "Allocate", *more)
    assert (good.parent / "one.tex").read_text() == "old"


def test_a_folder_in_which_nothing_can_be_created(refused: Any, good: Path) -> None:
    if not Path("/proc/self").is_dir():
        pytest.skip("the system has no /proc")
    assert "its folder cannot be written to" in refused("compare", good, "-m", "Allocate", "--html", "/proc/x.html")


def test_old_reports_stand_after_an_error(refused: Any, good: Path) -> None:
    page = good.with_name("page.html")
    page.write_text("old")
    refused("compare", good, "-m", "Allocate", "--arms", "sidt,tick", "--html", page)
    assert page.read_text() == "old"


def test_a_solver_that_stops_is_exit_code_1(good: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise SolverError("HiGHS stopped with status 'time limit'")

    monkeypatch.setattr(te.welfare.Allocate, "_run", stop)
    capsys.readouterr()
    assert main(["compare", str(good), "-m", "Allocate"]) == 1
    assert capsys.readouterr().err == "thickecon: HiGHS stopped with status 'time limit'.\n"


def test_an_interrupt_is_one_line(good: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(te.welfare.Allocate, "_run", interrupt)
    capsys.readouterr()
    assert main(["compare", str(good), "-m", "Allocate"]) == 130
    assert capsys.readouterr().err == "thickecon: interrupted\n"


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').mkdir('SPRUNG')",
        "os.mkdir('SPRUNG')",
        "Nash(__import__('os').mkdir('SPRUNG'))",
        "[].__class__",
        "(lambda: 1)()",
        "Nash(**{'x': 1})",
    ],
)
def test_parameters_are_never_evaluated(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        make_mechanism("welfare.Allocate", [f"welfare={text.replace('SPRUNG', str(tmp_path / 'sprung'))}"])
    with pytest.raises(UnknownNameError):
        make_lens(text)
    assert os.listdir(tmp_path) == []


def test_parameters_become_what_they_say() -> None:
    made = make_mechanism("Allocate", ["welfare=Atkinson(2)", "integral=True", "time_limit=3"], "PartialCredit(0.25)")
    assert made == te.welfare.Allocate(
        te.welfare.Atkinson(2), integral=True, time_limit=3, lens=te.PartialCredit(influence=0.25)
    )
    assert make_mechanism("auctions.VCG", ["reserve=(1, 2)"]) == te.auctions.VCG(reserve=(1, 2))
    gsp = te.auctions.GSP(clicks=(2.0, 1.0))
    assert make_mechanism("auctions.GSP", ["clicks=[2.0, 1]"]) == make_mechanism("GSP", ["clicks=(2.0, 1.0)"]) == gsp
    with pytest.raises(InputError, match="must be a valid number, found"):
        make_mechanism("auctions.GSP", ["clicks=[1.0, 'a']"])
    assert make_mechanism("DeferredAcceptance", ["tie_breaking=multiple", "receiver_lens=Revealed"]) == (
        te.matching.DeferredAcceptance(tie_breaking="multiple", receiver_lens=te.Revealed())
    )
    assert make_lens("Lexicographic(bins={0: 1.5})") == te.Lexicographic({0: 1.5})
