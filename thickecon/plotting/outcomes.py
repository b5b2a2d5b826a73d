"""Pictures of one outcome."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.arrays import FloatArray

__all__ = ["outcome_figure"]


def outcome_figure(shares: FloatArray | None, utilities: FloatArray, agents: list[str], options: list[str]) -> Any:
    """Shares as a matrix (None for large markets) beside the distribution of utilities.

    Parameters
    ----------
    shares
        (n, m), or None.
    utilities
        (n,) endorsed.
    agents, options
        Labels; drawn where at most 40.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    columns = 1 if shares is None else 2
    drawn = Figure(figsize=(4.5 * columns, 3.8), layout="constrained")
    axes = drawn.subplots(1, columns, squeeze=False)[0]
    if shares is not None:
        image = axes[0].imshow(shares, cmap="Blues", vmin=0, vmax=max(1.0, float(shares.max(initial=0))), aspect="auto")
        drawn.colorbar(image, ax=axes[0], label="share taken")
        if len(options) <= 40:
            axes[0].set_xticks(range(len(options)), options, rotation=90, fontsize=7)
        if len(agents) <= 40:
            axes[0].set_yticks(range(len(agents)), agents, fontsize=7)
    last = axes[-1]
    last.hist(utilities, bins=min(40, max(5, int(np.sqrt(len(utilities))) + 1)), color="#1f5fa8", alpha=0.85)
    last.set_xlabel("endorsed utility")
    last.set_ylabel("agents")
    last.spines[["top", "right"]].set_visible(False)
    return drawn
