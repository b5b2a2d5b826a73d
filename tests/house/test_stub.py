"""The typed stubs, the names at run time and what type checkers see are the same."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import thickecon as te
from thickecon._core.lazy import lazy, stub_names

ROOT = Path(te.__file__).parent
STUBS = sorted(ROOT.rglob("__init__.pyi"))
PACKAGES = [".".join(("thickecon", *stub.parent.relative_to(ROOT).parts)) for stub in STUBS]

# The public contract, written here by hand: a name that disappears from the stub must be missed.
CONTRACT = """
Motive Evidence Endorsement ThickProfile observe read_profile samplers
Revealed Endorsed PartialCredit Lexicographic Unanimous Uncertain Reading Cardinal Ordinal Partial Set
Assignment Choice Market Bids Norm read_problem
Mechanism PaymentMechanism Outcome Verdict Claim Arm Comparison Provenance
compare certify sensitivity catalogue cite
auctions matching welfare endorsement programs datasets testing errors
""".split()


def test_the_contract_is_public() -> None:
    assert set(CONTRACT) <= set(te.__all__)
    assert set(te.__all__) <= set(dir(te))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_of_a_stub_can_be_loaded(package: str) -> None:
    module = importlib.import_module(package)
    missing = {}
    for name in module.__all__:
        try:
            getattr(module, name)
        except (AttributeError, ImportError) as err:
            missing[name] = str(err)
    assert not missing


@pytest.mark.parametrize(("package", "stub"), list(zip(PACKAGES, STUBS, strict=True)))
def test_names_of_the_stub_are_the_names_at_run_time(package: str, stub: Path) -> None:
    """Counted from the text, not by the function that also fills ``__all__``."""
    lines = [line.split(" as ")[1].split("#")[0].strip() for line in stub.read_text().splitlines() if " as " in line]
    assert sorted(set(lines)) == sorted(importlib.import_module(package).__all__)
    assert len(lines) == len(set(lines))


def test_type_checkers_see_the_classes_themselves(tmp_path: Path) -> None:
    """A name that mypy cannot follow is Any, and Any reveals nothing."""
    wanted = {
        "te.ThickProfile.from_values([[1.0]])": "thickecon.profiles.profile.ThickProfile",
        "te.Revealed()": "thickecon.lenses.lens.Revealed",
        "te.Motive('ad').tier": "int",
        "te.errors.InputError('x')": "thickecon.errors.InputError",
        "te.auctions.VCG()": "thickecon.auctions.vcg.VCG",
        "te.auctions.VCG().baseline()": "thickecon.auctions.vcg.VCG",
        "te.auctions.VCG().run(te.samplers.uniform(2, 2)).certified": "bool",
        "te.matching.DeferredAcceptance()": "thickecon.matching.deferred_acceptance.DeferredAcceptance",
        "te.Market([[0]], te.Priorities([[0]]))": "thickecon.problems.market.Market",
        "te.welfare.Allocate(te.welfare.Nash())": "thickecon.welfare.allocate.Allocate",
        "te.welfare.Atkinson(2.0).ede([1.0])": "float",
        "te.endorsement.GoldinReck().route": "Literal['auto'] | Literal['quality'] | Literal['neutral']",
        "te.compare(te.auctions.VCG(), te.samplers.uniform(2, 2)).loss_bound": "thickecon.mechanism.loss.LossBound",
        "te.sensitivity(te.auctions.VCG(), te.samplers.uniform(2, 2)).exact": "bool",
        "te.cite(te.auctions.VCG())": "str",
    }
    script = tmp_path / "user.py"
    script.write_text("import thickecon as te\n" + "".join(f"reveal_type({text})\n" for text in wanted))
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", f"--cache-dir={ROOT.parent / '.mypy_cache'}"]
    path = {**os.environ, "MYPYPATH": str(ROOT.parent)}
    done = subprocess.run(
        [*command, "--config-file=", str(script)], capture_output=True, text=True, check=False, env=path, cwd=tmp_path
    )
    revealed = [line.split('"')[1] for line in done.stdout.splitlines() if "Revealed type" in line]
    assert revealed == list(wanted.values()), done.stdout + done.stderr


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'ThickProfil'; did you mean 'ThickProfile'\?"):
        te.ThickProfil  # noqa: B018


def test_a_name_with_two_homes_is_refused() -> None:
    with pytest.raises(ValueError, match="Thing has two homes"):
        stub_names("from .a import Thing as Thing\nfrom .b import Thing as Thing\n")


def test_a_lost_dependency_is_not_taken_for_a_missing_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submodule that exists but cannot be imported raises its own error."""
    inner = tmp_path / "lazydemo" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "lazydemo" / "__init__.py").write_text("")
    (tmp_path / "lazydemo" / "__init__.pyi").write_text("from .inner import broken as broken\n")
    (inner / "__init__.py").write_text("")
    (inner / "broken.py").write_text("import a_module_that_nobody_has\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("lazydemo")
    load, _, public = lazy("lazydemo", str(tmp_path / "lazydemo" / "__init__.py"))
    assert public == ["broken"]
    with pytest.raises(ModuleNotFoundError, match="a_module_that_nobody_has"):
        load("broken")
