"""Endorsement from labels that are sometimes wrong: Rogan and Gladen's correction, and several raters at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from .._core.arrays import FloatArray, first_bad
from ..errors import EvidenceError
from .dawid_skene import dawid_skene
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LabelModel", "rogan_gladen"]

_PURE = "labels are pure: each part of a pull is wholly endorsed or wholly manufactured"
_SIZE = "errors of labels do not depend on the size of the part, nor on one another"


def rogan_gladen(share: float, alpha: float, beta: float, covariance: Any = None) -> tuple[float, float]:
    """(share, standard error) corrected for false labels: (q - alpha) / (1 - alpha - beta).

    Parameters
    ----------
    share
        q, labelled endorsed.
    alpha
        P(labelled endorsed | manufactured).
    beta
        P(labelled manufactured | endorsed).
    covariance
        (3, 3) of (q, alpha, beta), or None: no error is known.

    Raises
    ------
    EvidenceError
        alpha + beta at least 1: labels say nothing, or the opposite.

    References
    ----------
    Rogan and Gladen (1978), "Estimating prevalence from the results of a screening test", American Journal of
    Epidemiology 107(1), doi:10.1093/oxfordjournals.aje.a112510

    Examples
    --------
    >>> round(rogan_gladen(0.8, 0.3, 0.1)[0], 6)
    0.833333
    """
    scale = 1.0 - alpha - beta
    if min(alpha, beta) < 0 or scale <= 0:
        raise EvidenceError(
            f"alpha + beta must lie below 1 and both be at least 0, found {alpha:g} and {beta:g}",
            where="alpha, beta",
            remedy="labels that are wrong half of the time say nothing",
        )
    value = (share - alpha) / scale
    if covariance is None:
        return value, float("nan")
    slope = np.array([1.0, -1.0 + value, value]) / scale
    return value, float(np.sqrt(slope @ np.asarray(covariance, dtype=np.float64) @ slope))


@register("LabelModel")
@dataclass(frozen=True)
class LabelModel(Estimator):
    """The share of each component's pull that is endorsed, from labels with known or estimated error rates.

    Parameters
    ----------
    method
        ``"rogan_gladen"``: one label a part, error rates given. ``"dawid_skene"``: several raters (column ``rater``),
        whose error rates are estimated along with the shares; needs three or more that err independently.
    alpha, beta
        P(labelled endorsed | manufactured) and P(labelled manufactured | endorsed), for Rogan-Gladen; None: columns
        ``alpha`` and ``beta`` of the data, one value each.
    alpha_error, beta_error
        Their standard errors (of a validation sample).

    References
    ----------
    Rogan and Gladen (1978), doi:10.1093/oxfordjournals.aje.a112510; Dawid and Skene (1979), "Maximum likelihood
    estimation of observer error-rates using the EM algorithm", Applied Statistics 28(1), doi:10.2307/2346806.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"agent": range(10), "component": "ad", "value": 1.0, "label": [1] * 8 + [0] * 2})
    >>> round(float(LabelModel(alpha=0.3, beta=0.1).fit(data).estimate["ad"]), 6)
    0.833333
    """

    kind: ClassVar[Kind] = "endorsement"
    title: ClassVar[str] = "Labels with errors"
    citation: ClassVar[str] = "Rogan and Gladen (1978), American Journal of Epidemiology 107(1)"
    doi: ClassVar[str | None] = "10.1093/oxfordjournals.aje.a112510"
    layout: ClassVar[str] = "Labels"

    method: Literal["rogan_gladen", "dawid_skene"] = "rogan_gladen"
    alpha: float | None = None
    beta: float | None = None
    alpha_error: float = 0.0
    beta_error: float = 0.0

    def __post_init__(self) -> None:
        if self.method not in ("rogan_gladen", "dawid_skene"):
            raise EvidenceError(
                f"must be rogan_gladen or dawid_skene, found {self.method!r}", where="LabelModel.method"
            )
        if min(self.alpha_error, self.beta_error) < 0:
            raise EvidenceError("errors must be at least 0", where="LabelModel.alpha_error")
        if self.alpha is not None and self.beta is not None:
            rogan_gladen(0.5, self.alpha, self.beta)

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Endorsed shares by component.

        Parameters
        ----------
        data
            Layout Labels: agent, component, value (size of the part, at least 0), label (1 endorsed, 0 not); ``rater``
            for Dawid-Skene.

        Returns
        -------
        Estimate
            Kind "endorsement", a name a component, with joint covariance. A share outside [0, 1] is left as it is:
            the error rates are then not those of these labels, or chance.

        Raises
        ------
        EvidenceError
            A table that is not of this layout, error rates that are missing or useless, too few raters.
        """
        there = getattr(data, "columns", ())
        extra = tuple(c for c in ("alpha", "beta", "rater") if c in there)
        table = LAYOUTS["Labels"].check(data, extra)
        label, value = _binary(table), _sizes(table)
        if self.method == "dawid_skene":
            return self._several(table, label, value)
        alpha, beta = self._rate(table, "alpha"), self._rate(table, "beta")
        return self._single(table, label, value, alpha, beta)

    def _rate(self, table: pd.DataFrame, name: str) -> float:
        given = getattr(self, name)
        if given is not None:
            return float(given)
        if name not in table.columns:
            raise EvidenceError(
                f"needs {name}: as a parameter, or as a column", where="LabelModel", remedy=f"LabelModel({name}=0.1)"
            )
        found = table[name].unique()
        if len(found) > 1:
            raise EvidenceError(f"has {len(found)} values; fit groups of labels one by one", where=f"column {name!r}")
        return float(found[0])

    def _single(self, table: pd.DataFrame, label: FloatArray, value: FloatArray, a: float, b: float) -> Estimate:
        names, code = np.unique(table["component"].astype(str), return_inverse=True)
        agents, who = np.unique(table["agent"].astype(str), return_inverse=True)
        size = np.bincount(code, value)
        q = np.bincount(code, value * label) / size
        scores = np.zeros((len(agents), len(names)))
        np.add.at(scores, (who, code), value * (label - q[code]) / size[code])
        grow = len(agents) / max(len(agents) - 1, 1)
        corrected = [rogan_gladen(float(share), a, b) for share in q]
        values = np.array([each[0] for each in corrected])
        scale = 1.0 - a - b
        joint = grow * scores.T @ scores / scale**2
        joint += self.alpha_error**2 * np.outer(values - 1.0, values - 1.0) / scale**2
        joint += self.beta_error**2 * np.outer(values, values) / scale**2
        found = {"labelled": dict(zip(names.tolist(), q.tolist(), strict=True)), "alpha": a, "beta": b}
        return self._made(names, values, joint, len(table), {**found, "inflation": 1.0 / scale})

    def _several(self, table: pd.DataFrame, label: FloatArray, value: FloatArray) -> Estimate:
        if "rater" not in table.columns:
            raise EvidenceError("has no column 'rater'", where="LabelModel(method='dawid_skene')")
        if len(np.unique(value)) > 1:
            raise EvidenceError(
                "weighs all parts alike; parts differ in size", where="column 'value'", remedy="fit sizes one by one"
            )
        part = table["agent"].astype(str) + "\x1f" + table["component"].astype(str)
        items, item = np.unique(part, return_inverse=True)
        raters, rater = np.unique(table["rater"].astype(str), return_inverse=True)
        names, component = np.unique([text.split("\x1f")[1] for text in items], return_inverse=True)
        if len(raters) < 3:
            raise EvidenceError(
                f"{len(raters)} raters do not identify their own errors", where="column 'rater'", remedy="three or more"
            )
        found = dawid_skene(item, rater, label, component, len(raters))
        table_of = {name: (float(x), float(y)) for name, x, y in zip(raters, found.alpha, found.beta, strict=True)}
        return self._made(names, found.share, found.covariance, len(table), {
            "raters (alpha, beta)": table_of, "iterations": found.iterations, "log_likelihood": found.log_likelihood,
        })  # fmt: skip

    def _made(self, names: Any, values: FloatArray, joint: FloatArray, n: int, found: dict[str, Any]) -> Estimate:
        outside = [str(name) for name, x in zip(names, values, strict=True) if not 0 <= x <= 1]
        said = (f"outside [0, 1], not clipped: {', '.join(outside)}",) if outside else ()
        extra = (
            ("raters err independently of one another, given what a part is",) if self.method != "rogan_gladen" else ()
        )
        return Estimate(
            "endorsement",
            tuple(str(name) for name in names),
            values,
            joint,
            None,
            None,
            "share",
            (_PURE, _SIZE, *extra),
            {**found, "warnings": said},
            Source("LabelModel", self.citation, self.doi, n,
                   tuple((key, str(entry)) for key, entry in self.parameters.items()),
                   "parts that are labelled manufactured", _SIZE),
        )  # fmt: skip


def _binary(table: pd.DataFrame) -> FloatArray:
    try:
        label = np.asarray(table["label"].to_numpy(dtype=np.float64))
    except (TypeError, ValueError) as err:
        raise EvidenceError("must be 1 (endorsed) or 0", where="column 'label'") from err
    bad = ~np.isin(label, (0.0, 1.0))
    if bad.any():
        row = first_bad(bad)[0]
        raise EvidenceError(f"must be 1 (endorsed) or 0, found {label[row]:g} in row {row}", where="column 'label'")
    return label


def _sizes(table: pd.DataFrame) -> FloatArray:
    value = np.asarray(table["value"].to_numpy(dtype=np.float64))
    bad = ~np.isfinite(value) | (value < 0)
    if bad.any():
        row = first_bad(bad)[0]
        raise EvidenceError(
            f"must be at least 0, found {value[row]:g} in row {row}",
            where="column 'value'",
            remedy="give a pull against an option its size, and label it like any other",
        )
    return value
