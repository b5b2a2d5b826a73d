"""Pictures of comparisons and of sensitivity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["comparison_figure", "sensitivity_figure", "surface_figure"]

_GAIN, _LOSS, _INK = "#1f5fa8", "#b5482a", "#1c2530"


def _canvas(width: float, height: float, columns: int = 1, ratios: list[float] | None = None) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="constrained")
    axes = drawn.subplots(1, columns, width_ratios=ratios, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return drawn, axes


def comparison_figure(differences: pd.DataFrame, changes: pd.DataFrame | None, versus: str) -> Any:
    """Differences by yardstick (per cent of the baseline arm) and endorsed change by agent, sorted.

    Yardsticks on which all arms agree are left out.

    Parameters
    ----------
    differences
        Indexed by (arm, yardstick), columns difference, standard error, per cent.
    changes
        By agent, a column ``endorsed change``; None: the left picture only.
    versus
        Label of the baseline arm.

    Returns
    -------
    matplotlib.figure.Figure
    """
    arms = list(dict.fromkeys(differences.index.get_level_values(0)))
    moved = differences["difference"].fillna(0.0).groupby(level=1, sort=False).agg(lambda gaps: bool(gaps.any()))
    names = list(moved.index[moved])
    tall = max(2.6, 0.9 + (0.18 + 0.16 * len(arms)) * len(names))
    drawn, axes = _canvas(6.0, tall) if changes is None else _canvas(9.5, tall, 2, [3, 2])
    left = axes[0]
    height = 0.8 / max(1, len(arms))
    for k, arm in enumerate(arms):
        part = differences.loc[arm].reindex(names)
        values = part["per cent"].to_numpy(dtype=float)
        scale = np.where(part["difference"] != 0, values / part["difference"].replace(0, np.nan), 0.0)
        error = 1.96 * np.abs(scale) * part["standard error"].to_numpy(dtype=float)
        at = np.arange(len(names)) + (k - (len(arms) - 1) / 2) * height
        left.barh(
            at, values, height * 0.9, xerr=np.nan_to_num(error), label=arm, color=f"C{k}", ecolor=_INK, alpha=0.85
        )
    left.axvline(0.0, color=_INK, lw=0.8)
    left.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    left.invert_yaxis()
    left.set_xlabel(f"per cent of {versus} (bars: 95 % over lotteries)")
    if len(arms) > 1:
        left.legend(frameon=False)
    if changes is not None:
        _changes_by_agent(axes[1], changes)
    return drawn


def _changes_by_agent(right: Any, changes: pd.DataFrame) -> None:
    gaps = np.sort(changes["endorsed change"].to_numpy(dtype=float))
    right.bar(np.arange(len(gaps)), gaps, color=np.where(gaps < 0, _LOSS, _GAIN), width=1.0 if len(gaps) > 60 else 0.85)
    right.axhline(0.0, color=_INK, lw=0.8)
    right.set_xlabel("agents, sorted")
    right.set_ylabel("change in endorsed surplus")


def sensitivity_figure(curve: pd.DataFrame, unit: str) -> Any:
    """Share of the surplus lost against the size of the influence.

    Parameters
    ----------
    curve
        Columns ``share lost`` and ``size``.
    unit
        Of the sizes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    drawn, (axis,) = _canvas(5.5, 3.4)
    known = curve.dropna(subset=["size"])
    axis.plot(known["size"], 100 * known["share lost"], marker="o", ms=4, color=_GAIN)
    first = float(known["size"].iloc[0]) if len(known) else 0.0
    if first > 0:
        axis.axvspan(0, first, color="0.93", lw=0)
        proven = "exact" not in curve or bool(curve["exact"].all())
        text = "allocation cannot\nchange below" if proven else "no change\nfound below"
        axis.annotate(text, (first, 0), (first, axis.get_ylim()[1] * 0.75), fontsize=8)
    axis.set_xlabel(f"largest entry of the influence, {unit}")
    axis.set_ylabel("surplus lost, per cent")
    axis.set_xlim(left=0)
    axis.set_ylim(bottom=0)
    return drawn


def surface_figure(table: pd.DataFrame, row: str, column: str, label: str) -> Any:
    """A table of signed effects as a heat map, numbers written in, zero white.

    Parameters
    ----------
    table
        Values; index and columns are the two axes.
    row, column, label
        Names of axes and colours.

    Returns
    -------
    matplotlib.figure.Figure
    """
    values = table.to_numpy(dtype=float)
    drawn, (axis,) = _canvas(1.6 + 0.85 * values.shape[1], 1.5 + 0.45 * values.shape[0])
    top = float(np.nanmax(np.abs(values), initial=1e-12))
    image = axis.imshow(values, cmap="RdBu", vmin=-top, vmax=top, aspect="auto")
    for i, j in np.ndindex(values.shape):
        strong = abs(values[i, j]) > 0.6 * top
        axis.text(
            j,
            i,
            f"{round(float(values[i, j]), 2) + 0.0:+.2f}",
            ha="center",
            va="center",
            fontsize=8,
            color="w" if strong else _INK,
        )
    axis.set_xticks(range(values.shape[1]), [f"{name:g}" for name in table.columns])
    axis.set_yticks(range(values.shape[0]), [f"{name:g}" for name in table.index])
    axis.set_xlabel(column)
    axis.set_ylabel(row)
    drawn.colorbar(image, ax=axis, label=label)
    return drawn
