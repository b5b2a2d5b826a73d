"""Many results a group: each one a dot, their mean and its interval beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["spread_figure"]


def spread_figure(groups: Mapping[tuple[str, str], npt.ArrayLike], label: str) -> Any:
    """One line a group, from top to bottom; groups of one heading stand together.

    Parameters
    ----------
    groups
        (heading, name) to numbers.
    label
        Of the horizontal axis, on which 0 is marked.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    headings = list(dict.fromkeys(heading for heading, _ in groups))
    names = list(dict.fromkeys(name for _, name in groups))
    drawn = Figure(figsize=(8.2, 0.9 + 0.36 * len(groups)), layout="constrained")
    axis = drawn.add_subplot()
    axis.spines[["top", "right"]].set_visible(False)
    axis.axvline(0.0, color="#1c2530", lw=0.8)
    ticks, at = [], 0.0
    before = ""
    for (heading, name), given in groups.items():
        at -= 1.0 if heading == before or not before else 1.6
        before = heading
        values = np.asarray(given, dtype=float)
        jitter = 0.16 * np.sin(2.4 * np.arange(len(values)))  # the same dots at every drawing
        color = f"C{names.index(name)}"
        axis.plot(values, at + jitter, ".", ms=5, color=color, alpha=0.45, mec="none")
        half = 1.96 * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
        axis.errorbar(values.mean(), at, xerr=half, fmt="o", ms=5, color=color, mec="w", mew=0.7, capsize=3)
        ticks.append((at, f"{heading}: {name}" if len(headings) > 1 else name))
    axis.set_yticks([place for place, _ in ticks], [text for _, text in ticks])
    axis.set_xlabel(label)
    return drawn
