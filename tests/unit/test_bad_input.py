"""Bad input: one clear error each, with the name, the place and the remedy; nothing written, nothing unpickled."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thickecon as te
from tests.unit.documents import labelled, tree
from thickecon.errors import FileFormatError, ProblemError, ProfileError, ThickEconError, UnknownNameError
from thickecon.matching import Market
from thickecon.problems.io import read_file

NAN, INF = float("nan"), float("inf")
P = te.ThickProfile


# ---- arguments ------------------------------------------------------------------------------------------------

ARGUMENTS: dict[str, tuple[Callable[[], object], type[ThickEconError], str]] = {
    "nan in one motive": (
        lambda: P.from_arrays([[[1.0, 2.0], [NAN, 3.0]]], agents=["ann"], options=["tea", "milk"]),
        ProfileError,
        r"contributions: is nan for motive 1 .* agent 'ann', option 'tea'.*Remedy",
    ),
    "nan in rows": (lambda: P.from_rows([0], [0], [[NAN]]), ProfileError, r"must be finite, found nan at agent 0"),
    "inf": (
        lambda: labelled([[1.0, 2.0], [3.0, INF]]),
        ProfileError,
        r"found inf at agent 'bob', motive 'value', option 'milk'.*Remedy",
    ),
    "sums that overflow": (
        lambda: te.Endorsed().read(P.from_arrays([[[1e308], [1e308]]])), ProfileError, r"motives overflow.*Remedy"),
    "wedge that overflows": (
        lambda: P.from_values([[1e308]]).with_influence("a", -1e308), ProfileError, r"with_influence: must be finite"),
    "text": (lambda: labelled([["x", 2], [3, 4]]), ProfileError, r"contributions|values: must be numeric.*Remedy"),
    "wrong axes": (lambda: P.from_arrays([[1.0]]), ProfileError, r"\(agents, motives, options\), found \(1, 1\)"),
    "wrong motives": (lambda: P.from_arrays(np.ones((2, 3, 4)), motives=["a"]), ProfileError, r"each of the 3 motives"),
    "wrong labels": (lambda: P.from_values([[1.0]], agents=["a", "b"]), ProfileError, r"agents: must have 1 entries"),
    "labels twice": (lambda: P.from_values([[1.0, 2.0]], options=["a", "a"]), ProfileError, r"'a' stands twice"),
    "lengths": (lambda: P.from_rows([0, 1], [0], [[1.0, 2.0]]), ProfileError, r"2, 1 and 2.*Remedy"),
    "pair twice": (
        lambda: P.from_rows(["ann", "bob", "ann"], ["tea", "tea", "tea"], [[1.0, 2.0, 3.0]]),
        ProfileError,
        r"agent 'ann' evaluates option 'tea' twice \(row 2\).*Remedy: aggregate",
    ),
    "unknown agent in rows": (
        lambda: P.from_rows(["ann", "bop"], ["tea", "tea"], [[1.0, 2.0]], agents=["ann", "bob"]),
        UnknownNameError,
        r"no agent is called 'bop'; did you mean 'bob'",
    ),
    "position out of range": (
        lambda: P.from_rows([0, 2], [0, 0], [[1.0, 2.0]], agents=["ann", "bob"]),
        ProfileError,
        r"agent: positions must lie in \[0, 2\), found 2 in row 1",
    ),
    "unknown agent": (lambda: labelled().with_influence("ad", 1.0, targets=["ana"]), UnknownNameError, r"'ana'.*'ann'"),
    "unknown option": (lambda: labelled().restrict(options=["mil"]), UnknownNameError, r"'mil'.*'milk'"),
    "unknown motive": (lambda: labelled().split("vale", [0.5, 0.5]), UnknownNameError, r"'vale'.*'value'"),
    "endorsement above 1": (
        lambda: P.from_arrays(np.ones((1, 2, 1)), [0.5, 1.5]),
        ProfileError,
        r"endorsement.*\[0, 1\], found 1.5 at \[0, 1\].*Remedy",
    ),
    "endorsement nan": (lambda: labelled().with_endorsement(NAN), ProfileError, r"endorsement.theta: must be finite"),
    "lower above upper": (
        lambda: P.from_arrays(np.ones((1, 1, 1)), 0.5, (0.6, 0.4)),
        ProfileError,
        r"endorsement_interval: lower must not exceed upper, found 0.6 > 0.4",
    ),
    "estimate outside": (
        lambda: P.from_arrays(np.ones((1, 1, 1)), 0.9, (0.1, 0.4)), ProfileError, r"0.9 lies outside its interval"),
    "no agents": (lambda: P.from_values(np.ones((0, 2))), ProfileError, r"no agents.*Remedy"),
    "no options": (lambda: P.from_values(np.ones((2, 0))), ProfileError, r"no options.*Remedy"),
    "no motives": (lambda: P.from_arrays(np.ones((2, 0, 2))), ProfileError, r"no motives.*Remedy"),
    "empty market": (lambda: Market([], []), ProfileError, r"profile: has no (agents|options).*Remedy"),
    "weights": (lambda: labelled(weights=[1, 0]), ProfileError, r"weights: must be positive, found 0 at \[1\]"),
    "outside": (lambda: labelled(outside=[1, 2, 3]), ProfileError, r"outside: must be a number.*found \(3,\)"),
    "unit": (lambda: labelled(unit="euro"), ProfileError, r"unit: must be 'utils'.*'euro'"),
    "resolution": (lambda: labelled(resolution=-1.0), ProfileError, r"resolution: .*found -1"),
    "se sign": (lambda: labelled().with_influence("a", 1.0, se=-1.0), ProfileError, r"se: must be at least 0"),
    "shares": (lambda: labelled().split("value", [0.5, 0.6]), ProfileError, r"shares: must sum to 1, found 1.1"),
    "negative supply": (
        lambda: te.Assignment(labelled(), supply=[1, -2]), ProblemError, r"supply: .*found -2 at 'milk'"),
    "nan supply": (lambda: te.Assignment(labelled(), supply=NAN), ProblemError, r"supply: must be finite"),
    "negative demand": (lambda: te.Assignment(labelled(), demand=[-1, 1]), ProblemError, r"demand: .*at 'ann'"),
    "negative capacity": (
        lambda: Market(labelled(), [[0], [1]], capacities=[1, -1]), ProblemError, r"capacities: .*-1 at 'milk'"),
    "half a place": (lambda: Market(labelled(), [[0], [1]], capacities=0.5), ProblemError, r"whole number.*0.5"),
    "sides that do not fit": (
        lambda: Market(labelled(), P.from_values(np.ones((3, 2)))), ProblemError, r"2 proposers evaluate 2 receivers"),
    "sides in another order": (
        lambda: Market(labelled(), P.from_values(np.ones((2, 2)), options=["bob", "ann"])),
        ProblemError,
        r"proposers must be named alike.*'bob' where the other side has 'ann'.*Remedy: reorder",
    ),
    "truth in another order": (
        lambda: te.Assignment(labelled()).with_profile(P.from_values(np.ones((2, 2)), agents=["bob", "ann"])),
        ProblemError,
        r"agents must be named alike",
    ),
    "conflict": (lambda: te.Assignment(labelled(), conflicts=[("tea", "mlk")]), UnknownNameError, r"'mlk'.*'milk'"),
    "own conflict": (lambda: te.Assignment(labelled(), conflicts=[("tea", "tea")]), ProblemError, r"with itself"),
    "choice with gaps": (lambda: te.Choice(labelled([[1, NAN], [1, 2]])), ProblemError, r"agent 'ann'\s+evaluates 1"),
    "bundle": (
        lambda: te.Bids(labelled(), bundles=[[1, 0], [0, 0]]), ProblemError, r"bundle 'milk' is empty"),
    "bundle too large": (
        lambda: te.Bids(labelled(), bundles=[[2, 0], [0, 1]]), ProblemError, r"bundle 'tea' exceeds"),
    "not a profile": (lambda: te.Assignment([[1.0]]), ProblemError, r"must be a ThickProfile, found list.*Remedy"),
}  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name: str) -> None:
    make, error, message = ARGUMENTS[name]
    with pytest.raises(error, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


# ---- contents of files ----------------------------------------------------------------------------------------


def bent(kind: str, path: str, value: object) -> dict[str, Any]:
    """A good file with one entry replaced (``...`` removes it)."""
    made = json.loads(json.dumps(tree(kind)))
    *way, last = path.split("/")
    inner: Any = made
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[int(last) if isinstance(inner, list) else last] = value
    return made


CONTENTS: list[tuple[str, str, object, str]] = [
    ("profile", "contributions/1/2", NAN, r"contributions\[1\]\[2\] \(motive 'ad', agent 'bob', option 'milk'\): must"),
    ("profile", "contributions/0/1", INF, r"contributions\[0\]\[1\] \(motive 'taste', agent 'ann', option 'milk'\)"),
    ("profile", "contributions/0/1", "2", r"contributions\[0\]\[1\] \(.*'ann'.*\): must be a number, found '2'"),
    ("profile", "contributions/0/1", None, r"contributions\[0\]\[1\] .*found None"),
    ("profile", "contributions/0/1", True, r"contributions\[0\]\[1\] .*found True"),
    ("profile", "contributions/0/1", 10**400, r"contributions\[0\]: holds a number too large"),
    ("profile", "contributions/1", [1, 2], r"contributions\[1\]: must have 3 numbers like the first list, found 2"),
    ("profile", "contributions", [[1, 2, 3]], r"contributions: must have a list for each of the 2 motives, found 1"),
    ("profile", "contributions", [[1], [2]], r"rows.agent: must have an entry for each of the 1 contr.* found 3"),
    ("profile", "contributions", 3, r"contributions: must be a list of lists of numbers, found 3"),
    ("profile", "contributions", ..., r"contributions: is missing"),
    ("profile", "rows", None, r"contributions: must have 2 x 2 = 4 entries a motive .*found 3.*Remedy: list"),
    ("profile", "rows/agent/2", 2, r"rows.agent\[2\]: unknown agent 2, the file lists 2"),
    ("profile", "rows/option/1", -1, r"rows.option\[1\]: unknown option -1"),
    ("profile", "rows/agent/2", "bob", r"rows.agent\[2\]: must be a position .*'bob'"),
    ("profile", "rows/agent/2", 1.0, r"rows.agent\[2\]: must be a position"),
    ("profile", "rows/option/1", 0, r"rows\[1\]: the pair agent 'ann', option 'tea' stands twice.*Remedy: aggregate"),
    ("profile", "rows/agent", [1, 0, 1], r"rows\[1\]: must be sorted .*'ann', option 'milk' comes too late.*from_rows"),
    ("profile", "endorsement/theta/0/0", 1.5, r"endorsement.theta: must lie in \[0, 1\], found 1.5 at \[0, 0\]"),
    ("profile", "endorsement/lower/0/1", 0.6, r"endorsement_interval: lower must not exceed upper, found 0.6 > 0.5"),
    ("profile", "endorsement/group", [0, 1], r"endorsement.group: must lie in \[0, 1\), found \[0, 1\]"),
    ("profile", "endorsement/variance", [1, -1], r"endorsement.covariance: must be positive semidefinite"),
    ("profile", "endorsement", {"theta": [[1]], "variance": [0], "covariance": [[0]]}, r"only one of them"),
    ("profile", "endorsement/thata", [[1]], r"endorsement.thata: is not a key of this format.*Remedy.*spelling"),
    ("profile", "endorsement/evidence", [{"source": "x", "estimate": NAN}], r"evidence\[0\].estimate: .*'inf'"),
    ("profile", "agents", [], r"profile: has no agents.*Remedy"),
    ("profile", "options", 0, r"profile: has no options.*Remedy"),
    ("profile", "agents", -3, r"agents: must be a list of labels or their number, at least 0"),
    ("profile", "agents", ["ann", "ann"], r"agents: labels must differ, 'ann' stands twice"),
    ("profile", "agents", ["ann", {"x": 1}], r"agents\[1\]: must be text, a number"),
    ("profile", "agents", 10**12, r"agents: must be a list of labels or their number"),
    ("profile", "motives", [], r"motives: list should have at least 1 item"),
    ("profile", "motives/1/kind", "whim", r"motives\[1\].kind: input should be 'value' or 'influence', found 'whim'"),
    ("profile", "motives/1/name", "taste", r"motives: names must differ, 'taste' stands twice"),
    ("profile", "motives/1/tier", -1, r"motives\[1\].tier: .*found '-1'"),
    ("profile", "outside_worth/1", NAN, r"outside_worth\[1\] \(agent 'bob'\): must be finite, found nan"),
    ("profile", "outside_worth", [1], r"outside: must be a number, \(2,\).*found \(1,\)"),
    ("profile", "outside_contributions", [[1, 2], [3, 4]], r"outside_worth and outside_contributions: give only one"),
    ("profile", "weights/0", 0, r"weights: must be positive, found 0 at \[0\]"),
    ("profile", "unit", "euro", r"unit: input should be 'utils'.*'euro'"),
    ("profile", "format", "other", r"must have format 'thickecon/pro.*found format 'other'.*Remedy"),
    ("profile", "format", ..., r"found no 'format'"),
    ("profile", "version", 2, r"version must be 1, found 2.*Remedy: update thickecon"),
    ("profile", "version", "1", r"version must be 1, found '1'.*Remedy: save it again"),
    ("profile", "version", True, r"version must be 1, found True"),
    ("choice", "kind", "vote", r"kind: must be one of \['assignment', 'bids', 'choice', 'market'\], found 'vote'"),
    ("choice", "version", 9, r"thickecon/problem version must be 1, found 9"),
    ("choice", "kind", "choice", r"Choice.profile: every agent must evaluate all 2 options, agent 'bob' evaluates 1"),
    ("choice", "profile/contributions/1/2", NAN, r"profile.contributions\[1\]\[2\] \(motive 'ad', agent 'bob'"),
    ("choice", "profile", ..., r"profile: is missing"),
    ("choice", "supply", 1, r"supply: is not a key of this format"),
    ("assignment", "supply/1", -2, r"supply: must be finite and at least 0, found -2 at 'milk'"),
    ("assignment", "supply", [1, 2, 3], r"supply: must be a number or have shape \(2,\), found \(3,\)"),
    ("assignment", "supply", "many", r"supply: must be a list of numbers, found 'many'"),
    ("assignment", "demand", INF, r"demand\[0\]: must be finite"),
    ("assignment", "conflicts/0/1", "mlk", r"options: no option is called 'mlk'; did you mean 'milk'"),
    ("assignment", "conflicts/0", ["tea"], r"conflicts: must be pairs of options"),
    ("assignment", "norms/0/coefficients", [1], r"Norm\('n'\): must have one coefficient for each of the 3"),
    ("assignment", "norms/0/coefficients/2", NAN, r"norms\[0\].coefficients\[2\]: must be finite"),
    ("assignment", "norms/0/bound", NAN, r"norms\[0\].bound: .*finite"),
    ("assignment", "norms/0/scope", ["bop"], r"agents: no agent is called 'bop'; did you mean 'bob'"),
    ("assignment", "norms/0/because", ["add"], r"motives: no motive is called 'add'; did you mean 'ad'"),
    ("market", "receivers/agents", 3, r"receivers: contributions: must have 3 x 2 = 6 entries"),
    ("market", "receivers/contributions/0/3", NAN, r"receivers.contributions\[0\]\[3\] \(motive 'rank', agent 1, "),
    ("market", "receivers/options", ["bob", "ann"], r"Market.receivers: proposers must be named alike"),
    ("market", "capacities/0", -1, r"capacities: must be a whole number, at least 0, found -1 at 'tea'"),
    ("bids", "bundles/1", [0, 0], r"bundles: bundle 'milk' is empty"),
    ("bids", "bundles/1/1", 0.5, r"bundles: must be whole numbers.*0.5 for option 'milk'"),
    ("bids", "language", "NOR", r"language: input should be 'XOR'"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "value", "message"), CONTENTS)
def test_contents_of_json(tmp_path: Path, kind: str, path: str, value: object, message: str) -> None:
    where = tmp_path / "bad.json"
    where.write_text(json.dumps(bent(kind, path, value)))
    with pytest.raises(ThickEconError, match=message) as caught:
        read_file(where)
    text = str(caught.value)
    assert text.startswith(str(where)), "the message names the file first"
    assert text.count(str(where)) == 1
    assert "\n" not in text
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("kind", ["profile", "assignment", "market", "bids"])
def test_the_unbent_files_are_good(tmp_path: Path, kind: str) -> None:
    (tmp_path / "good.json").write_text(json.dumps(tree(kind)))
    read_file(tmp_path / "good.json")


def test_ten_million_bad_entries_are_one_error(tmp_path: Path) -> None:
    made = tree()
    made["contributions"] = [[None] * 300_000] * 2
    (tmp_path / "p.json").write_text(json.dumps(made))
    with pytest.raises(FileFormatError, match=r"contributions\[0\]\[0\] \(motive 'taste', agent 'ann'"):
        te.read_profile(tmp_path / "p.json")
