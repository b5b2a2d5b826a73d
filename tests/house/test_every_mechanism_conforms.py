"""Every mechanism of the catalogue stands in a conformance suite: none is listed that keeps no promises."""

from __future__ import annotations

import importlib

import thickecon as te
from tests.house.source import REPOSITORY
from thickecon.testing import MechanismConformance


def suites() -> list[type[MechanismConformance]]:
    """Suites that pytest collects from tests/conformance."""
    found = []
    for path in sorted((REPOSITORY / "tests" / "conformance").glob("test_*.py")):
        module = importlib.import_module(f"tests.conformance.{path.stem}")
        found += [
            thing
            for name, thing in vars(module).items()
            if name.startswith("Test") and isinstance(thing, type) and issubclass(thing, MechanismConformance)
        ]
    return found


def test_every_mechanism_of_the_package_has_a_suite() -> None:
    tried = {mechanism.name for suite in suites() for mechanism in suite.mechanisms}
    own = {name for name, made in te.catalogue().items() if made.__module__.startswith("thickecon.")}
    assert own
    assert own <= tried, f"no conformance suite runs {sorted(own - tried)}"


def test_suites_do_not_leave_out_a_duty() -> None:
    """A duty that a suite overrides is a duty it may not do."""
    duties = [name for name in vars(MechanismConformance) if name.startswith("test_")]
    left_out = [f"{suite.__name__}.{name}" for suite in suites() for name in duties if name in vars(suite)]
    assert left_out == []
