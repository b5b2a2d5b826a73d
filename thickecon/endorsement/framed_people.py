"""Goldin and Reck person by person: framed choices with covariates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from .._core.rng import RNG
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .fieller import fieller_interval
from .frame_pulls import pulls
from .framed_people_table import PeopleTable
from .orthogonal_share import LEAST_CHANCE, OrthogonalShares, cross_fitted, scored

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FramedPeople"]

_ASSUMPTIONS = (
    "frame separability: what people prefer does not depend on the frame (normative)",
    "frame exogeneity given the covariates",
    "consistency principle: who chooses the same under both frames prefers what they choose",
    "frame monotonicity: the frame moves nobody away from the option it favours",
)
_QUALITY = (
    "decision-quality independence given the covariates: of people alike in them, those moved by the frame prefer the"
    " option as often as those who were not"
)
_NEUTRAL = "the neutral arm obeys the consistency principle: there everybody chooses what they prefer"


@register("FramedPeople")
@dataclass(frozen=True)
class FramedPeople(Estimator):
    """Share of people who prefer an option, from one framed choice a person and covariates (Goldin and Reck).

    Independence and random framing are needed only among people who are alike in the covariates. Nuisances are learnt
    with any scikit-learn classifier and cross-fitted; the score is orthogonal, so its errors count in second order.

    Parameters
    ----------
    covariates
        Columns of numbers.
    about
        ``"people"``: everybody, bounds [E Y0(w), E Y1(w)]. ``"moved"``: those whom the frame moves, the share of its
        pull that is stood behind.
    route
        ``"quality"``: decision-quality independence; ``"neutral"``: a neutral arm; ``"auto"``: neutral where there
        is such an arm.
    learner
        A classifier with ``predict_proba``; None: logistic regression.
    folds, trim, rng
        Of the cross-fitting; people with a consistent share below ``trim`` are left out.
    weight, cluster
        Columns; None: all people alike, each one a cluster.

    References
    ----------
    Goldin and Reck (2020), doi:10.1086/706860; Chernozhukov et al. (2018), doi:10.1111/ectj.12097.

    Examples
    --------
    Half of the people are moved; of the others 8 in 10 of the old and 4 in 10 of the young prefer the option.

    >>> import numpy as np, pandas as pd
    >>> old = np.repeat([1, 0], 2000)
    >>> alike = np.tile([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 400)  # of ten alike
    >>> frame = np.tile(np.repeat(["for", "against"], 10), 200)
    >>> prefers = np.where(old == 1, alike % 5 < 4, alike % 5 < 2)
    >>> people = pd.DataFrame({"y": np.where(alike < 5, prefers, frame == "for") * 1, "frame": frame, "old": old})
    >>> round(FramedPeople(covariates=["old"]).fit(people).estimate, 2)
    0.6
    """

    kind: ClassVar[Kind] = "population"
    title: ClassVar[str] = "Goldin-Reck with covariates"
    citation: ClassVar[str] = "Goldin and Reck (2020), Journal of Political Economy 128(7)"
    doi: ClassVar[str | None] = "10.1086/706860"
    layout: ClassVar[str] = "FramedPeople"

    covariates: tuple[str, ...] = ()
    about: Literal["people", "moved"] = "people"
    route: Literal["auto", "quality", "neutral"] = "auto"
    learner: Any = field(default=None, compare=False)
    folds: int = 5
    trim: float = 0.05
    weight: str | None = None
    cluster: str | None = None
    rng: RNG = 0

    def __post_init__(self) -> None:
        if isinstance(self.covariates, str):
            object.__setattr__(self, "covariates", (self.covariates,))
        object.__setattr__(self, "covariates", tuple(self.covariates))
        if self.about not in ("people", "moved") or not self.covariates or not 0 <= self.trim < 1:
            raise EvidenceError(
                f"needs covariates, about 'people' or 'moved', trim in [0, 1); found {self.covariates}, {self.about!r},"
                f" {self.trim}",
                where="FramedPeople",
                remedy="without covariates count people and use GoldinReck",
            )
        if self.route not in ("auto", "quality", "neutral"):
            raise EvidenceError(
                f"must be 'auto', 'quality' or 'neutral', found {self.route!r}", where="FramedPeople.route"
            )

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from one row a person.

        Parameters
        ----------
        data
            Layout FramedPeople: y 1 if the option was chosen, frame "for", "against" or "neutral", covariates,
            weight, cluster.

        Returns
        -------
        Estimate
            Kind "population", scalar. ``diagnostics["shares"]`` has all shares with their errors,
            ``diagnostics["monotonicity"]`` the pull of the frame by tenths of people, sorted by what it was expected
            to be.

        Raises
        ------
        EvidenceError
            A column that is missing, entries that are not 0/1 or frames, a frame nobody saw, weights that are
            negative, a fold too small, a neutral route without a neutral arm.
        """
        table = PeopleTable.read(data, self.covariates, self.weight, self.cluster)
        neutral = self.route == "neutral" or (self.route == "auto" and table.has_neutral)
        if neutral and not table.has_neutral:
            raise EvidenceError("nobody saw the frame 'neutral'", where="column 'frame'", remedy="use route='quality'")
        kinds: Any = {"weight": table.weight, "cluster": table.cluster}
        nuisances = cross_fitted(
            table.y, table.framing, table.w, learner=self.learner, folds=self.folds, rng=self.rng, **kinds
        )
        found = scored(table.y, table.framing, nuisances, trim=self.trim, **kinds)
        expected = nuisances.mean[1] - nuisances.mean[0]
        return self._estimate(table, found, neutral, nuisances.short, pulls(found.pull, expected, **kinds))

    def _estimate(
        self, table: PeopleTable, found: OrthogonalShares, neutral: bool, short: float, pulled: pd.DataFrame
    ) -> Estimate:
        import pandas as pd

        people = self.about == "people"
        name = f"neutral_{self.about}" if neutral else self.about
        ends = found.variance("y_against", "y_for") if people else np.zeros((2, 2))
        rates = [found["y_against"], found["y_for"]] if people else [0.0, 1.0]
        if rates[0] > rates[1]:
            rates, ends = rates[::-1], ends[::-1, ::-1]
        y0, y1 = (float(np.average(table.y[at], weights=table.weight_of(at))) for at in table.arms[:2])
        learner = "logistic regression" if self.learner is None else type(self.learner).__name__
        point = _NEUTRAL if neutral else _QUALITY
        shown = pd.DataFrame(
            {"estimate": found.values, "standard_error": np.sqrt(np.diag(found.covariance))}, index=list(found.names)
        )
        diagnostics = {
            "consistent": found["consistent"],
            "y_against": found["y_against"],
            "y_for": found["y_for"],
            "without_covariates": y0 / (1 - y1 + y0) if 1 - y1 + y0 > 0 else float("nan"),
            "trimmed": found.trimmed,
            "monotonicity_p": float(pulled["holm_p"].min()),
            "if_moved_prefer": {p: rates[0] + (rates[1] - rates[0]) * p for p in (0, 0.25, 0.5, 0.75, 1)}
            if people
            else {},
            "learner": learner,
            "quantities": shown,
            "monotonicity": pulled,
            "warnings": self._warnings(found, short, pulled),
        }
        if name == "neutral_moved":
            diagnostics["fieller_95"] = _fieller(found)
        given = tuple((key, str(v)) for key, v in self.parameters.items() if key != "learner")
        return Estimate(
            "population",
            (f"share preferring, of {self.about}",),
            np.array([found[name]]),
            found.variance(name),
            np.array([rates]),
            np.sqrt(np.diag(ends))[None],
            "share",
            (*_ASSUMPTIONS, point),
            diagnostics,
            Source("FramedPeople", self.citation, self.doi, len(table.y), (*given, ("learner", learner)),
                   "the frame: choices made because of it say nothing about what is preferred", point),
            scalar=True,
            refusal=(
                "the share of all people who prefer the option is not the share of those whom the frame moved, which is"
                " what stands for endorsement; fit with about='moved'"
                if neutral and people
                else ""
            ),
            end_covariances=ends[None],
        )  # fmt: skip

    def _warnings(self, found: OrthogonalShares, short: float, pulled: pd.DataFrame) -> tuple[str, ...]:
        said = []
        if found.trimmed > 0:
            said.append(
                f"{100 * found.trimmed:.1f} % of people were trimmed (c(w) < {self.trim:g}): the share is of the rest"
            )
        if short > 0:
            said.append(
                f"{100 * short:.1f} % of people hardly ever see one of the frames (chance below {LEAST_CHANCE:g}):"
                " what is said of them is extrapolated"
            )
        if pulled["holm_p"].min() < 0.05:
            said.append("the frame pushes some group away from the option it favours (monotonicity fails)")
        return tuple(said)


def _fieller(found: OrthogonalShares) -> tuple[float, float]:
    """Of (Y_N - Y0) / (Y1 - Y0), from the joint covariance of the three."""
    slopes = np.array([[1.0, -1.0, 0.0], [0.0, -1.0, 1.0]])
    joint = found.variance("neutral_people", "y_against", "y_for")
    top, bottom = slopes @ [found[name] for name in ("neutral_people", "y_against", "y_for")]
    return fieller_interval(float(top), float(bottom), slopes @ joint @ slopes.T)
