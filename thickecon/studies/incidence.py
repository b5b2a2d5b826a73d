"""Who pays for a gain, what both selves say, and the loss bound beside the loss: tables from rows of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .results import PointResults, Results
from .summary import difference, gap, label, main_point, study_title, verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["both_selves", "loss_bounds", "premises", "who_pays"]

SELVES = ("participation_decision", "participation_endorsed", "influence_gain")


def who_pays(results: Results, arm: str = "thick", versus: str = "sidt") -> pd.DataFrame:
    """Measures on which an arm is behind by more than two standard errors where its headline is ahead by as much."""
    import pandas as pd

    rows = []
    for k in range(len(results.suite.study)):
        point = main_point(results, k)
        better = {m.name: -1.0 if m.better == "less" else 1.0 for m in point.scenario.measures if m.better}
        head = gap(point, arm, versus, point.headline)
        if verdict(head, better.get(point.headline, 1.0)) != "better":
            continue
        for name, sign in better.items():
            found = gap(point, arm, versus, name)
            if found is not None and verdict(found, sign) == "worse":
                rows.append(
                    {
                        "study": study_title(results, k),
                        "measure": name.replace("_", " "),
                        f"{arm} - {versus}": found.mean,
                        "s.e.": found.standard_error,
                        "what it is": _line(point, name),
                    }
                )
    return pd.DataFrame(rows, columns=["study", "measure", f"{arm} - {versus}", "s.e.", "what it is"]).set_index(
        "study"
    )


def _line(point: PointResults, name: str) -> str:
    """What a measure is; "the same ..." said out in full."""
    whole = ""
    for measure in point.scenario.measures:
        same = measure.line.startswith("the same")
        whole = whole if same else measure.line
        if measure.name == name:
            return f"{whole}: {measure.line}" if same else measure.line
    raise KeyError(name)


def both_selves(results: Results) -> pd.DataFrame:
    """Participation of the decision self and of the endorsed self, and what influence gains: sidt beside thick."""
    import pandas as pd

    rows = []
    for k in range(len(results.suite.study)):
        point = main_point(results, k)
        table: Any = point.table()
        row: dict[str, Any] = {"study": study_title(results, k)}
        for name in SELVES:
            for arm in ("sidt", "thick"):
                known = name in table.columns and arm in table.index
                row[f"{name.replace('_', ' ')}, {arm}"] = float(table.loc[arm, name]) if known else np.nan
        rows.append(row)
    made = pd.DataFrame(rows).set_index("study")
    return made[made.notna().any(axis=1)]


def loss_bounds(results: Results) -> pd.DataFrame:
    """T3 in scenarios that maximise a sum, whatever the evidence: what SIDT loses beside the most it can lose.

    The bound is the middle term of T3, revealed less endorsed in SIDT's outcome less the same in the oracle's. Where
    the last column is 1 the bound is the loss: revealed welfare is the same in both.
    """
    import pandas as pd

    rows = []
    for k in range(len(results.suite.study)):
        seen = set()
        for point in results.of(k):
            at = label(point, without=(point.scenario.evidence or "", "misjudged"))  # of which neither arm knows
            if not point.scenario.maximises or not {"sidt", "oracle"} <= set(point.arms) or at in seen:
                continue
            seen.add(at)
            loss, bound = _bounded(point)
            rows.append(
                {
                    "study": study_title(results, k),
                    "at": at or "every point",
                    "loss": float(loss.mean()),
                    "bound": float(bound.mean()),
                    "loss / bound": float(loss.sum() / bound.sum()) if bound.sum() > 0 else np.nan,
                    "worlds": len(loss),
                    "worlds in which it binds": float((bound - loss <= 0.05 * np.maximum(bound, 1e-12)).mean()),
                }
            )
    columns = ["study", "at", "loss", "bound", "loss / bound", "worlds", "worlds in which it binds"]
    return pd.DataFrame(rows, columns=columns).set_index("study")


def _bounded(point: PointResults) -> tuple[Any, Any]:
    """(worlds,) loss of SIDT and its bound."""
    sidt, oracle = point.arm("sidt"), point.arm("oracle")
    loss = (oracle["endorsed"] - sidt["endorsed"]).dropna()
    wedge = (sidt["revealed"] - sidt["endorsed"]) - (oracle["revealed"] - oracle["endorsed"])
    return loss.to_numpy(dtype=float), wedge.reindex(loss.index).to_numpy(dtype=float)


def premises(results: Results) -> pd.DataFrame:
    """The normative choice that each study makes, and how far its headline hangs on it: thick less sidt."""
    import pandas as pd

    rows = []
    for k in range(len(results.suite.study)):
        point = main_point(results, k)
        found = difference(point, "thick", "sidt", point.headline)
        rows.append(
            {
                "study": study_title(results, k),
                "what counts": point.scenario.premise,
                "thick - sidt": np.nan if found is None else found.mean,
            }
        )
    return pd.DataFrame(rows).set_index("study")
