"""Points, confidence intervals and identified sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["plot_intervals"]


def plot_intervals(frame: pd.DataFrame, *, label: str = "", title: str = "", ax: Any = None) -> Any:
    """One line a quantity: the point, its interval, and the identified set as a band behind them.

    Parameters
    ----------
    frame
        Columns estimate, lower, upper and, if there is an identified set, bound_lower and bound_upper. Rows are
        drawn from top to bottom; nan is left out.
    label
        Of the horizontal axis.
    title
        Above the picture.
    ax
        A matplotlib Axes to draw in; None makes a figure that pyplot does not keep.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn in.

    Raises
    ------
    InputError
        A column is missing.
    """
    missing = [name for name in ("estimate", "lower", "upper") if name not in frame.columns]
    if missing:
        raise InputError(f"has no column {missing[0]!r}", where="frame", remedy="pass Estimate.to_frame()")
    if ax is None:
        from matplotlib.figure import Figure

        ax = Figure(figsize=(6.0, 1.0 + 0.4 * len(frame)), layout="constrained").add_subplot()
    height = np.arange(len(frame))[::-1]
    point = frame["estimate"].to_numpy(dtype=float)
    lower, upper = frame["lower"].to_numpy(dtype=float), frame["upper"].to_numpy(dtype=float)
    if "bound_lower" in frame.columns:
        start = frame["bound_lower"].to_numpy(dtype=float)
        width = frame["bound_upper"].to_numpy(dtype=float) - start
        ax.barh(height, width, left=start, height=0.5, color="0.85", label="identified set")
    ax.hlines(height, lower, upper, color="C0", linewidth=1.5)
    ax.plot(point, height, "o", color="C0", label="estimate")
    if np.nanmin(np.append(lower, 0.0)) < 0.0:
        ax.axvline(0.0, color="0.5", linewidth=0.8, linestyle=":")
    ax.set_yticks(height, [str(name) for name in frame.index])
    ax.set_xlabel(label)
    ax.set_title(title)
    return ax
