"""The parametric work-horse: a choice model in which frames have terms of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, get_args

import numpy as np

from ..errors import EvidenceError
from .choice_terms import diagnosed, in_numeraire
from .conditional_logit import CovarianceKind, conditional_logit
from .estimate import Estimate, Kind, Source, Unit
from .estimator import Estimator, register
from .framed_design import build_design

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FrameAugmentedChoice"]

_ASSUMPTIONS = (
    "conditional logit: noise is independent, of one scale, the same in every frame",
    "frames were assigned at random given the attributes in the model",
    "a frame adds to the evaluation of the option it stands on and of no other",
)
_BUYS_POINT = "the logit form with additive frame terms"


@register("FrameAugmentedChoice")
@dataclass(frozen=True)
class FrameAugmentedChoice(Estimator):
    """Conditional logit U = x'b + a p + d'm + noise: the endorsed index leaves the frame terms d'm out.

    The wedge of a frame is its coefficient over the coefficient of a numeraire, d / |a|, in the numeraire's unit,
    with delta-method joint covariance; without a numeraire it stays in log odds and needs a link to be applied.

    Parameters
    ----------
    frames
        Columns of frames. Text (or categories): levels of a frame, one term each, ``neutral`` is the reference.
        Numbers: an intensity, one term (0: no frame).
    attributes
        Numeric columns that count for the endorsed index.
    price
        A numeric column of money to pay; its coefficient must be negative; wedges are in "money".
    value
        A numeric column that already measures evaluations (points, a bid); its coefficient must be positive; wedges
        are in that unit, said by ``unit``. At most one of ``price`` and ``value``.
    constants
        A constant for each option but the first: what an option is worth to all, apart from its columns.
    by_option
        Frame terms for each framed option, ``"frame[option]"`` or ``"frame=level[option]"``; otherwise one effect
        for all options.
    neutral
        The reference level of text frames.
    unit
        Of wedges; None: "money" with ``price``, "utils" with ``value``, "logit" with neither.
    covariance
        ``"clustered"`` by agent, ``"robust"`` by choice set, or ``"classical"``.
    tolerance, max_iterations
        Of the optimiser: largest entry of the mean gradient in scaled regressors.

    Raises
    ------
    EvidenceError
        No frame, a column named twice, both numeraires, an unknown covariance or unit.

    Notes
    -----
    Exposure must be exogenous (random ads, ranking jitter, assigned defaults). Where nearly every appearance of an
    option is framed its own worth and the frame's cannot be told apart: ``diagnostics["positivity"]`` has the share
    of its appearances without the frame, and a warning below 15 %.

    References
    ----------
    McFadden (1974), "Conditional logit analysis of qualitative choice behavior", in Zarembka (ed.), Frontiers in
    Econometrics, 105-142.
    Train and Weeks (2005), doi:10.1007/1-4020-3684-1_1 (willingness to pay as a ratio of coefficients).

    Examples
    --------
    Two options, the first promoted in half of 200 sets: chosen 60 of 100 times there, 50 of 100 elsewhere. The term
    is the difference of log odds, log(60 / 40) - log(50 / 50).

    >>> import numpy as np, pandas as pd
    >>> first = np.repeat([1, 0, 1, 0], [60, 40, 50, 50])
    >>> shown = np.repeat([1, 0], 100)
    >>> data = pd.DataFrame(
    ...     {
    ...         "agent": np.repeat(np.arange(200), 2),
    ...         "set": np.repeat(np.arange(200), 2),
    ...         "option": ["a", "b"] * 200,
    ...         "chosen": np.column_stack([first, 1 - first]).ravel(),
    ...         "shown": np.column_stack([shown, 0 * shown]).ravel(),
    ...     }
    ... )
    >>> found = FrameAugmentedChoice(frames=("shown",)).fit(data)
    >>> round(float(found.estimate["shown[a]"]), 6), round(float(np.log(1.5)), 6), found.unit
    (0.405465, 0.405465, 'logit')
    """

    kind: ClassVar[Kind] = "contribution"
    title: ClassVar[str] = "frame-augmented conditional logit"
    citation: ClassVar[str] = "McFadden (1974), Frontiers in Econometrics, 105-142"
    doi: ClassVar[str | None] = None
    layout: ClassVar[str] = "ChoiceSets"

    frames: Sequence[str] = ("frame",)
    attributes: Sequence[str] = ()
    price: str | None = None
    value: str | None = None
    constants: bool = True
    by_option: bool = True
    neutral: str = "neutral"
    unit: Unit | None = None
    covariance: CovarianceKind = "clustered"
    tolerance: float = 1e-9
    max_iterations: int = 200

    def __post_init__(self) -> None:
        for name in ("frames", "attributes"):
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))
        if not self.frames:
            raise EvidenceError("needs at least one frame column", where="FrameAugmentedChoice.frames")
        if self.price is not None and self.value is not None:
            raise EvidenceError("has one numeraire, found two", where="FrameAugmentedChoice", remedy="price= or value=")
        columns = [*self.frames, *self.attributes, *(c for c in (self.price, self.value) if c is not None)]
        twice = next((name for name in columns if columns.count(name) > 1), None)
        if twice is not None:
            raise EvidenceError(f"column {twice!r} is named twice", where="FrameAugmentedChoice")
        if self.covariance not in get_args(CovarianceKind):
            raise EvidenceError(
                f"must be one of {', '.join(get_args(CovarianceKind))}, found {self.covariance!r}",
                where="FrameAugmentedChoice.covariance",
            )
        if self.unit is not None and (self.numeraire is None or self.unit not in ("utils", "money")):
            raise EvidenceError(
                f"{self.unit!r} is not the unit of a numeraire",
                where="FrameAugmentedChoice.unit",
                remedy="'utils' or 'money', with price= or value=",
            )

    @property
    def numeraire(self) -> str | None:
        """The column in whose unit wedges are, or None."""
        return self.price if self.price is not None else self.value

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Fit to choices.

        Parameters
        ----------
        data
            One row for each option of each choice set: agent, set, option, chosen (0/1), and the columns named.

        Returns
        -------
        Estimate
            Kind "contribution": the wedge of each frame term. ``diagnostics["coefficients"]`` has all coefficients
            in log odds, ``diagnostics["coefficient_covariance"]`` their covariance.

        Raises
        ------
        EvidenceError
            A set without exactly one choice, with an option twice or of two agents, a missing value, collinear terms,
            perfect prediction, a frame that no set varies, or a numeraire with the wrong sign.
        SolverError
            No convergence.
        """
        design = build_design(self, data)
        fit = conditional_logit(
            design.matrix,
            design.starts,
            design.chosen,
            list(design.names),
            self.covariance,
            design.cluster,
            self.tolerance,
            self.max_iterations,
        )
        framed = np.array([design.names.index(name) for name in design.targets], dtype=np.intp)
        at = None if self.numeraire is None else design.names.index(self.numeraire)
        wanted = -1.0 if self.price is not None else 1.0
        values, covariance = in_numeraire(fit.coefficients, fit.covariance, framed, at, wanted, str(self.numeraire))
        unit: Unit = self.unit or ("money" if self.price else "utils" if self.value else "logit")
        return Estimate(
            "contribution",
            tuple(design.targets),
            values,
            covariance,
            unit=unit,
            assumptions=_ASSUMPTIONS,
            diagnostics=diagnosed(design, fit, self.covariance),
            source=Source(
                "FrameAugmentedChoice",
                self.citation,
                self.doi,
                len(design.starts),
                tuple((key, str(entry)) for key, entry in self.parameters.items()),
                f"the frames {', '.join(self.frames)}: what they add to an evaluation",
                _BUYS_POINT,
            ),
            targets=design.targets,
        )
