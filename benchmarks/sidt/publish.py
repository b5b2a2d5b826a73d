"""Run the published suite and write its tables, page and provenance beside this file.

    python benchmarks/sidt/publish.py           # all of it, on all cores
    python benchmarks/sidt/publish.py --quick   # a tenth of the worlds, into a folder of its own

The store is kept in ``store/`` (not under version control); a run that was stopped is taken up where it was.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

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
    found.to_csv(out)
    (out / "means.csv").unlink()  # long; it is in the store
    found.save_html(place / "report.html")
    print(found.headline().round(3).to_string())
    missed = checks_table(found).query("met == 'no'")
    print(f"\n{found!r}\nTables in {out}, page in {place / 'report.html'}, {time.monotonic() - start:.0f} s.")
    if len(missed):
        print(missed.to_string())
    return int(len(found.failed) > 0 or len(missed) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
