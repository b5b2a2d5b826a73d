"""Arms along a knob, and paired differences one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["arms_figure", "beside_figure", "gaps_figure"]

_INK = "#1c2530"
_LINES = {"oracle": ":", "sidt": "-", "informed": "-."}


def arms_figure(
    at: npt.ArrayLike,
    means: Mapping[str, npt.ArrayLike],
    errors: Mapping[str, npt.ArrayLike],
    knob: str,
    label: str,
    closed: float | None = None,
    closed_means: Mapping[str, npt.ArrayLike] | None = None,
) -> Any:
    """Each arm over the error of the evidence.

    Parameters
    ----------
    at
        (K,) values of the knob.
    means, errors
        (K,) by arm; bands are two standard errors.
    knob, label
        Of the axes.
    closed
        Where a closed form puts the break-even; a dashed vertical line.
    closed_means
        (K,) by arm, where a closed form of the mean is known; dashed.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(7.2, 3.8), layout="constrained")
    axis = drawn.add_subplot()
    axis.spines[["top", "right"]].set_visible(False)
    x = np.asarray(at, dtype=float)
    for k, (arm, given) in enumerate(means.items()):
        y, half = np.asarray(given, dtype=float), 2.0 * np.nan_to_num(np.asarray(errors[arm], dtype=float))
        axis.plot(x, y, _LINES.get(arm, "-"), color=f"C{k}", marker="o", ms=3.5, lw=1.6, label=arm)
        axis.fill_between(x, y - half, y + half, color=f"C{k}", alpha=0.15, lw=0)
        known = (closed_means or {}).get(arm)
        if known is not None:
            axis.plot(x, np.asarray(known, dtype=float), "--", color=f"C{k}", lw=1.0)
    if closed is not None and np.isfinite(closed) and x.min() <= closed <= x.max():
        axis.axvline(closed, color=_INK, ls="--", lw=0.9)
        axis.annotate(
            f"closed form {closed:.3g}", (closed, axis.get_ylim()[0]), (3, 3), textcoords="offset points", fontsize=8
        )
    axis.set_xlabel(knob)
    axis.set_ylabel(label)
    axis.legend(frameon=False, fontsize=9)
    return drawn


def gaps_figure(gaps: Mapping[str, Sequence[float] | npt.ArrayLike], label: str) -> Any:
    """Paired differences of each arm against the baseline, sorted: every replicate is a point.

    Parameters
    ----------
    gaps
        By arm.
    label
        Of the horizontal axis.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(7.2, 3.2), layout="constrained")
    axis = drawn.add_subplot()
    axis.spines[["top", "right"]].set_visible(False)
    axis.axvline(0.0, color=_INK, lw=0.8)
    for k, (arm, given) in enumerate(gaps.items()):
        x = np.sort(np.asarray(given, dtype=float))
        share = (np.arange(len(x)) + 0.5) / max(1, len(x))
        axis.step(x, share, where="mid", color=f"C{k}", lw=1.5, label=arm)
    axis.set_xlabel(label)
    axis.set_ylabel("share of worlds below")
    axis.set_ylim(0, 1)
    if len(gaps) > 1:
        axis.legend(frameon=False, fontsize=9)
    return drawn


def beside_figure(x: Mapping[Any, float], y: Mapping[Any, float], x_label: str, y_label: str) -> Any:
    """Two measures that must be read together, a named point an arm.

    Parameters
    ----------
    x, y
        By arm.
    x_label, y_label
        Of the axes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(5.6, 3.6), layout="constrained")
    axis = drawn.add_subplot()
    axis.spines[["top", "right"]].set_visible(False)
    for k, arm in enumerate(x.keys()):
        axis.plot(x[arm], y[arm], "o", color=f"C{k}", ms=7, label=str(arm).replace("_", " "))
    axis.set_xlabel(x_label)
    axis.set_ylabel(y_label)
    axis.margins(0.15)
    axis.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return drawn
