"""Run the published suite and write its tables, page and provenance beside this file.

    python benchmarks/sidt/publish.py           # all of it, on all cores
    python benchmarks/sidt/publish.py --quick   # a tenth of the worlds, into a folder of its own

The store is kept in ``store/`` (not under version control); a run that was stopped is taken up where it was.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thickecon.studies.results import Results

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))


def main() -> int:
    from thickecon.studies import Study
    from thickecon.studies.suite import quick_suite, read_suite
    from thickecon.studies.summary import checks_table

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--fresh", action="store_true", help="do not take up an earlier run")
    options = parser.parse_args()
    suite = read_suite(HERE / "suite.toml")
    name = "quick" if options.quick else "full"
    place = HERE / "store" / name
    if options.fresh:
        import shutil

        shutil.rmtree(place, ignore_errors=True)
    start, last = time.monotonic(), [-1]

    def progress(done: int, total: int) -> None:
        if done * 20 // max(1, total) != last[0]:
            last[0] = done * 20 // max(1, total)
            print(f"{time.monotonic() - start:6.0f} s  {done} of {total} parts", file=sys.stderr, flush=True)

    plan = Study(quick_suite(suite) if options.quick else suite)
    found = plan.run(place, f"processes:{os.cpu_count() or 1}", resume=True, progress=progress)
    out = place if options.quick else HERE / "results"
    for old in out.glob("*.csv"):  # studies are numbered: another suite gives other names
        old.unlink()
    found.to_csv(out)
    (out / "means.csv").unlink()  # long; it is in the store
    found.save_html(place / "report.html")
    _show(found)
    missed = checks_table(found).query("met == 'no'")
    print(f"\n{found!r}\nTables in {out}, page in {place / 'report.html'}, {time.monotonic() - start:.0f} s.")
    if options.quick:
        print("A tenth of the worlds: a look, too small to conclude from. make sidt runs all of them.")
    elif len(missed):
        print(missed.to_string())
    return int(len(found.failed) > 0 or (len(missed) > 0 and not options.quick))


def _show(found: Results) -> None:
    """The headline: arms in per cent of the oracle, and in words what helped."""
    from thickecon.cli.screen import console, show_frame

    table, out = found.headline(), console()
    table.index = table.index.map(lambda title: textwrap.shorten(title, 46, placeholder=" ..."))
    arms = [arm for arm in ("sidt", "informed", "thick", "shrunk") if arm in table.columns]
    shares = table[arms].map(lambda x: "" if x != x else f"{x:.1f}")
    show_frame(out, shares, "Headline measure of each arm, in per cent of the oracle's (or its mean, where that is 0)")
    show_frame(out, table[["reading"]], "Which arm is ahead by more than two standard errors")


if __name__ == "__main__":
    raise SystemExit(main())
