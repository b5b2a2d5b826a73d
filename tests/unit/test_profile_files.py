"""Profiles in files: exact to the bit, after the published schema, all of it or nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import FileFormatError, MissingExtraError, SizeError
from thickecon.problems.schema import published_schemas
from thickecon.profiles import io as profile_io
from thickecon.profiles.io import files, parquet

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schema"
ENDINGS = ["json", "parquet"]
# the least and greatest subnormal and normal numbers, a negative zero, decimals without a short binary form
HARD = np.array([5e-324, -0.0, 0.0, 2.2250738585072009e-308, 1.7e300, -1.1, 0.1 + 0.2, 1 / 3, -1e-17, 7.0])


def bits(array: np.ndarray | None) -> object:
    return None if array is None else (array.shape, array.astype(np.float64).view(np.int64).tolist())


def assert_same(one: te.ThickProfile, other: te.ThickProfile) -> None:
    """Field by field, to the bit, without the package's own comparison; then that too."""
    e, f = one.endorsement, other.endorsement
    assert (list(one.agents), list(one.options)) == (list(other.agents), list(other.options))
    assert [type(label) for label in one.agents] == [type(label) for label in other.agents]
    assert (one.motives, one.unit, e.evidence) == (other.motives, other.unit, f.evidence)
    assert one.resolution_override == other.resolution_override
    assert one.resolution.hex() == other.resolution.hex()
    for name in ("contributions", "outside", "weights"):
        assert bits(getattr(one, name)) == bits(getattr(other, name)), name
    for name in ("theta", "lower", "upper", "group", "param", "covariance"):
        assert bits(getattr(e, name)) == bits(getattr(f, name)), name
    assert np.array_equal(one.index.agent, other.index.agent)
    assert np.array_equal(one.index.option, other.index.option)
    assert one.equals(other)


def rich() -> te.ThickProfile:
    """Ragged, with everything a profile can carry."""
    motives = [
        te.Motive("care", attends_to=("time", "trust"), contexts=("home", "work"), tier=1),
        te.Motive("ad", "influence", owner="seller", channel="feed"),
    ]
    evidence = te.Evidence("field trial", 0.5, 0.1, (-np.inf, 0.9), 412), te.Evidence("guess")
    theta = np.array([[0.1 + 0.2, -0.0], [1.0, 1 / 3]])
    covariance = np.array([[2, 1, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 5e-324]]) / 100
    return te.ThickProfile.from_rows(
        agent=["ann", "bob", "ann", "cid", "bob"],
        option=["tea", "milk", "milk", "tea", "tea"],
        contributions=HARD.reshape(2, 5),
        endorsement=te.Endorsement(theta, theta * 0.5, theta, [0, 1, 0], [1, 0], covariance, evidence),
        motives=motives,
        outside=np.array([[0.1, -0.0], [1e-320, 2.0], [0.0, 0.0]]),
        weights=[1.5, 1 / 3, 7e8],
        unit="money",
        resolution=2.0**-40,
    )


@pytest.mark.parametrize("ending", ENDINGS)
class TestRoundTrip:
    def test_everything_a_profile_carries(self, tmp_path: Path, ending: str) -> None:
        p = rich()
        p.save(tmp_path / f"p.{ending}")
        assert_same(p, te.read_profile(tmp_path / f"p.{ending}"))

    @pytest.mark.parametrize(
        "make",
        [
            lambda: te.ThickProfile.from_values(HARD.reshape(2, 5)),
            lambda: te.ThickProfile.from_values([[1.0, np.nan], [np.nan, np.nan]], outside=-0.0),
            lambda: te.ThickProfile.from_values(np.full((2, 2), np.nan)),  # nobody evaluates anything
            lambda: te.ThickProfile.from_values([[1e-320]]),
            lambda: te.ThickProfile.from_rankings([[2, 0], [[0, 1], 2]], weights=[3, 4]),
            lambda: te.ThickProfile.from_rankings([[1, 0]], endorsed=[[0, 1]]),
            lambda: te.ThickProfile.from_values([[8.0, 3.0]]).with_influence("ad", 5.0, se=0.5, owner="x"),
            lambda: te.ThickProfile.from_arrays(np.ones((3, 2, 4)), np.full((3, 2), 0.25)).with_influence(
                "ad", 0.1, targets=[1], se=0.01, taken_from="motive1"
            ),
            lambda: te.ThickProfile.from_arrays(
                np.ones((200, 1, 2)), agents=[f"a{k}" for k in range(200)], options=["x", "y"]
            ),
            lambda: te.ThickProfile.from_values(np.ones((100, 1)), agents=range(7, 107)),
            lambda: te.ThickProfile.from_values([[1.0, 2.0]], resolution=0),
        ],
    )
    def test_constructors(self, tmp_path: Path, ending: str, make: object) -> None:
        p = make()  # type: ignore[operator]
        p.save(tmp_path / f"p.{ending}")
        assert_same(p, te.read_profile(tmp_path / f"p.{ending}"))

    @pytest.mark.parametrize("count", [6, 70])  # short lists of labels stand in the metadata of parquet, long ones not
    def test_labels_of_all_kinds(self, tmp_path: Path, ending: str, count: int) -> None:
        odd = ["קורס", "a/b\n\"'", "\ud800", "", None, True, 2.5, -3, 2**70, (1, ("x", None)), ()]
        labels = (odd + [f"agent {k}" for k in range(count)])[: max(count, len(odd))]
        p = te.ThickProfile.from_values(np.ones((len(labels), 1)), agents=labels, options=["été"])
        p.save(tmp_path / f"p.{ending}")
        assert_same(p, te.read_profile(tmp_path / f"p.{ending}"))

    def test_hard_numbers_in_bulk(self, tmp_path: Path, ending: str) -> None:
        """Random bit patterns: every finite double must survive."""
        patterns = np.random.default_rng(1).integers(0, 2**64, size=6000, dtype=np.uint64).view(np.float64)
        values = patterns[np.isfinite(patterns) & (np.abs(patterns) < 1e300)][:5000].reshape(100, 50)
        p = te.ThickProfile.from_values(values)
        p.save(tmp_path / f"p.{ending}")
        assert bits(te.read_profile(tmp_path / f"p.{ending}").contributions) == bits(p.contributions)

    def test_overwrites_and_keeps_usual_permissions(self, tmp_path: Path, ending: str) -> None:
        path = tmp_path / f"p.{ending}"
        te.ThickProfile.from_values([[1.0]]).save(path)
        te.ThickProfile.from_values([[2.0]]).save(str(path))
        assert te.read_profile(str(path)).revealed.tolist() == [[2.0]]
        (tmp_path / "plain").touch()
        assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode

    def test_nothing_half_written(self, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / f"p.{ending}"
        te.ThickProfile.from_values([[1.0]]).save(path)
        before = path.read_bytes()

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(FileFormatError, match="No space left on device"):
            rich().save(path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == [path.name]

    def test_unwritable_contents_leave_nothing(self, tmp_path: Path, ending: str) -> None:
        with pytest.raises(FileFormatError, match=r"label frozenset\(\{1\}\) of type frozenset"):
            te.ThickProfile.from_values([[1.0]], options=[frozenset({1})]).save(tmp_path / f"p.{ending}")
        p = te.ThickProfile.from_values([[8.0]]).with_influence("ad", 5.0)
        beyond = p.with_endorsement(p.endorsement.at_theta(np.array([[1.0, -0.25]])))
        with pytest.raises(FileFormatError, match=r"must lie in \[0, 1\].*drawn"):
            beyond.save(tmp_path / f"p.{ending}")
        assert os.listdir(tmp_path) == []


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "p.json"
    link.symlink_to(tmp_path / "there" / "real.json")
    te.ThickProfile.from_values([[1.0]]).save(link)
    assert link.is_symlink()
    assert te.read_profile(tmp_path / "there" / "real.json").n_agents == 1


def test_long_columns_cross_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP", 7)
    monkeypatch.setattr(parquet, "WIDE", 2)  # tables above it become one column
    p = te.ThickProfile.from_arrays(np.arange(5 * 3 * 4.0).reshape(5, 3, 4), np.full((5, 3), 0.5), agents=list("abcde"))
    p.save(tmp_path / "p.parquet")
    assert_same(p, te.read_profile(tmp_path / "p.parquet"))


def test_parquet_is_open_to_other_readers(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    p = rich()
    p.save(tmp_path / "p.parquet")
    frame = pd.read_parquet(tmp_path / "p.parquet")
    assert frame["rows/agent"].tolist() == [0, 0, 1, 1, 2]
    assert frame["contributions/1"].tolist() == p.contributions[1].tolist()


@pytest.mark.parametrize("name", sorted(published_schemas()))
def test_published_schema_is_the_generated_one(name: str) -> None:
    # write it anew with: json.dump(published_schemas()[name], file, indent=1, sort_keys=True)
    assert json.loads((SCHEMAS / name).read_text()) == published_schemas()[name]


def test_published_schema_accepts_what_is_written(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    rich().save(tmp_path / "p.json")
    schema = json.loads((SCHEMAS / "profile-v1.schema.json").read_text())
    tree = json.loads((tmp_path / "p.json").read_text())
    jsonschema.validate(tree, schema)
    tree["motives"][0]["kind"] = "whim"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tree, schema)


def test_a_file_by_hand(tmp_path: Path) -> None:
    """The least file: no rows (everybody evaluates everything), labels or their number, defaults elsewhere."""
    (tmp_path / "p.json").write_text(
        """{"format": "thickecon/profile", "version": 1, "agents": ["ann", "bob"], "options": 2,
            "motives": [{"name": "taste"}, {"name": "ad", "kind": "influence"}],
            "contributions": [[1, 2, 3, 4], [5, 0, 0, 0]], "endorsement": {"theta": [[1, 0]]}}"""
    )
    p = te.read_profile(tmp_path / "p.json")
    assert p.revealed.tolist() == [[6, 2], [3, 4]]
    assert p.endorsed.tolist() == [[1, 2], [3, 4]]
    assert p.options == range(2)


def test_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    te.ThickProfile.from_values([[1.0]]).save(tmp_path / "p.json")
    (tmp_path / "q.json").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "p.json").read_bytes())
    assert te.read_profile(tmp_path / "q.json").equals(te.read_profile(tmp_path / "p.json"))


def test_large_profiles_go_to_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "JSON_LIMIT", 2000)
    p = te.ThickProfile.from_values(np.random.default_rng(0).normal(size=(10, 12)))
    for values in (p, te.ThickProfile.from_values(np.zeros((40, 40)))):  # too long once written; surely too long
        with pytest.raises(SizeError, match="parquet"):
            values.save(tmp_path / "p.json")
    assert os.listdir(tmp_path) == []
    p.save(tmp_path / "p.parquet")
    assert_same(p, te.read_profile(tmp_path / "p.parquet"))


def test_missing_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    p = te.ThickProfile.from_values([[1.0]])
    p.save(tmp_path / "p.parquet")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"thickecon\[interop\]"):
        p.save(tmp_path / "q.parquet")
    with pytest.raises(MissingExtraError, match=r"thickecon\[interop\]"):
        te.read_profile(tmp_path / "p.parquet")
    assert os.listdir(tmp_path) == ["p.parquet"]


def test_write_profile_takes_profiles_only(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="must be a ThickProfile, found list"):
        profile_io.write_profile([[1.0]], tmp_path / "p.json")  # type: ignore[arg-type]
