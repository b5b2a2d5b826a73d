"""What the demonstration found, in tables and sentences computed from its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...mechanism.comparison import Comparison
from .demo import CourseDemo
from .plants import summary_of_plants
from .runs import CASES, Case

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "assumption_notes",
    "campaign_table",
    "headline",
    "mechanism_notes",
    "mechanism_table",
    "sensitivity_table",
    "verdicts",
    "where_thick_loses",
]

_SMALL = 1e-9


def headline(demo: CourseDemo) -> pd.DataFrame:
    """One row a mechanism: endorsed welfare in the campaign shown and over all campaigns, and the tipping point."""
    import pandas as pd

    summary: Any = summary_of_plants(demo.plants)
    rows = []
    for case in CASES:
        found = demo.comparisons[case.key]
        gap: Any = found.differences.loc[("thick", "endorsed_welfare")]
        many, best = summary.loc[(case.key, "thick")], summary.loc[(case.key, "oracle")]
        tipping = found.tipping_point.share
        rows.append(
            {
                "mechanism": case.title,
                "this campaign, %": float(gap["per cent"]),
                "all campaigns, %": float(many["mean, per cent"]),
                "s.e.": float(many["standard error"]),
                "least": float(many["least"]),
                "greatest": float(many["greatest"]),
                "thick worse in": f"{int(many['worse than SIDT'])} of {int(many['campaigns'])}",
                "oracle, %": float(best["mean, per cent"]),
                "tipping point": "none found" if tipping is None else f"{tipping:.2g}",
            }
        )
    return pd.DataFrame(rows).set_index("mechanism").round(2)


def verdicts(demo: CourseDemo) -> list[str]:
    """A sentence a mechanism on thick less SIDT over all campaigns, with the error it has."""
    summary: Any = summary_of_plants(demo.plants)
    made = []
    for case in CASES:
        row = summary.loc[(case.key, "thick")]
        mean, error = float(row["mean, per cent"]), float(row["standard error"])
        clear = abs(mean) > 2 * error
        sign = ("more" if mean > 0 else "less") if clear else "no clear difference in"
        amount = f"{abs(mean):.2f} % {sign}" if clear else f"{sign} ({mean:+.2f} %)"
        made.append(
            f"{case.title}: {amount} endorsed welfare with thick than with SIDT (standard error {error:.2f} over"
            f" {int(row['campaigns'])} campaigns; worse in {int(row['worse than SIDT'])} of them)."
        )
    return made + [_who_pays(demo, case) for case in CASES if "revenue" in demo.comparisons[case.key].to_frame()]


def _who_pays(demo: CourseDemo, case: Case) -> str:
    """Where money changes hands, welfare before payments is not what agents keep."""
    gap: Any = demo.comparisons[case.key].differences.loc["thick"]
    kept, paid = float(gap.loc["surplus_endorsed", "per cent"]), float(gap.loc["revenue", "per cent"])
    return (
        f"{case.title}, in the campaign shown: after payments students keep {abs(kept):.1f} %"
        f" {'more' if kept > 0 else 'less'} under thick in what they endorse, and payments are {abs(paid):.1f} %"
        f" {'higher' if paid > 0 else 'lower'}: welfare before payments says nothing of who gets it."
    )


def campaign_table(demo: CourseDemo) -> pd.DataFrame:
    """The summary over campaigns under the titles of the report."""
    titles = {case.key: case.title for case in CASES}
    short = {"mean, per cent": "mean, %", "standard error": "s.e.", "better than SIDT": "better"}
    made = summary_of_plants(demo.plants).rename(columns=short | {"worse than SIDT": "worse"})
    return made.rename(index=titles, level="mechanism")


def assumption_notes(demo: CourseDemo) -> list[str]:
    """What the route with the failing assumption adds or costs, paired by campaign."""
    wide = demo.plants.pivot(index=["mechanism", "plant"], columns="arm", values="change")
    gap = wide["thick"] - wide["thick (DQI)"]
    made = []
    for case in CASES:
        values = gap.loc[case.key].to_numpy(dtype=float)
        error = float(values.std(ddof=1) / np.sqrt(len(values)))
        made.append(f"{case.title}: {values.mean():+.2f} percentage points (standard error {error:.2f}).")
    return made


def mechanism_table(found: Comparison) -> pd.DataFrame:
    """Yardsticks down; arms, then thick less SIDT with what is known of its error, then the meaning."""
    table = found.to_frame().T
    table.index.name, table.columns.name = "yardstick", None
    gap: Any = found.differences.loc["thick"]
    table["thick less SIDT"] = gap["difference"]
    table["per cent"] = gap["per cent"]
    if gap["standard error"].notna().any():
        table["s.e."] = gap["standard error"]
    if gap["low"].notna().any():
        table["low"], table["high"] = gap["low"], gap["high"]
    table.index = [str(name).replace("_", " ") for name in table.index]
    table.index.name = "yardstick"
    return table


def mechanism_notes(demo: CourseDemo, case: Case) -> list[str]:
    """Who wins and who loses, what it takes to overturn the result, and what the numbers do not say."""
    found = demo.comparisons[case.key]
    who = found.winners_and_losers
    notes = [
        f"Students by endorsed surplus: {who['gain']} better off under thick, {who['lose']} worse off, {who['same']} as"
        " they were.",
        f"Tipping point: {found.tipping_point}.",
        f"Break-even error: {found.break_even}.",
        f"Loss bound (T3): {found.loss_bound}.",
    ]
    failed = sum(not outcome.certified for runs in found.outcomes.values() for outcome in runs)
    runs = sum(len(runs) for runs in found.outcomes.values())
    notes.append(f"Certificates, recomputed from the numbers: {runs - failed} of {runs} outcomes certified.")
    if case.lottery:
        notes.append(
            f"Means over {demo.settings.lotteries} priority lotteries, paired by lottery. Courses are indifferent"
            " between students until the lottery, so a pair blocks only where a seat stands free."
        )
    return notes


def sensitivity_table(demo: CourseDemo) -> pd.DataFrame:
    """The smallest influence that changes each allocation of the untouched market, by norm."""
    import pandas as pd

    parts = {}
    for case in CASES:
        if case.key in demo.sensitivities:
            frame = demo.sensitivities[case.key].to_frame()
            frame.insert(0, "proof", "exact" if demo.sensitivities[case.key].exact else "searched")
            parts[case.title] = frame.drop(columns="options", errors="ignore")
    return pd.concat(parts, names=["mechanism"])


def where_thick_loses(demo: CourseDemo) -> pd.DataFrame:
    """Yardsticks on which thick did worse than SIDT in the campaign shown, where one direction is better."""
    import pandas as pd

    rows = []
    for case in CASES:
        found = demo.comparisons[case.key]
        better = {item.name: item.better for item in found.yardsticks}
        gaps: Any = found.differences.loc["thick"]
        values: Any = found.to_frame().loc["sidt"]
        for name, gap in gaps.iterrows():
            change, level = float(gap["difference"]), better.get(str(name))
            if level is None or not np.isfinite(change):
                continue
            size = max(1.0, abs(float(values[name])))
            if (change if level == "less" else -change) > _SMALL * size:
                error = float(gap["standard error"])
                rows.append(
                    {
                        "mechanism": case.title,
                        "yardstick": str(name).replace("_", " "),
                        "thick less SIDT": change,
                        "per cent": float(gap["per cent"]),
                        "in standard errors": abs(change) / error if error > 0 else float("nan"),
                    }
                )
    columns = ["mechanism", "yardstick", "thick less SIDT", "per cent", "in standard errors"]
    return pd.DataFrame(rows, columns=columns).set_index(["mechanism", "yardstick"])
