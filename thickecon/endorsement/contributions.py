"""Where contributions come from: attributes and frames priced by choices, sales or ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import EvidenceError
from .choice_terms import diagnosed, in_numeraire
from .conditional_logit import CovarianceKind, conditional_logit
from .contributions_estimate import ContributionsEstimate
from .estimate import Kind, Source, Target, Unit
from .estimator import Estimator, register
from .framed_design import Design, build_design
from .layouts import LAYOUTS
from .mixed_logit import mixed_logit
from .tax_salience import least_squares

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Contributions"]

Model = Literal["conditional", "mixed", "hedonic", "conjoint"]

_ASSUMPTIONS = {
    "conditional": "conditional logit: noise is independent, of one scale, the same in every frame",
    "mixed": "mixed logit: coefficients are normal over agents, independent of one another and of what was offered",
    "hedonic": "prices are linear in attributes, and what is left is unrelated to them",
    "conjoint": "ratings are linear in attributes and price, on a scale that all use alike",
}


@register("Contributions")
@dataclass(frozen=True)
class Contributions(Estimator):
    """What each attribute and each frame adds to evaluations, in money or points, with their joint covariance.

    The result makes thick profiles in factor form, R = w Z: a motive an attribute, endorsed unless the caller says
    otherwise, and a motive a frame, endorsed 0. :class:`FrameAugmentedChoice` is the case in which the frames alone are
    wanted.

    Parameters
    ----------
    attributes
        Numeric columns.
    frames
        Columns of frames, as in :class:`FrameAugmentedChoice`.
    price, value
        Numeraire: a column of money to pay, or one that measures evaluations.
    model
        ``"conditional"`` or ``"mixed"`` logit of choice sets; ``"hedonic"``: least squares of ``outcome`` (a price) on
        attributes and frames, coefficients are money; ``"conjoint"``: least squares of ``outcome`` (a rating) on them
        and ``price``.
    random
        Mixed logit: attributes and frame terms whose coefficients are normal over agents.
    outcome
        Hedonic and conjoint: the column that is explained.
    endogenous, instruments
        Logits: a numeric frame column that was not assigned at random, and columns that moved it and nothing else. Its
        residual from a regression on instruments and attributes enters as a control function; errors come from a
        bootstrap over agents of both steps.
    constants, by_option, neutral, covariance
        As in :class:`FrameAugmentedChoice`.
    draws, rng
        Simulation draws of the mixed logit, bootstrap samples of the control function.

    References
    ----------
    McFadden (1974), in Zarembka (ed.), Frontiers in Econometrics, 105-142; Revelt and Train (1998),
    doi:10.1162/003465398557735; Rosen (1974), doi:10.1086/260169; Green and Srinivasan (1978), doi:10.1086/208721;
    Petrin and Train (2010), doi:10.1509/jmkr.47.1.3 (control functions).
    """

    kind: ClassVar[Kind] = "contribution"
    title: ClassVar[str] = "Contributions of attributes and frames"
    citation: ClassVar[str] = "McFadden (1974), Frontiers in Econometrics, 105-142"
    doi: ClassVar[str | None] = None
    layout: ClassVar[str] = "ChoiceSets"

    attributes: Sequence[str] = ()
    frames: Sequence[str] = ()
    price: str | None = None
    value: str | None = None
    model: Model = "conditional"
    random: Sequence[str] = ()
    outcome: str | None = None
    endogenous: str | None = None
    instruments: Sequence[str] = ()
    constants: bool = False
    by_option: bool = False
    neutral: str = "neutral"
    covariance: CovarianceKind = "clustered"
    draws: int = 200
    rng: RNG = 0

    def __post_init__(self) -> None:
        for name in ("attributes", "frames", "random", "instruments"):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))
        if self.model not in get_args(Model):
            raise EvidenceError(
                f"must be one of {', '.join(get_args(Model))}, found {self.model!r}", where="Contributions.model"
            )
        if not self.attributes and not self.frames:
            raise EvidenceError("needs attributes or frames", where="Contributions")
        if self.price is not None and self.value is not None:
            raise EvidenceError("has one numeraire, found two", where="Contributions", remedy="price= or value=")
        if (self.model in ("hedonic", "conjoint")) != (self.outcome is not None):
            raise EvidenceError(
                "hedonic and conjoint designs explain a column outcome=, logits a choice", where="Contributions.outcome"
            )
        if (self.endogenous is None) != (not self.instruments):
            raise EvidenceError("an endogenous frame needs instruments, and they it", where="Contributions.instruments")
        if self.endogenous is not None and (self.endogenous not in self.frames or self.model != "conditional"):
            raise EvidenceError("must be a frame of a conditional logit", where="Contributions.endogenous")
        if (self.model == "mixed") != bool(self.random):
            raise EvidenceError("a mixed logit needs random=, and only it", where="Contributions.random")

    @property
    def numeraire(self) -> str | None:
        """The column in whose unit contributions are, or None."""
        return self.price if self.price is not None else self.value

    @property
    def _unit(self) -> Unit:
        if self.model == "hedonic":
            return "money"
        return "money" if self.price else "utils" if self.value else "logit"

    def fit(self, data: pd.DataFrame) -> ContributionsEstimate:
        """Fit the model.

        Parameters
        ----------
        data
            Logits: layout ChoiceSets with the columns named. Hedonic and conjoint: layout Ratings, a row an item rated
            or sold, ``agent`` for clustered errors.

        Returns
        -------
        ContributionsEstimate
            Kind "contribution": attributes, then frames. ``coefficients`` are those of the model.

        Raises
        ------
        EvidenceError
            As in :meth:`FrameAugmentedChoice.fit`; a random term that is not there; instruments that move nothing.
        SolverError
            No convergence.
        """
        if self.model in ("hedonic", "conjoint"):
            return self._regressed(data)
        if self.endogenous is not None:
            return self._controlled(data)
        design = build_design(self, data)
        if self.model == "mixed":
            return self._mixed(design)
        fit = self._logit(design)
        return self._made(design, fit.coefficients, fit.covariance, diagnosed(design, fit, self.covariance), None)

    def _logit(self, design: Design) -> Any:
        return conditional_logit(
            design.matrix, design.starts, design.chosen, list(design.names), self.covariance, design.cluster
        )

    def _mixed(self, design: Design) -> ContributionsEstimate:
        names = list(design.names)
        missing = [name for name in self.random if name not in names]
        if missing:
            raise EvidenceError(
                f"no term is called {missing[0]!r}; terms: {', '.join(names)}", where="Contributions.random"
            )
        start = self._logit(design).coefficients
        made = _by_agent(design)
        at = np.array([names.index(name) for name in self.random], dtype=np.intp)
        fit = mixed_logit(made.matrix, made.starts, made.chosen, made.cluster, at, start=start, draws=self.draws,
                          seed=int(generator(self.rng).integers(0, 2**31)))  # fmt: skip
        k = len(names)
        import pandas as pd

        spread = pd.DataFrame(
            {"estimate": fit.spreads, "standard_error": np.sqrt(np.diag(fit.covariance)[k:])}, index=list(self.random)
        )
        table = pd.DataFrame(
            {"estimate": fit.means, "standard_error": np.sqrt(np.diag(fit.covariance)[:k])}, index=names
        )
        extra = {"coefficients": table, "spreads": spread, "log_likelihood": fit.log_likelihood,
                 "iterations": fit.iterations, "agents": int(made.cluster.max()) + 1,
                 "positivity": pd.Series(design.unexposed, dtype=float)}  # fmt: skip
        individual = pd.DataFrame(fit.individual, columns=list(self.random))
        return self._made(design, fit.means, fit.covariance[:k, :k], extra, individual)

    def _controlled(self, data: pd.DataFrame) -> ContributionsEstimate:
        """Both steps, and their bootstrap over agents."""
        import pandas as pd

        frame, column = str(self.endogenous), f"control[{self.endogenous}]"
        table = LAYOUTS["ChoiceSets"].check(data, (*self.attributes, *self.frames, *self.instruments,
                                                   *((self.numeraire,) if self.numeraire else ())))  # fmt: skip
        try:
            first = np.column_stack(
                [
                    np.ones(len(table)),
                    *(table[c].to_numpy(dtype=np.float64) for c in (*self.instruments, *self.attributes)),
                ]
            )
            m = table[frame].to_numpy(dtype=np.float64)
        except (TypeError, ValueError) as err:
            raise EvidenceError("instruments and the endogenous frame must be numbers", where="Contributions") from err
        b, joint = least_squares(first, m, first)
        strength = float(
            np.max(np.abs(b[1 : 1 + len(self.instruments)]) / np.sqrt(np.diag(joint))[1 : 1 + len(self.instruments)])
        )
        if strength < 3.2:  # F of about 10
            raise EvidenceError(
                f"the instruments hardly move {frame!r} (largest t {strength:.2g})", where="Contributions.instruments"
            )
        inner = Contributions(
            (*self.attributes, column), self.frames, self.price, self.value, constants=self.constants,
            by_option=self.by_option, neutral=self.neutral, covariance=self.covariance,
        )  # fmt: skip
        residual = m - first @ b
        design = build_design(inner, table.assign(**{column: residual}))
        fit = inner._logit(design)
        gen = generator(self.rng)
        codes, _ = pd.factorize(table["agent"])
        sets, _ = pd.factorize(table["set"])
        rows = [np.flatnonzero(codes == g) for g in range(int(codes.max()) + 1)]
        drawn = []
        for _ in range(max(50, min(self.draws, 200))):
            picked = gen.integers(0, len(rows), len(rows))
            take = np.concatenate([rows[g] for g in picked])
            again = np.repeat(np.arange(len(picked)), [len(rows[g]) for g in picked])
            part = table.iloc[take].assign(agent=again, set=again * (int(sets.max()) + 1) + sets[take])
            beta = np.linalg.lstsq(first[take], m[take], rcond=None)[0]
            try:
                drawn.append(
                    inner._logit(
                        build_design(inner, part.assign(**{column: m[take] - first[take] @ beta}))
                    ).coefficients
                )
            except EvidenceError:
                continue  # a sample in which a term does not vary
        spread = np.atleast_2d(np.cov(np.array(drawn).T))
        extra = diagnosed(design, fit, self.covariance)
        extra["first_stage_t"] = strength
        extra["warnings"] = (*extra["warnings"], "errors are from a bootstrap over agents of both steps")
        return inner._made(design, fit.coefficients, spread, extra, None, name=self)

    def _regressed(self, data: pd.DataFrame) -> ContributionsEstimate:
        import pandas as pd

        extra = (str(self.outcome), *self.attributes, *self.frames, *((self.price,) if self.price else ()))
        has_agent = "agent" in getattr(data, "columns", ())
        table = LAYOUTS["Ratings"].check(data, (*extra, *(("agent",) if has_agent else ())))
        columns: dict[str, FloatArray] = {}
        targets: dict[str, Target] = {}
        for name in (*self.attributes, *((self.price,) if self.price else ())):
            columns[name] = _numbers(table, name)
        from .framed_design import _levels

        for frame in self.frames:
            for level, strength in _levels(table[frame], frame, self.neutral):
                term = frame if level is None else f"{frame}={level}"
                columns[term], targets[term] = strength, Target((), frame, level)
        y = _numbers(table, str(self.outcome))
        x = np.column_stack([np.ones(len(table)), *columns.values()])
        if np.linalg.matrix_rank(x) < x.shape[1]:
            raise EvidenceError("terms are collinear", where="Contributions", remedy="leave one of them out")
        clustered = self.covariance == "clustered" and has_agent
        b, joint = least_squares(x, y, x, table["agent"].to_numpy() if clustered else None)
        names = tuple(columns)
        fitted = x @ b
        coefficients = pd.DataFrame(
            {"estimate": b[1:], "standard_error": np.sqrt(np.diag(joint))[1:]}, index=list(names)
        )
        found = {"coefficients": coefficients, "rows": len(y),
                 "r2": float(1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum())}  # fmt: skip
        empty = np.zeros(0, dtype=np.intp)
        design = Design(x[:, 1:], names, empty, np.zeros(0, dtype=bool), empty, targets, {})
        return self._made(design, b[1:], joint[1:, 1:], found, None)

    def _made(
        self, design: Design, coefficients: FloatArray, covariance: FloatArray, extra: dict[str, Any], individual: Any,
        name: Contributions | None = None,
    ) -> ContributionsEstimate:  # fmt: skip
        names = list(design.names)
        kept = [n for n in names if n in self.attributes or n in design.targets]
        at = np.array([names.index(n) for n in kept], dtype=np.intp)
        index = None if self.numeraire is None or self.model == "hedonic" else names.index(self.numeraire)
        wanted = -1.0 if self.price is not None else 1.0
        values, joint = in_numeraire(coefficients, covariance, at, index, wanted, str(self.numeraire))
        scale = 1.0 if index is None else abs(float(coefficients[index]))
        own = name or self
        return ContributionsEstimate(
            "contribution",
            tuple(kept),
            values,
            joint,
            None,
            None,
            self._unit,
            (
                _ASSUMPTIONS[self.model],
                "frames were assigned at random given the attributes in the model"
                if own.endogenous is None
                else f"{', '.join(own.instruments)} move {own.endogenous} and nothing else",
                "a frame adds to the evaluation of the option it stands on and of no other",
            ),
            extra,
            Source("Contributions", self.citation, self.doi, len(design.starts) or len(design.matrix),
                   tuple((key, str(entry)) for key, entry in own.parameters.items()),
                   f"the frames {', '.join(self.frames)}" if self.frames else "nothing",
                   _ASSUMPTIONS[self.model]),
            dict(design.targets),
            frames=tuple(n for n in kept if n in design.targets),
            individual=None if individual is None else individual / scale,
        )  # fmt: skip


def _by_agent(design: Design) -> Design:
    """The design with the sets of an agent together."""
    order = np.argsort(design.cluster, kind="stable")
    sizes = np.diff(np.append(design.starts, len(design.matrix)))
    rows = np.concatenate([np.arange(design.starts[s], design.starts[s] + sizes[s]) for s in order])
    starts = np.concatenate([[0], np.cumsum(sizes[order])[:-1]]).astype(np.intp)
    _, agent = np.unique(design.cluster[order], return_inverse=True)
    return Design(
        design.matrix[rows], design.names, starts, design.chosen[rows], agent.astype(np.intp), design.targets,
        design.unexposed,
    )  # fmt: skip


def _numbers(table: pd.DataFrame, name: str) -> FloatArray:
    try:
        found = np.asarray(table[name].to_numpy(dtype=np.float64))
    except (TypeError, ValueError) as err:
        raise EvidenceError("must be numeric", where=f"column {name!r}") from err
    if not np.isfinite(found).all():
        raise EvidenceError("must be finite", where=f"column {name!r}")
    return found
