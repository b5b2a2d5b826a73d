"""Another distribution adds things by entry points, without being imported by anybody; a faulty one harms no other."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

TINY = '''
"""A distribution that adds one of each kind to thickecon."""

from dataclasses import dataclass, replace

import numpy as np
import thickecon as te
from thickecon.endorsement.estimate import Estimate
from thickecon.endorsement.estimator import Estimator
from thickecon.mechanism.outcome import Decision
from thickecon.mechanism.yardsticks import yardstick
from thickecon.studies.scenario import Measure, Scenario, knob


@dataclass(frozen=True)
class Halved(te.Lens):
    """Every pull counts by half."""

    title = "Halved"
    line = "half of everything"
    ignores = "endorsement"

    def read(self, profile):
        seen = te.Revealed().read(profile)
        return replace(seen, lens=self, values=seen.values / 2)


@dataclass(frozen=True)
class FirstOption(te.Mechanism):
    """Everybody takes the first option; the least that is a mechanism."""

    title = "First option"
    problem_kinds = (te.Choice,)

    def _run(self, problem, readings, lottery):
        return Decision((problem.profile.index.option == 0).astype(float))

    def _certify(self, outcome):
        return ()


@dataclass(frozen=True)
class FirstPrice(te.auctions.SecondPrice):
    """A child of a mechanism of the package has a name of its own."""


@yardstick("takers", line="agents who take anything")
def takers(outcome, judge):
    return float((outcome.shares.sum(axis=1) > 0).sum())


rows_taken = te.Yardstick("called otherwise in its module", lambda outcome, judge: float(outcome.taken.sum()))


@dataclass(frozen=True)
class Half(Estimator):
    """Everybody stands behind one half."""

    title = "Half"
    kind = "endorsement"
    citation = "Nobody (1900)"

    def fit(self, data):
        return Estimate("endorsement", ("habit",), [0.5], unit="share", scalar=True)


@dataclass(frozen=True)
class Coin(Scenario):
    """One draw, and thick adds one to it."""

    title = "A coin"
    measures = (Measure("got", "more", "what is got"),)
    evidence = None
    bonus: float = knob(1.0, "what thick adds")

    def draw(self, draws):
        return float(draws.generator("population").random())

    def play(self, world, arm, draws):
        return {"got": world + self.bonus * (arm != "sidt")}
'''

ENTRY_POINTS = """
[thickecon.mechanisms]
tinyplugin.FirstOption = tinyplugin:FirstOption
tinyplugin.FirstPrice = tinyplugin:FirstPrice

[thickecon.lenses]
Halved = tinyplugin:Halved

[thickecon.yardsticks]
takers = tinyplugin:takers
rows_taken = tinyplugin:rows_taken

[thickecon.estimators]
Half = tinyplugin:Half

[thickecon.scenarios]
coin = tinyplugin:Coin
"""


def install(folder: Path, name: str, code: str, points: str) -> Path:
    """A folder as pip would leave it; nothing is downloaded."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{name}.py").write_text(textwrap.dedent(code))
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(textwrap.dedent(points))
    (info / "RECORD").write_text("")
    return folder


def ask(script: str, *paths: Path) -> tuple[Any, str]:
    """(``answer`` that ``script`` sets, standard error) of a fresh interpreter with ``paths`` in front of its own."""
    setup = "import json, sys\n" + "".join(f"sys.path.append({str(path)!r})\n" for path in (ROOT, *paths))
    code = f"{setup}import thickecon as te\n{textwrap.dedent(script)}\nprint(json.dumps(answer))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


# ---- one of each kind -----------------------------------------------------------------------------------------


def test_each_kind_is_found_and_works(tmp_path: Path) -> None:
    script = f"""
    import contextlib, io
    from thickecon.cli.run import run
    from thickecon.endorsement.estimator import ESTIMATORS
    from thickecon.lenses.lens import LENSES
    from thickecon.mechanism.yardsticks import YARDSTICKS
    from thickecon.studies.scenario import SCENARIOS

    kinds = te.catalogue()
    profile = te.ThickProfile.from_values([[8.0, 3.0]])
    outcome = kinds["tinyplugin.FirstOption"]().run(profile, rng=0)
    table = te.compare(outcome.mechanism, profile, yardsticks=["takers", "rows_taken"], rng=0).to_frame()
    suite = {{"schema": 1, "name": "s", "seed": 1}}
    suite["study"] = [{{"scenario": "coin", "replicates": 5, "fixed": {{"bonus": 2.0}}}}]
    results = te.studies.Study(suite).run({str(tmp_path / "store")!r})
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = run(["list"])
    answer = {{
        "names": list(kinds),
        "frame": kinds.to_frame().loc["tinyplugin.FirstOption", "title"],
        "module": kinds["tinyplugin.FirstOption"].__module__,
        "repr": repr(outcome),
        "child": [kinds["tinyplugin.FirstPrice"].name, kinds["auctions.SecondPrice"].name],
        "halved": LENSES["Halved"]().read(profile).values.tolist(),
        "line": YARDSTICKS["takers"].line,
        "columns": table.loc["sidt", ["takers", "rows_taken"]].tolist(),
        "half": [ESTIMATORS["Half"].name, ESTIMATORS["Half"]().fit(None).estimate],
        "scenarios": list(SCENARIOS),
        "coin": SCENARIOS["coin"].name,
        "means": results.points[0].table()["got"].to_dict(),
        "list": [code, *(word in out.getvalue() for word in ("tinyplugin.FirstOption", "Halved", "takers", "Half"))],
    }}
    """
    answer, errors = ask(script, install(tmp_path / "site", "tinyplugin", TINY, ENTRY_POINTS))
    own = {"auctions.VCG", "matching.DeferredAcceptance", "welfare.Allocate"}
    assert {"tinyplugin.FirstOption", "tinyplugin.FirstPrice"} | own <= set(answer.pop("names"))
    assert {"coin", "feed_auction"} <= set(answer.pop("scenarios"))
    means = answer.pop("means")
    assert means["thick"] - means["sidt"] == pytest.approx(2.0)  # the same draw in both arms
    assert answer == {
        "frame": "First option",
        "module": "tinyplugin",
        "repr": "Outcome(tinyplugin.FirstOption, 1 rows taken, not certified)",
        "child": ["tinyplugin.FirstPrice", "auctions.SecondPrice"],
        "halved": [4.0, 1.5],
        "line": "agents who take anything",
        "columns": [1.0, 1.0],
        "half": ["Half", 0.5],
        "coin": "coin",
        "list": [0, True, True, True, True],
    }
    assert not errors


# ---- faulty ones ----------------------------------------------------------------------------------------------

PART = "import thickecon as te\n"
FAULTS = {  # distribution: what is in it, where it is declared, what the warning must say
    "nowhere": ("", "mechanisms", "nobody_has_this:Thing", "ModuleNotFoundError"),
    "nameless": ("", "mechanisms", "nameless:Thing", "AttributeError"),
    "failing": ("raise RuntimeError('no licence')", "mechanisms", "failing:Thing", "RuntimeError: no licence"),
    "unparsed": ("def", "lenses", "unparsed:Thing", "SyntaxError"),
    "alien": ("class Thing: pass", "mechanisms", "alien:Thing", "must be a subclass of Mechanism, found Thing"),
    "number": ("Thing = 3", "mechanisms", "number:Thing", "must be a subclass of Mechanism, found int"),
    "partial": (
        PART + "class Thing(te.Mechanism):\n    def _run(self, problem, readings, lottery): ...",
        "mechanisms",
        "partial:Thing",
        "Thing must define _certify",
    ),
    "silent": (
        PART + "class Thing(te.Lens):\n    title = 'T'\n    def read(self, profile): ...",
        "lenses",
        "silent:Thing",
        "Thing must define line, ignores",
    ),
    "bare": (
        "def Thing(outcome, judge): return 1.0",
        "yardsticks",
        "bare:Thing",
        "must be a Yardstick, found function",
    ),
    "guess": ("class Thing: pass", "estimators", "guess:Thing", "must be a subclass of Estimator, found Thing"),
    "story": ("class Thing: pass", "scenarios", "story:Thing", "must be a subclass of Scenario, found Thing"),
}


@pytest.fixture(scope="module")
def among_faults(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """What an interpreter says in which all faulty distributions are installed, and the sound one beside them."""
    folder = tmp_path_factory.mktemp("faults")
    for name, (code, kind, value, _) in FAULTS.items():
        install(folder, name, code, f"[thickecon.{kind}]\n{name}.Thing = {value}\n")
    install(folder, "tinyplugin", TINY, ENTRY_POINTS)
    script = f"""
    import contextlib, io
    from thickecon.cli.run import run
    from thickecon.endorsement.estimator import ESTIMATORS
    from thickecon.lenses.lens import LENSES
    from thickecon.mechanism.catalogue import MECHANISMS
    from thickecon.mechanism.yardsticks import YARDSTICKS
    from thickecon.studies.scenario import SCENARIOS

    answer = {{"catalogue": list(te.catalogue())}}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        answer["list"] = [run(["list"]), "auctions.VCG" in out.getvalue()]
    registries = {{"mechanisms": MECHANISMS, "lenses": LENSES, "yardsticks": YARDSTICKS, "estimators": ESTIMATORS}}
    registries["scenarios"] = SCENARIOS
    for name, kind in {[(name, fault[1]) for name, fault in FAULTS.items()]!r}:
        assert name + ".Thing" not in registries[kind]
        try:
            registries[kind][name + ".Thing"]
        except te.errors.UnknownNameError as err:
            answer[name] = str(err)
    answer["sound"] = [{{*registries[kind]}} >= {{name}} for kind, name in (
        ("mechanisms", "tinyplugin.FirstOption"), ("lenses", "Halved"), ("yardsticks", "takers"),
        ("estimators", "Half"), ("scenarios", "coin"),
    )]
    """
    return ask(script, folder)


def test_the_others_are_all_there(among_faults: tuple[dict[str, Any], str]) -> None:
    answer, errors = among_faults
    assert {"auctions.VCG", "tinyplugin.FirstOption"} <= set(answer["catalogue"])
    assert answer["list"] == [0, True]
    assert answer["sound"] == [True] * 5
    assert errors.count("UserWarning:") == len(FAULTS)  # one each, however often they are looked for


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_plug_in_is_named(name: str, among_faults: tuple[dict[str, Any], str]) -> None:
    """A warning names distribution and cause; asking for the thing says the cause again."""
    answer, errors = among_faults
    (line,) = [line for line in errors.splitlines() if f"'{name}.Thing' of {name} 1.0" in line]
    assert FAULTS[name][3] in line
    assert FAULTS[name][3] in answer[name]
    assert f"'{name}.Thing' cannot be loaded" in answer[name]


# ---- names that are taken -------------------------------------------------------------------------------------

MINE = """
import thickecon as te
from thickecon.mechanism.catalogue import register

class Mine(te.auctions.SecondPrice):
    title = "Mine"
"""


@pytest.mark.parametrize("start", ["te.catalogue()", "import honest; list(MECHANISMS)"], ids=["package", "plug-ins"])
def test_names_that_are_taken(start: str, tmp_path: Path) -> None:
    """The package keeps its names, also where plug-ins are read before the wing that files a name, and where their
    module files over it; of two plug-ins the first in the alphabet has the name. To file oneself is no clash.
    """
    points = "[thickecon.mechanisms]\n{} = {}:Mine\n"
    install(tmp_path, "thief", MINE, points.format("auctions.VCG", "thief"))
    install(
        tmp_path, "forger", MINE + "register('welfare.Allocate')(Mine)", points.format("welfare.Allocate", "forger")
    )
    install(tmp_path, "honest", MINE + "register('honest.Mine')(Mine)", points.format("honest.Mine", "honest"))
    paths = []
    for name, folder in (("zebra", "z"), ("aardvark", "a")):
        paths.append(install(tmp_path / folder, name, MINE, points.format("shared.Name", name)))
    paths = paths if start.startswith("te") else paths[::-1]
    script = f"""
    from thickecon.mechanism.catalogue import MECHANISMS
    {start}
    kinds = te.catalogue()
    answer = {{name: [kinds[name].__module__, kinds[name].name] for name in kinds}}
    answer["of VCG"] = te.auctions.VCG.name
    """
    answer, errors = ask(script, tmp_path, *paths)
    assert answer["auctions.VCG"] == ["thickecon.auctions.vcg", "auctions.VCG"]
    assert answer["welfare.Allocate"] == ["thickecon.welfare.allocate", "welfare.Allocate"]
    assert answer["of VCG"] == "auctions.VCG"
    assert answer["honest.Mine"] == ["honest", "honest.Mine"]
    assert answer["shared.Name"] == ["aardvark", "shared.Name"]
    assert "'auctions.VCG' of thief 1.0 is left out: the name is taken" in errors
    assert "'welfare.Allocate' of forger 1.0 is left out: the name is taken" in errors
    assert "'shared.Name' of zebra 1.0 is left out: the name is taken by aardvark 1.0" in errors
    assert errors.count("UserWarning:") == 3


def test_without_a_distribution_there_is_nothing_of_it() -> None:
    names, errors = ask("answer = list(te.catalogue())")
    assert {"auctions.VCG", "matching.DeferredAcceptance", "welfare.Allocate"} <= set(names)
    assert {name.split(".")[0] for name in names} == {"auctions", "matching", "welfare"}
    assert not errors
