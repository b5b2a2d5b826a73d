"""The runner: one suite, one table, whatever happens on the way."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from thickecon.errors import FileFormatError, InputError, SizeError, StoreError, UnknownNameError
from thickecon.studies import Draws, Study, load
from thickecon.studies.cell import run_cell
from thickecon.studies.executors.processes import Processes
from thickecon.studies.store.folder import Store

SUITE: dict[str, Any] = {
    "schema": 1,
    "name": "runner",
    "seed": 11,
    "defaults": {"replicates": 12, "block": 4},
    "study": [
        {"scenario": "seller_influence", "grid": {"a": [0.2, 1.0], "s": [0.0, 0.3]}},
        {"scenario": "seller_influence", "fixed": {"lift": "past", "n": 4}},
    ],
}


LONG = {**SUITE, "defaults": {"replicates": 240, "block": 12}}


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "results.parquet").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference") / "store"
    Study(SUITE).run(folder)
    return folder


@pytest.fixture(scope="module")
def long_reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long") / "store"
    Study(LONG).run(folder)
    return folder


class Backwards:
    """An executor with an order of its own."""

    def run(self, cells: Any) -> Any:
        for cell in reversed(list(cells)):
            yield cell, run_cell(cell), 0.5


def test_any_order_gives_the_same_bytes(reference: Path, tmp_path: Path) -> None:
    Study(SUITE).run(tmp_path / "b", Backwards())
    assert digest(tmp_path / "b") == digest(reference)


def test_processes_give_the_same_bytes(reference: Path, tmp_path: Path) -> None:
    Study(SUITE).run(tmp_path / "p", "processes:2")
    assert digest(tmp_path / "p") == digest(reference)


def test_a_larger_grid_keeps_the_numbers_it_shares(reference: Path, tmp_path: Path) -> None:
    """No knob, arm or position in the suite is in the seed tree: a point's numbers are its own."""
    wide = {**SUITE, "study": [{"scenario": "seller_influence", "grid": {"s": [0.9, 0.3], "a": [1.0]}}]}
    new = Study(wide).run(tmp_path / "w")
    old = load(reference)
    (mine,) = [p for p in new.points if p.scenario.s == 0.3]
    (theirs,) = [p for p in old.points if p.scenario.parameters == mine.scenario.parameters]
    assert mine.values.equals(theirs.values)


def test_arms_and_evidence_share_the_world(reference: Path) -> None:
    """What does not depend on the evidence is the same, number by number, at every error of the evidence."""
    zero, noisy = (p for p in load(reference).points if p.scenario.a == 0.2 and p.scenario.lift == "paid")
    assert (zero.scenario.s, noisy.scenario.s) == (0.0, 0.3)
    assert zero.arm("sidt").equals(noisy.arm("sidt"))
    assert zero.arm("oracle").equals(noisy.arm("oracle"))
    assert not zero.arm("thick").equals(noisy.arm("thick"))


def test_streams_are_apart_and_repeatable() -> None:
    seen = {
        (name, replicate, purpose): Draws(1, name, replicate).generator(purpose).random()
        for name in ("a", "b")
        for replicate in range(3)
        for purpose in ("population", "behaviour", "evidence", "mechanism")
    }
    assert len(set(seen.values())) == len(seen)
    assert Draws(1, "a", 2).generator("evidence").random() == seen[("a", 2, "evidence")]


# ---- stopped and taken up again ---------------------------------------------------------------------------------


def test_resumption_computes_what_is_missing_only(reference: Path, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    shutil.copytree(reference, folder)
    parts = sorted((folder / "parts").iterdir())
    parts[1].unlink()
    parts[4].unlink()
    (folder / "manifest.jsonl").write_text((folder / "manifest.jsonl").read_text()[:-20])  # torn
    computed = []

    class Counting:
        def run(self, cells: Any) -> Any:
            for cell in cells:
                computed.append(cell.key)
                yield cell, run_cell(cell), 0.1

    Study(SUITE).run(folder, Counting(), resume=True)
    assert sorted(computed) == sorted([parts[1].stem, parts[4].stem])
    assert digest(folder) == digest(reference)
    assert {line["key"] for line in Store(folder).log()} == {part.stem for part in parts}


RUN = """
import json, sys
from thickecon.studies import Study
if __name__ == "__main__":
    Study(json.loads(sys.argv[1])).run(sys.argv[2], sys.argv[3], resume=True)
    print("complete")
"""


def start(folder: Path, executor: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, json.dumps(LONG), str(folder), executor]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.slow
def test_killed_at_any_moment(long_reference: Path, tmp_path: Path) -> None:
    """Ten kill -9 of the whole group, at times from a printed seed, then one run to the end."""
    folder, seed = tmp_path / "killed", random.randrange(2**32)
    rng = random.Random(seed)
    print("seed of the kill times:", seed)
    kills = 0
    while kills < 10:
        process = start(folder, "processes:2" if kills % 2 else "serial")
        first = len(list((folder / "parts").glob("*.parquet"))) if folder.exists() else 0
        limit = time.monotonic() + 30
        # once it writes (starting up is not what is tested), after a random while
        while process.poll() is None and time.monotonic() < limit:
            if folder.exists() and len(list((folder / "parts").glob("*.parquet"))) > first:
                break
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.08))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        kills += 1
        if (folder / "results.parquet").exists():  # it was done before it was killed: from the start again
            shutil.rmtree(folder)
    output, errors = start(folder, "serial").communicate(timeout=120)
    assert output == "complete\n", errors
    assert digest(folder) == digest(long_reference)


@pytest.mark.slow
def test_a_killed_worker_costs_nothing(long_reference: Path, tmp_path: Path) -> None:
    killed = []

    class Deadly(Processes):
        """Kills one of its workers after the third part."""

        def _pass(self, cells: Any) -> Any:
            for k, done in enumerate(super()._pass(cells)):
                yield done
                if k == 2 and not killed:
                    for child in _children(os.getpid()):
                        killed.append(child)
                        os.kill(child, signal.SIGKILL)
                        break

    Study(LONG).run(tmp_path / "k", Deadly(2))
    assert killed
    assert digest(tmp_path / "k") == digest(long_reference)


def _children(pid: int) -> list[int]:
    """Processes that compute for ``pid``: grandchildren through the fork server."""
    found, servers = [], []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            parent = int(status.rsplit(")", 1)[1].split()[1])
            if parent == pid and b"forkserver" in line:
                servers.append(int(entry.name))
            found.append((int(entry.name), parent))
    return [child for child, parent in found if parent in servers]


@pytest.mark.slow
def test_a_dask_cluster_with_a_worker_killed(long_reference: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path / "d")
    ) as cluster:
        from thickecon.studies.executors.dask import Dask

        class Deadly(Dask):
            """Kills one worker after the third part."""

            def run(self, cells: Any) -> Any:
                for k, done in enumerate(super().run(cells)):
                    yield done
                    if k == 2:
                        os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)

        Study(LONG).run(tmp_path / "dask", Deadly(cluster.scheduler_address))
    assert digest(tmp_path / "dask") == digest(long_reference)


# ---- stopping early ---------------------------------------------------------------------------------------------


def test_stopping_by_the_rule_of_the_suite(tmp_path: Path) -> None:
    """Blocks of 4 until the standard error of thick - sidt is at most .06 and 8 replicates are in: by hand below."""
    plan = {"scenario": "seller_influence", "fixed": {"a": 1.0}, "stop": {"standard_error": 0.06, "least": 8}}
    stopped = Study({**SUITE, "defaults": {"replicates": 60, "block": 4}, "study": [plan]}).run(tmp_path / "s")
    whole = Study({**SUITE, "defaults": {"replicates": 60, "block": 4}, "study": [{**plan, "stop": None}]})
    gaps = whole.run(tmp_path / "w").points[0].differences("thick")["endorsed"].to_numpy()
    ends = [n for n in range(8, 61, 4) if np.std(gaps[:n], ddof=1) / np.sqrt(n) <= 0.06]
    assert len(stopped.points[0].arm("thick")) == ends[0] < 60


# ---- failures are rows ------------------------------------------------------------------------------------------


def test_what_fails_is_a_row_with_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from thickecon.studies.scenarios.seller_influence import SellerInfluence

    play = SellerInfluence.play

    def sometimes(self: Any, world: Any, arm: str, draws: Draws) -> Any:
        if arm == "thick" and draws.replicate == 2:
            raise InputError("no bidder came", where="auction")
        return play(self, world, arm, draws)

    monkeypatch.setattr(SellerInfluence, "play", sometimes)
    found = Study({**SUITE, "study": [{"scenario": "seller_influence"}]}).run(tmp_path / "f")
    assert len(found.failed) == 1
    assert found.failed.iloc[0]["error"] == "InputError: auction: no bidder came."
    assert len(found.points[0].arm("sidt")) == 12
    assert len(found.points[0].arm("thick")) == 11
    assert len(found.points[0].differences("thick")) == 11


# ---- bad input --------------------------------------------------------------------------------------------------


CHECK = {"quantity": "mean", "expected": 0.1, "source": "by hand"}


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"scenario": "seler_influence"}, UnknownNameError, "did you mean 'seller_influence'"),
        ({"fixed": {"aa": 1}}, UnknownNameError, "no knob is called 'aa'; did you mean 'a'"),
        ({"fixed": {"n": 1}}, InputError, "seller_influence.n: must lie in"),
        ({"fixed": {"n": 2.5}}, InputError, "whole number"),
        ({"fixed": {"lift": "up"}}, InputError, "one of 'paid', 'past'"),
        ({"fixed": {"a": True}}, InputError, "must be a number"),
        ({"arms": ["sidt", "thik"]}, UnknownNameError, "has no arm 'thik'; did you mean 'thick'"),
        ({"mechanism": "auctions.SecondPrise"}, UnknownNameError, "did you mean 'auctions.SecondPrice'"),
        (
            {"scenario": "norm_inspection", "mechanism": "auctions.SecondPrice"},
            InputError,
            "decides by a rule of its own, so auctions.SecondPrice would be left unused",
        ),
        ({"fixed": {"a": 1.0}, "grid": {"a": [0.5]}}, InputError, "both fixed and in the grid"),
        ({"grid": {"a": []}}, InputError, "has no value"),
        ({"grid": {"a": [0.5, 1, 1.0]}}, InputError, "the grid has a = 1.0 twice"),
        ({"arms": ["sidt", "thick", "sidt"]}, InputError, "has the arm 'sidt' twice"),
        ({"main": {"s": 0.2}, "grid": {"s": [0.0, 0.1]}}, InputError, "main: no point of the grid has s = 0.2"),
        ({"main": {"ss": 0.2}}, UnknownNameError, "no knob is called 'ss'; did you mean 's'"),
        ({"check": [{**CHECK, "arm": "thik"}]}, UnknownNameError, "check 1: no arm is called 'thik'"),
        ({"check": [{**CHECK, "measure": "endorse"}]}, UnknownNameError, "no measure is called 'endorse'; did you"),
        ({"check": [{**CHECK, "at": {"a": 0.9}}]}, InputError, "check 1: no point of the grid has a = 0.9"),
        ({"check": [CHECK], "grid": {"a": [0.1, 0.2]}}, InputError, "holds at 2 points of the grid"),
        ({"check": [{**CHECK, "quantity": "break_even"}]}, InputError, "at least two values of 's' in the grid"),
        (
            {"check": [{**CHECK, "quantity": "break_even"}], "grid": {"a": [0.1, 0.2], "s": [0.0, 0.2]}},
            InputError,
            "differ in more than 's'",
        ),
        (
            {"check": [{**CHECK, "quantity": "difference"}], "arms": ["thick", "oracle"]},
            InputError,
            "needs the arm 'sidt', which is not run",
        ),
        ({"stop": {"standard_error": 0.1, "arm": "thik"}}, UnknownNameError, "stop: no arm is called 'thik'"),
        ({"stop": {"standard_error": 0.1, "measure": "no"}}, UnknownNameError, "stop: no measure is called 'no'"),
        ({"colour": 1}, InputError, "study.0.colour: extra inputs"),
    ],
)
def test_a_suite_is_checked_before_anything_runs(change: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Study({**SUITE, "study": [{"scenario": "seller_influence", **change}]})


def test_one_and_one_point_nought_are_one_value() -> None:
    keys = {Study({**SUITE, "study": [{"scenario": "seller_influence", "fixed": {"a": a}}]}).points[0].cells[0].key
            for a in (1, 1.0)}  # fmt: skip
    assert len(keys) == 1


def test_a_huge_grid_is_refused_unless_meant() -> None:
    grid = {name: [0.001 * k for k in range(1000)] for name in ("a", "s")} | {"n": list(range(2, 1000))}
    with pytest.raises(SizeError, match=r"998,000,000|2,994,000,000.*hours"):
        Study({**SUITE, "study": [{"scenario": "seller_influence", "grid": grid}]})


def test_another_suite_and_results_that_are_there(reference: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="belongs to another suite"):
        Study({**SUITE, "seed": 12}).run(reference, resume=True)
    with pytest.raises(StoreError, match=r"has results of this suite.*--resume"):
        Study(SUITE).run(reference)
    with pytest.raises(FileFormatError, match="is not a store"):
        load(tmp_path)


def test_two_runs_on_one_store(tmp_path: Path) -> None:
    study, store = Study(SUITE), Store(tmp_path / "s")
    with store.writing(study.suite, resume=False), pytest.raises(StoreError, match=f"by process {os.getpid()}"):
        study.run(tmp_path / "s")
    study.run(tmp_path / "s")  # the lock went with its holder


def test_a_corrupted_part_is_named_and_mended_on_request(reference: Path, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    shutil.copytree(reference, folder)
    part = sorted((folder / "parts").iterdir())[3]
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 0xFF
    part.write_bytes(bytes(data))
    with pytest.raises(StoreError, match=f"{part.stem}.*corrupted part.*--repair"):
        Study(SUITE).run(folder, resume=True)
    Study(SUITE).run(folder, repair=True)
    assert digest(folder) == digest(reference)


def test_truncated_results_are_named(reference: Path, tmp_path: Path) -> None:
    folder = tmp_path / "t"
    shutil.copytree(reference, folder)
    whole = (folder / "results.parquet").read_bytes()
    (folder / "results.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match=r"results.parquet.*corrupted"):
        load(folder)
    Study(SUITE).run(folder, resume=True)
    assert digest(folder) == digest(reference)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(StoreError, match="cannot be written to"):
        Study(SUITE).run(tmp_path / "file" / "store")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a full disk")
def test_a_full_disk(long_reference: Path, tmp_path: Path) -> None:
    """A disk of 64 kB: one clear error, no half part, and the run goes on once there is room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(StoreError, match=r"No space left on device.*free space"):
            Study(LONG).run(disk / "store")
        parts = list((disk / "store" / "parts").iterdir())
        assert all(Store(disk / "store").read(part.stem).num_rows for part in parts)
        shutil.copytree(disk / "store", tmp_path / "larger")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    Study(LONG).run(tmp_path / "larger", resume=True)
    assert digest(tmp_path / "larger") == digest(long_reference)


def test_an_executor_that_does_not_exist(tmp_path: Path) -> None:
    for name in ("threads", "processes:0", "dask:"):
        with pytest.raises(InputError, match="executor: must be 'serial'"):
            Study(SUITE).run(tmp_path / "x", name)


def test_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    Study(SUITE).run(tmp_path / "p", progress=lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 15)
    assert seen[-1] == (15, 15)
    assert sorted(seen) == seen
