"""Bad input: one clear error each, with the name, the place and the remedy; nothing written, nothing unpickled."""

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

import thickecon as te
from thickecon.errors import FileFormatError, ProblemError, ProfileError, SizeError, ThickEconError, UnknownNameError
from thickecon.matching import Market
from thickecon.problems.io import read_file

NAN, INF = float("nan"), float("inf")
P = te.ThickProfile


def labelled(values: object = ((1.0, 2.0), (3.0, 4.0)), **more: Any) -> te.ThickProfile:
    return P.from_values(values, agents=["ann", "bob"], options=["tea", "milk"], **more)


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


def tree(kind: str = "profile") -> dict[str, Any]:
    """A good file, to be bent."""
    p = {
        "format": "thickecon/profile",
        "version": 1,
        "agents": ["ann", "bob"],
        "options": ["tea", "milk"],
        "motives": [{"name": "taste"}, {"name": "ad", "kind": "influence"}],
        "rows": {"agent": [0, 0, 1], "option": [0, 1, 1]},
        "contributions": [[1, 2, 3], [0, 0, 0.5]],
        "endorsement": {"theta": [[1, 0]], "lower": [[1, 0]], "upper": [[1, 0.5]]},
        "outside_worth": [0, 1],
        "weights": [1, 1],
    }
    if kind == "profile":
        return p
    theirs = {
        "format": "thickecon/profile",
        "version": 1,
        "agents": 2,
        "options": 2,
        "motives": [{"name": "rank"}],
        "contributions": [[1, 2, 3, 4]],
        "endorsement": {"theta": [[1]]},
    }
    norm = {"name": "n", "coefficients": [1, 1, 1], "sense": "<=", "bound": 1, "because": ["ad"], "scope": ["bob"]}
    more: dict[str, dict[str, Any]] = {
        "assignment": {"supply": [1, 2], "demand": 1, "conflicts": [["tea", "milk"]], "norms": [norm]},
        "market": {"receivers": theirs, "capacities": [1, 1], "demand": 1},
        "bids": {"items": 2, "bundles": [[1, 0], [0, 1]], "supply": [1, 1]},
        "choice": {},
    }
    return {"format": "thickecon/problem", "version": 1, "kind": kind, "profile": p, **more[kind]}


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


# ---- alien, truncated and hostile files -----------------------------------------------------------------------


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


GOOD = json.dumps(tree()).encode()
ALIEN: list[tuple[str, bytes, str]] = [
    ("p.json", b"", r"is empty"),
    ("p.json", b"   \n", r"not JSON.*line 2, column 1"),
    ("p.json", b"agent,option\n1,2\n", r"starts with b'agent,option'.*from_frame"),
    ("p.json", b"[1, 2]", r"a JSON object starts with"),
    ("p.json", GOOD[:-20], r"is not JSON: .* at line 1, column \d+.*truncated"),
    ("p.json", GOOD + b"}", r"is not JSON: Extra data"),
    ("p.json", b'{"format": "a", "format": "b"}', r"key 'format' stands twice"),
    ("p.json", b'{"a": ' + b"[" * 200_000, r"nested too deeply|not JSON"),
    ("p.json", b'{"a": ' + b"9" * 5000 + b"}", r"cannot be read"),
    ("p.json", b'{"a": "\xff\xfe"}', r"is not UTF-8: byte 0xff at offset 7.*Remedy: save it as UTF-8"),
    ("p.json", '{"a": 1}'.encode("utf-16"), r"UTF-16.*Remedy: save it as UTF-8"),
    ("p.json", b"\x1f\x8b\x08\x00" + b"0" * 20, r"gzip.*unpack"),
    ("p.parquet", b"PK\x03\x04" + b"0" * 20, r"zip archive"),
    ("p.parquet", b"\x93NUMPY\x01\x00", r"numpy array.*allow_pickle=False"),
    ("p.json", b"PAR1" + b"0" * 20 + b"PAR1", r"is a parquet file.*rename"),
    ("p.parquet", GOOD, r"is not a parquet file.*rename it to end in .json"),
    ("p.parquet", b"PAR1" + b"0" * 20, r"truncated: 24 bytes"),
    ("p.parquet", b"PAR1PAR1", r"truncated"),
    ("p.parquet", b"PAR1" + b"\x07" * 40 + b"PAR1", r"is damaged"),
    ("p.csv", b"agent,option\n", r"must end in .json or .parquet, found '.csv'.*from_frame"),
    ("p", b"{}", r"found 'no ending'"),
]


@pytest.mark.parametrize(("name", "content", "message"), ALIEN)
def test_alien_files(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    where = write(tmp_path / name, content)
    for read in (te.read_profile, te.read_problem):
        with pytest.raises(FileFormatError, match=message) as caught:
            read(where)
        assert str(caught.value).startswith(str(where))
        assert "\n" not in str(caught.value)


def test_missing_file_and_directory(tmp_path: Path) -> None:
    labelled().save(tmp_path / "profile.json")
    with pytest.raises(FileFormatError, match=r"no such file.*did you mean '.*profile\.json'"):
        te.read_profile(tmp_path / "profil.json")
    with pytest.raises(FileFormatError, match=r"no such file.*working directory"):
        te.read_profile(tmp_path / "nowhere" / "p.json")
    with pytest.raises(FileFormatError, match=r"is a directory.*Remedy"):
        te.read_profile(tmp_path)
    with pytest.raises(FileFormatError, match="cannot be opened"):
        te.read_profile("nul\0byte.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.json")
    with pytest.raises(FileFormatError, match="not a regular file"):
        te.read_profile(tmp_path / "p.json")


@pytest.mark.parametrize("ending", ["json", "parquet"])
def test_where_nothing_can_be_written(tmp_path: Path, ending: str) -> None:
    p = labelled()
    with pytest.raises(FileFormatError, match=r"its folder does not exist.*create"):
        p.save(tmp_path / "no" / f"p.{ending}")
    (tmp_path / f"d.{ending}").mkdir()
    with pytest.raises(FileFormatError, match="is a directory"):
        p.save(tmp_path / f"d.{ending}")
    with pytest.raises(FileFormatError, match=r"must end in \.json or \.parquet, found '\.csv'"):
        p.save(tmp_path / "p.csv")
    with pytest.raises(FileFormatError, match="pickles can run any program"):
        p.save(tmp_path / "p.pkl")
    assert os.listdir(tmp_path) == [f"d.{ending}"]


@pytest.mark.parametrize("name", ["p.json", "p.parquet", "p.pkl"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_never_read(tmp_path: Path, name: str, protocol: int) -> None:
    pickle = pytest.importorskip("pickle")

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    where = write(tmp_path / name, pickle.dumps(Trap(), protocol=protocol))
    with pytest.raises(FileFormatError, match=r"is a pickle, which can run any program.*Remedy"):
        read_file(where)
    assert not (tmp_path / "sprung").exists()


def test_truncated_and_damaged_parquet(tmp_path: Path) -> None:
    """Every prefix and every flipped byte is an error or the same profile, never another one."""
    p = P.from_values(np.random.default_rng(0).normal(size=(4, 5)))
    p.save(tmp_path / "p.parquet")
    whole = (tmp_path / "p.parquet").read_bytes()
    for stop in range(0, len(whole), 97):
        with pytest.raises(FileFormatError):
            te.read_profile(write(tmp_path / "q.parquet", whole[:stop]))
    refused = 0
    for at in range(4, len(whole) - 4, 13):
        hurt = bytearray(whole)
        hurt[at] ^= 0x55
        try:
            read = te.read_profile(write(tmp_path / "q.parquet", bytes(hurt)))
        except ThickEconError:
            refused += 1
        else:
            assert np.array_equal(read.contributions, p.contributions)
    assert refused > 10


def test_parquet_of_others(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pd.DataFrame({"agent": [1], "option": [2], "value": [3.0]}).to_parquet(tmp_path / "p.parquet")
    with pytest.raises(FileFormatError, match=r"columns: agent, option, value.*from_frame"):
        te.read_profile(tmp_path / "p.parquet")


def test_contents_of_parquet_are_checked_alike(tmp_path: Path) -> None:
    """Unsorted rows and wrong versions are found behind parquet as behind JSON."""
    from thickecon.profiles.io import write_tree

    made = tree()
    made["rows"] = {"agent": np.array([1, 0, 1]), "option": np.array([0, 1, 1])}
    made["contributions"] = np.ones((2, 3))
    made["endorsement"] = {"theta": np.array([[1.0, 0.0]])}
    made["outside_worth"] = made["weights"] = None
    write_tree(made, tmp_path / "p.parquet")
    with pytest.raises(FileFormatError, match=r"rows\[1\]: must be sorted .*'ann', option 'milk'"):
        te.read_profile(tmp_path / "p.parquet")
    write_tree({**made, "version": 7}, tmp_path / "p.parquet")
    with pytest.raises(FileFormatError, match="version must be 1, found 7"):
        te.read_profile(tmp_path / "p.parquet")
    made["contributions"] = np.array([[1.0, np.nan, 1.0]] * 2)
    made["rows"] = {"agent": np.array([0, 0, 1]), "option": np.array([0, 1, 1])}
    write_tree(made, tmp_path / "p.parquet")
    with pytest.raises(ProfileError, match=r"found nan at agent 'ann', motive 'taste', option 'milk'"):
        te.read_profile(tmp_path / "p.parquet")


HUGE = """
import sys
import thickecon as te
from thickecon.errors import ThickEconError
te.ThickProfile
def peak():  # in kB; getrusage would start from the peak of the process that started this one
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = peak()
try:
    te.read_profile(sys.argv[1])
except ThickEconError as error:
    print(type(error).__name__, error, sep="|")
print(peak() - before)
held = open(sys.argv[1], "rb").read()  # the figure would have seen the bytes
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize(
    ("start", "message"),
    [(b"garbage", "FileFormatError|"), (b'{"a": [1, ', "SizeError|"), (b"PAR1", "FileFormatError|")],
)
def test_200_mb_of_garbage_costs_nothing(tmp_path: Path, start: bytes, message: str) -> None:
    """The file is refused by its first bytes and its size: it is not held in memory (here: less than 20 MB)."""
    where = write(tmp_path / "huge.json", start)
    os.truncate(where, 200 * 2**20)  # sparse: the disk holds a page
    done = subprocess.run([sys.executable, "-c", HUGE, str(where)], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(message), done.stderr
    assert "Remedy" in done.stdout
    refused, held = map(int, done.stdout.splitlines()[-2:])
    assert refused < 20 * 2**10
    assert held > 200 * 2**10


def test_large_json_without_a_format_is_not_parsed(tmp_path: Path) -> None:
    where = write(tmp_path / "p.json", b'{"a": [[]' + b",[]" * 2**19 + b"]}")
    with pytest.raises(FileFormatError, match=r"not a file of this package: 2 MB without a 'format'.*Remedy"):
        te.read_profile(where)


def test_a_large_file_may_state_its_format_last(tmp_path: Path) -> None:
    """Keys have no order: the format is looked for everywhere."""
    made = tree()
    made["motives"][0]["channel"] = "x" * 2**20
    last = made.pop("format")
    where = write(tmp_path / "p.json", json.dumps({**made, "format": last}).encode())
    assert te.read_profile(where).n_agents == 2


@pytest.mark.parametrize("name", ["agents", "options"])
def test_a_number_alone_does_not_claim_all_memory(tmp_path: Path, name: str) -> None:
    """Two numbers in a small file would make vectors of 16 GB."""
    made = tree() | {"outside_worth": None, "weights": None, name: 2**31 - 1}
    where = write(tmp_path / "p.json", json.dumps(made).encode())
    with pytest.raises(SizeError, match=rf"{name}: says that there are 2147483647 {name}, and holds 6 contributions"):
        te.read_profile(where)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    where = write(tmp_path / "p.json", GOOD)
    where.chmod(0)
    with pytest.raises(FileFormatError, match=r"cannot be read \(Permission denied\)"):
        te.read_profile(where)


@pytest.mark.parametrize("protocol", [0, 1])
@pytest.mark.parametrize("name", ["p.json", "p.parquet", "p.pkl", "p"])
def test_an_old_pickle_is_never_read(tmp_path: Path, name: str, protocol: int) -> None:
    """Protocols 0 and 1 have no first bytes of their own: whatever it is taken for, it is not run."""
    pickle = pytest.importorskip("pickle")

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    where = write(tmp_path / name, pickle.dumps(Trap(), protocol=protocol))
    with pytest.raises(FileFormatError, match="Remedy"):
        read_file(where)
    assert not (tmp_path / "sprung").exists()


def test_json_above_the_limit_names_parquet(tmp_path: Path) -> None:
    where = write(tmp_path / "p.json", b"{")
    os.truncate(where, 101 * 2**20)
    with pytest.raises(SizeError, match=r"has 101 MB, JSON is read up to 100 MB.*Remedy: .*\.parquet"):
        te.read_profile(where)
