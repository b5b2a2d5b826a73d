"""Fitted choice models in the unit of a numeraire: what conditional logits with and without frames share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import FloatArray, IntArray
from ..errors import EvidenceError

if TYPE_CHECKING:
    from .conditional_logit import LogitFit
    from .framed_design import Design

__all__ = ["diagnosed", "in_numeraire"]


def in_numeraire(
    coefficients: FloatArray, covariance: FloatArray, at: IntArray, numeraire: int | None, wanted: float, name: str
) -> tuple[FloatArray, FloatArray]:
    """Coefficients d, or d / |a| with covariance J V J', J = [1 / |a|, -d sign(a) / a^2].

    Parameters
    ----------
    coefficients, covariance
        (K,) and (K, K).
    at
        Positions of d.
    numeraire
        Position of a; None: none.
    wanted
        Sign that a must have.
    name
        Of the numeraire, for errors.

    Raises
    ------
    EvidenceError
        A numeraire with the wrong sign.
    """
    d = coefficients[at]
    if numeraire is None:
        return d, covariance[np.ix_(at, at)]
    a = float(coefficients[numeraire])
    if a * wanted <= 0:
        raise EvidenceError(
            f"its coefficient must be {'negative' if wanted < 0 else 'positive'}, found {a:.4g}",
            where=f"numeraire {name!r}",
            remedy="check the sign and the unit of the column, or leave the numeraire out and use a link",
        )
    jacobian = np.zeros((len(d), len(coefficients)))
    jacobian[np.arange(len(d)), at] = 1.0 / abs(a)
    jacobian[:, numeraire] = -d * wanted / a**2
    joint: FloatArray = jacobian @ covariance @ jacobian.T
    return d / abs(a), 0.5 * (joint + joint.T)


def diagnosed(design: Design, fit: LogitFit, kind: str) -> dict[str, Any]:
    """What a fitted conditional logit has to say of itself, positivity among it."""
    import pandas as pd

    names = list(design.names)
    table = pd.DataFrame(
        {"estimate": fit.coefficients, "standard_error": np.sqrt(np.diag(fit.covariance))}, index=names
    )
    said = tuple(
        f"{name}: only {share:.0%} of the framed options' appearances are without it; their own worth and the frame's"
        " can hardly be told apart"
        for name, share in design.unexposed.items()
        if share < 0.15
    )
    agents = int(design.cluster.max()) + 1
    if kind == "clustered" and agents < 40:
        said += (f"errors are clustered by {agents} agents only: intervals are somewhat too short",)
    return {
        "choice_sets": len(design.starts),
        "agents": agents,
        "log_likelihood": fit.log_likelihood,
        "null_log_likelihood": fit.null_log_likelihood,
        "mcfadden_r2": 1.0 - fit.log_likelihood / fit.null_log_likelihood,
        "gradient_norm": fit.gradient_norm,
        "iterations": fit.iterations,
        "coefficients": table,
        "coefficient_covariance": pd.DataFrame(fit.covariance, index=names, columns=names),
        "positivity": pd.Series(design.unexposed, dtype=float),
        "warnings": said,
    }
