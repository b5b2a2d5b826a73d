"""Alien, truncated and hostile files: one clear error each; nothing unpickled, no memory claimed on a file's word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thickecon as te
from tests.unit.documents import labelled, tree
from thickecon.errors import FileFormatError, ProfileError, SizeError, ThickEconError
from thickecon.problems.io import read_file

NAN, INF = float("nan"), float("inf")
P = te.ThickProfile


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
