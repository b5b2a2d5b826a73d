"""An estimate as text and as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from .estimate import Estimate

__all__ = ["latex", "summary"]

_MEANING = {
    "contribution": "how much a motive adds to evaluations",
    "endorsement": "share of a pull that is stood behind",
    "population": "share of people",
    "relation": "partial order",
    "exposure": "who was reached; says nothing normative",
}


def summary(estimate: Estimate, level: float) -> str:
    """The estimate, what it rests on and what was found on the way."""
    source = estimate.source
    lines = [str(source), f"kind: {estimate.kind} ({_MEANING[estimate.kind]}), unit: {estimate.unit}"]
    if source.n is not None:
        lines.append(f"observations: {source.n:,}")
    lines += ["", estimate.to_frame(level).to_string(float_format=lambda x: f"{x:.4g}"), ""]
    if source.deletion:
        lines.append(f"declared not welfare-relevant: {source.deletion}")
    if source.buys_point:
        lines.append(f"the point rests on: {source.buys_point}")
    lines += [f"assumes: {assumption}" for assumption in estimate.assumptions]
    for name, found in estimate.diagnostics.items():
        if name == "warnings":
            lines += [f"WARNING: {warning}" for warning in found]
        elif isinstance(found, (bool, np.bool_, int, str)):
            lines.append(f"{name}: {found}")
        elif isinstance(found, (float, np.floating)):
            lines.append(f"{name}: {found:.6g}")
        elif name == "quantities":
            lines += ["", "all quantities:", found.to_string(float_format=lambda x: f"{x:.4g}")]
        elif isinstance(found, tuple) and all(isinstance(x, (int, float, np.floating)) for x in found):
            lines.append(f"{name}: ({', '.join(f'{x:.4g}' for x in found)})")
    return "\n".join(lines)


def latex(frame: pd.DataFrame) -> str:
    """A frame of numbers in booktabs form, without further dependencies."""
    header = " & ".join(["", *(_escape(str(column).replace("_", " ")) for column in frame.columns)]) + r" \\"
    body = [
        " & ".join([_escape(str(label)), *("" if np.isnan(x) else f"{x:.4g}" for x in row)]) + r" \\"
        for label, row in zip(frame.index, frame.to_numpy(dtype=float), strict=True)
    ]
    rule = "l" + "r" * frame.shape[1]
    return "\n".join(
        [rf"\begin{{tabular}}{{{rule}}}", r"\toprule", header, r"\midrule", *body, r"\bottomrule", r"\end{tabular}"]
    )


def _escape(text: str) -> str:
    for sign in "&%$#_{}":
        text = text.replace(sign, "\\" + sign)
    return text
