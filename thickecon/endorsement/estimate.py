"""What an estimator returns: numbers, their error, what they rest on, and what may be done with them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from .._core.arrays import BoolArray, FloatArray, as_floats, frozen, require_finite, shape_text
from .._core.rng import RNG
from ..errors import EvidenceError, NotApplicableError
from ..profiles.endorsement import Evidence

if TYPE_CHECKING:
    import pandas as pd

    from ..profiles.profile import ThickProfile
    from .links import Link

__all__ = ["Estimate", "Kind", "Source", "Target"]

Kind = Literal["contribution", "endorsement", "population", "relation", "exposure"]
Unit = Literal["utils", "money", "logit", "probability", "share"]


@dataclass(frozen=True)
class Source:
    """Where an estimate comes from: method, data, and the normative act it rests on.

    Parameters
    ----------
    estimator
        Name of the method.
    citation, doi
        Of the paper that published it.
    n
        Observations.
    parameters
        Of the estimator, as (name, printed value).
    deletion
        What was declared not welfare-relevant: the step that data cannot take.
    buys_point
        The assumption without which there would be bounds only.
    """

    estimator: str
    citation: str = ""
    doi: str | None = None
    n: int | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    deletion: str = ""
    buys_point: str = ""

    def __str__(self) -> str:
        doi = f", doi:{self.doi}" if self.doi else ""
        return f"{self.estimator} ({self.citation}{doi})" if self.citation else self.estimator


@dataclass(frozen=True)
class Target:
    """What a contribution pushes: the options it lifts, and the frame (column, level) under which it does."""

    options: tuple[Hashable, ...]
    column: str = ""
    level: Hashable = None


@dataclass(frozen=True, eq=False)
class Estimate:
    """Estimated quantities of one kind.

    Parameters
    ----------
    kind
        ``"contribution"``: wedges in ``unit``. ``"endorsement"``: shares of a pull. ``"population"``: shares of
        people. ``"relation"``: a partial order. ``"exposure"``: who was reached. It decides what :meth:`apply` does.
    names
        P names of the quantities.
    values
        (P,) point estimates; nan where the data give bounds only.
    covariance
        (P, P) of the estimates, or None.
    identified
        (P, 2) identified set of each quantity, or None where points are identified.
    end_errors
        (P, 2) standard errors of the ends of the identified set, or None.
    unit
        ``"utils"`` or ``"money"`` (a profile's unit), ``"logit"``, ``"probability"`` (need a link), ``"share"``.
    assumptions
        In words; the estimate means nothing without them.
    diagnostics
        What the estimator found on the way, by name.
    source
        Method, paper, normative act.
    targets
        For contributions, what each name pushes.
    scalar
        Are ``estimate`` and ``standard_error`` plain floats?
    refusal
        Why :meth:`apply` must not be used on it, or empty.
    end_covariances
        (P, 2, 2) joint covariance of the ends of each set, where they are estimated together, or None.

    Raises
    ------
    EvidenceError
        Shapes that disagree, an unknown kind, or a covariance that is not symmetric positive semidefinite.

    Examples
    --------
    >>> e = Estimate("endorsement", ("habit",), [0.25], [[0.01]], unit="share", scalar=True)
    >>> e.estimate, round(e.standard_error, 6), [round(end, 3) for end in e.interval(0.95)]
    (0.25, 0.1, [0.054, 0.446])
    """

    kind: Kind
    names: tuple[str, ...]
    values: FloatArray
    covariance_matrix: FloatArray | None = None
    identified: FloatArray | None = None
    end_errors: FloatArray | None = None
    unit: Unit = "share"
    assumptions: tuple[str, ...] = ()
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    source: Source = Source("user")
    targets: Mapping[str, Target] = field(default_factory=dict)
    scalar: bool = False
    refusal: str = ""
    end_covariances: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise EvidenceError(f"must be one of {', '.join(get_args(Kind))}, found {self.kind!r}", where="kind")
        names = tuple(self.names)
        count = len(names)
        put: dict[str, Any] = {"names": names, "assumptions": tuple(self.assumptions)}
        put["values"] = _table(self.values, (count,), "values")
        for name, shape in (
            ("covariance_matrix", (count, count)),
            ("identified", (count, 2)),
            ("end_errors", (count, 2)),
            ("end_covariances", (count, 2, 2)),
        ):
            given = getattr(self, name)
            put[name] = None if given is None else _table(given, shape, name)
        if len(set(names)) != count:
            raise EvidenceError("names must differ", where="names")
        if self.scalar and count != 1:
            raise EvidenceError(f"a scalar estimate has one name, found {count}", where="names")
        _check_covariance(put["covariance_matrix"])
        for name in ("diagnostics", "targets"):
            put[name] = MappingProxyType(dict(getattr(self, name)))
        for name, value in put.items():
            object.__setattr__(self, name, value)

    # ---- numbers ------------------------------------------------------------------------------------------

    @property
    def estimate(self) -> Any:
        """Float, or a Series by name."""
        return self._labelled(self.values)

    @cached_property
    def errors(self) -> FloatArray:
        """(P,) standard errors; nan without a covariance."""
        if self.covariance_matrix is None:
            return frozen(np.full(len(self.names), np.nan), copy=False)
        return frozen(np.sqrt(np.diag(self.covariance_matrix)), copy=False)

    @property
    def standard_error(self) -> Any:
        """Float, or a Series by name; nan without a covariance."""
        return self._labelled(self.errors)

    @property
    def covariance(self) -> pd.DataFrame | None:
        """(P, P) labelled covariance of the estimates, None where it is not known."""
        import pandas as pd

        if self.covariance_matrix is None:
            return None
        return pd.DataFrame(self.covariance_matrix, index=list(self.names), columns=list(self.names))

    def interval(self, level: float = 0.95) -> Any:
        """Normal confidence interval: (lower, upper), or a frame of them by name.

        Raises
        ------
        EvidenceError
            ``level`` outside (0, 1).
        NotApplicableError
            There is no point estimate or no standard error.
        """
        if not np.isfinite(self.errors).all() or not np.isfinite(self.values).all():
            raise NotApplicableError(
                "has no point estimate with a standard error",
                where=f"interval of {self.source.estimator}",
                remedy="use .bounds and .bounds_interval(level)",
            )
        half = _critical(level) * self.errors
        return self._pairs(np.column_stack([self.values - half, self.values + half]))

    @property
    def bounds(self) -> Any:
        """Identified set: (lower, upper), or a frame by name; None where the point is identified."""
        return None if self.identified is None else self._pairs(self.identified)

    def bounds_interval(self, level: float = 0.95, method: Literal["imbens-manski", "stoye"] = "imbens-manski") -> Any:
        """Covers the *true value* with probability ``level`` wherever in the identified set it lies.

        ``"imbens-manski"`` needs the standard errors of the ends; ``"stoye"`` uses their joint covariance and is the
        shortest interval that keeps the promise.

        Raises
        ------
        EvidenceError
            ``level`` outside (0, 1), or a method of another name.
        NotApplicableError
            The estimate has no identified set, or not the errors that the method needs.

        References
        ----------
        Imbens and Manski (2004), doi:10.1111/j.1468-0262.2004.00555.x, equations (6)-(7); Stoye (2009),
        doi:10.3982/ECTA7347.
        """
        if method not in ("imbens-manski", "stoye"):
            raise EvidenceError(f"must be 'imbens-manski' or 'stoye', found {method!r}", where="method")
        if self.identified is None or self.end_errors is None:
            raise NotApplicableError("has no bounds with standard errors", where=f"bounds of {self.source.estimator}")
        ends, errors = self.identified, self.end_errors
        if method == "stoye":
            from .stoye import stoye_interval

            if self.end_covariances is None:
                raise NotApplicableError(
                    "has no joint covariance of the ends",
                    where=f"bounds of {self.source.estimator}",
                    remedy="use method='imbens-manski'",
                )
            joint = zip(ends, self.end_covariances, strict=True)
            return self._pairs(np.array([stoye_interval(lo, hi, both, level) for (lo, hi), both in joint]))
        reach = np.array(
            [_imbens_manski(hi - lo, float(e.max()), level) for (lo, hi), e in zip(ends, errors, strict=True)]
        )
        return self._pairs(ends + np.array([-1.0, 1.0]) * reach[:, None] * errors)

    def _labelled(self, numbers: FloatArray) -> Any:
        import pandas as pd

        return float(numbers[0]) if self.scalar else pd.Series(numbers, index=list(self.names))

    def _pairs(self, table: FloatArray) -> Any:
        import pandas as pd

        if self.scalar:
            return float(table[0, 0]), float(table[0, 1])
        return pd.DataFrame(table, index=list(self.names), columns=["lower", "upper"])

    # ---- use ----------------------------------------------------------------------------------------------

    def apply(
        self,
        profile: ThickProfile,
        motives: Any = None,
        agents: Iterable[Hashable] | BoolArray | None = None,
        link: Link | None = None,
        *,
        options: Mapping[str, Iterable[Hashable]] | None = None,
        taken_from: str | None = None,
        linear: bool = False,
        rng: RNG = None,
    ) -> ThickProfile:
        """The profile with this evidence in it; what is done depends on the kind.

        ``contribution``: each wedge becomes a column of R moved out of the value it was hidden in (revealed is
        unchanged), with E = 0 as *the caller's* normative act and the joint covariance of all columns.
        ``endorsement``: E of the named motives. ``population``: a share of people: a type is drawn for each agent
        (``rng``), or ``linear=True`` says that what will be computed is linear in v, where the share may stand
        for E; otherwise refused. ``relation`` and ``exposure`` refuse: the one is for ordinal mechanisms, the other
        says who was reached and nothing normative.

        Parameters
        ----------
        motives
            Names to apply (None: all), or a mapping from names to the motives they become (contribution) or
            speak of (endorsement, population). A plain string is the motive of a scalar estimate.
        agents
            Labels or mask of the agents it holds for; None: all.
        link
            Turns log odds or shifts of choice probability into the profile's unit; there is no default.
        options
            For contributions, name -> options pushed, where they differ from those in the data.
        taken_from
            For contributions, the motive they are hidden in; None: the profile's only value.

        Raises
        ------
        EvidenceError
            Units that differ and no link, names or frames that do not fit.
        NotApplicableError
            The kind does not allow it.
        UnknownNameError
            An agent, option or motive that the profile does not have.
        """
        from .application import apply

        return apply(
            self, profile, motives, agents, link, options=options, taken_from=taken_from, linear=linear, rng=rng
        )

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """One record a name, as profiles keep them."""
        half = _critical(0.95) * self.errors
        return tuple(
            Evidence(
                f"{name}: {self.source}",
                float(value),
                float(error) if np.isfinite(error) else None,
                (float(value - h), float(value + h)) if np.isfinite(h) else None,
                self.source.n,
            )
            for name, value, error, h in zip(self.names, self.values, self.errors, half, strict=True)
        )

    # ---- shown --------------------------------------------------------------------------------------------

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """A row a name: estimate, standard error, interval at ``level``, and the identified set if there is one."""
        import pandas as pd

        half = _critical(level) * self.errors
        table = {
            "estimate": self.values,
            "standard_error": self.errors,
            "lower": self.values - half,
            "upper": self.values + half,
        }
        if self.identified is not None:
            table |= {"bound_lower": self.identified[:, 0], "bound_upper": self.identified[:, 1]}
        return pd.DataFrame(table, index=pd.Index(self.names, name=self.kind))

    def summary(self, level: float = 0.95) -> str:
        """Everything a reader must know, as text."""
        from .presentation import summary

        return summary(self, level)

    def to_latex(self, level: float = 0.95) -> str:
        """The table of :meth:`to_frame` in booktabs form."""
        from .presentation import latex

        return latex(self.to_frame(level))

    def plot(self, level: float = 0.95, ax: Any = None) -> Any:
        """Point, interval and identified set of each quantity; returns the matplotlib Axes."""
        from ..plotting.estimates import plot_intervals

        return plot_intervals(self.to_frame(level), label=self.unit, title=self.source.estimator, ax=ax)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name} {value:.4g} ({error:.2g})"
            for name, value, error in zip(self.names[:4], self.values, self.errors, strict=False)
        )
        return f"Estimate({self.kind}, {self.source.estimator}: {shown}{', ...' if len(self.names) > 4 else ''})"


def _table(given: Any, shape: tuple[int, ...], name: str) -> FloatArray:
    table = as_floats(given, name, error=EvidenceError)
    if table.shape != shape:
        raise EvidenceError(f"must have shape {shape_text(shape)}, found {shape_text(table.shape)}", where=name)
    return frozen(table)


def _check_covariance(matrix: FloatArray | None) -> None:
    if matrix is None or not matrix.size:
        return
    require_finite(matrix, "covariance", error=EvidenceError)
    scale = float(np.abs(matrix).max())
    if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=1e-12 * scale):
        raise EvidenceError("must be symmetric", where="covariance")
    if np.linalg.eigvalsh(matrix)[0] < -1e-9 * scale:
        raise EvidenceError("must be positive semidefinite", where="covariance")


def _critical(level: float) -> float:
    from scipy.special import ndtri

    if not 0 < level < 1:
        raise EvidenceError(f"must lie in (0, 1), found {level!r}", where="level", remedy="for 95 % pass 0.95")
    return float(ndtri(0.5 + level / 2))


def _imbens_manski(width: float, error: float, level: float) -> float:
    """C with Phi(C + width / error) - Phi(-C) = level, between the one- and the two-sided critical value."""
    from scipy.optimize import brentq
    from scipy.special import ndtr, ndtri

    two_sided = _critical(level)
    if error <= 0 or width <= 0:
        return two_sided
    one_sided = float(ndtri(level))

    def gap(c: float) -> float:
        return float(ndtr(c + width / error) - ndtr(-c) - level)

    if gap(one_sided) >= 0:
        return one_sided
    return float(brentq(gap, one_sided, two_sided))
