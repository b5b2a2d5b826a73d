"""Profiles from fitted choice models of other packages, by what their results look like."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import FloatArray
from ..errors import EvidenceError
from .endorsement import Endorsement
from .motive import Motive

if TYPE_CHECKING:
    import pandas as pd

    from .profile import ThickProfile

__all__ = ["coefficients_of", "from_logit"]


def coefficients_of(result: Any) -> tuple[list[str], FloatArray, FloatArray]:
    """(names, coefficients, covariance) of a result.

    Parameters
    ----------
    result
        statsmodels-like: ``params`` (a Series, or an array with ``model.exog_names``) and ``cov_params()``. pyblp-like:
        ``beta``, ``beta_labels`` (or ``problem.product_formulations``' names in ``beta_labels``) and
        ``parameter_covariances`` whose last rows are those of beta, or ``beta_se``. Or a mapping with ``names``,
        ``coefficients`` and ``covariance``.

    Raises
    ------
    EvidenceError
        None of these.
    """
    if isinstance(result, Mapping):
        try:
            names = [str(n) for n in result["names"]]
            b, v = (np.asarray(result[key], dtype=np.float64) for key in ("coefficients", "covariance"))
        except KeyError as err:
            raise EvidenceError(f"has no entry {err}", where="from_logit(result)") from err
        return _checked(names, b, v)
    if hasattr(result, "params") and hasattr(result, "cov_params"):
        params = result.params
        labels = getattr(params, "index", None)
        if labels is None:
            labels = getattr(getattr(result, "model", None), "exog_names", None)
        if labels is None:
            raise EvidenceError("its params have no names", where="from_logit(result)", remedy="fit with a DataFrame")
        return _checked([str(n) for n in labels], np.asarray(params, float), np.asarray(result.cov_params(), float))
    if hasattr(result, "beta"):
        b = np.asarray(result.beta, dtype=np.float64).ravel()
        names = [str(n) for n in getattr(result, "beta_labels", range(len(b)))]
        whole = getattr(result, "parameter_covariances", None)
        if whole is not None:
            v = np.asarray(whole, dtype=np.float64)[-len(b) :, -len(b) :]
        else:
            v = np.diag(np.asarray(result.beta_se, dtype=np.float64).ravel() ** 2)
        return _checked(names, b, v)
    raise EvidenceError(
        f"found {type(result).__name__}, which has neither params and cov_params() nor beta",
        where="from_logit(result)",
        remedy="pass {'names': ..., 'coefficients': ..., 'covariance': ...}",
    )


def _checked(names: list[str], b: FloatArray, v: FloatArray) -> tuple[list[str], FloatArray, FloatArray]:
    if b.shape != (len(names),) or v.shape != (len(names), len(names)) or len(set(names)) < len(names):
        raise EvidenceError(
            f"{len(names)} names, coefficients {b.shape} and covariance {v.shape} do not fit",
            where="from_logit(result)",
        )
    if not np.isfinite(b).all() or not np.isfinite(v).all():
        raise EvidenceError("has entries that are not finite", where="from_logit(result)")
    return names, b, v


def from_logit(
    cls: type[ThickProfile],
    result: Any,
    options: pd.DataFrame,
    *,
    price: str | None = None,
    frames: Sequence[str] = (),
    agents: Iterable[Hashable] | int = 1,
) -> ThickProfile:
    """Profile in factor form from a fitted choice model: a motive a term, frames not endorsed.

    Parameters
    ----------
    result
        See :func:`coefficients_of`.
    options
        A row an option, a column for each term of the model but ``price``; terms that are not columns are taken for
        not shown if they are frames, and refused otherwise. Constants: a column of ones or zeros.
    price
        The term that is money to pay, with a negative coefficient; None: values in utils.
    frames
        Terms that are frames: endorsement 0, which is the caller's normative act, with the relative error of their
        coefficients.
    agents
        Labels, or how many alike.

    Returns
    -------
    ThickProfile

    Raises
    ------
    EvidenceError
        A result of another shape, a price that is not there or not negative, a column that is missing.
    """
    names, b, v = coefficients_of(result)
    for name in (*frames, *((price,) if price else ())):
        if name not in names:
            raise EvidenceError(f"has no term {name!r}", where="from_logit", remedy=f"terms: {', '.join(names)}")
    kept = [k for k, name in enumerate(names) if name != price]
    scale, load = 1.0, np.eye(len(names))[kept]
    if price is not None:
        a = float(b[names.index(price)])
        if a >= 0:
            raise EvidenceError(f"its coefficient must be negative, found {a:.4g}", where=f"price {price!r}")
        scale = 1.0 / abs(a)
        load = load * scale
        load[:, names.index(price)] = b[kept] / a**2
    values, joint = b[kept] * scale, load @ v @ load.T
    terms = [names[k] for k in kept]
    columns = []
    for name in terms:
        if name not in options.columns and name not in frames:
            raise EvidenceError(f"has no column {name!r}", where="options", remedy=f"columns: {', '.join(terms)}")
        shown = options[name].to_numpy(dtype=np.float64) if name in options.columns else np.zeros(len(options))
        columns.append(shown)
    labels = list(range(agents)) if isinstance(agents, (int, np.integer)) else list(agents)
    theta = np.array([0.0 if name in frames else 1.0 for name in terms])
    motives = [Motive(name, "influence" if name in frames else "value") for name in terms]
    made = cls.from_weights(
        np.tile(values, (len(labels), 1)), np.stack(columns), endorsement=theta, motives=motives, agents=labels,
        options=list(options.index), unit="utils" if price is None else "money",
    )  # fmt: skip
    at = [k for k, name in enumerate(terms) if name in frames and values[k] != 0]
    if not at:
        return made
    relative = np.zeros((len(terms), len(terms)))
    relative[np.ix_(at, at)] = joint[np.ix_(at, at)] / np.outer(values[at], values[at])
    return replace(made, endorsement=Endorsement(theta[None], covariance=relative), resolution_override=made.resolution)
