"""Goldin and Reck person by person: framed choices with covariates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from .._core.arrays import first_bad
from .._core.rng import RNG
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .layouts import LAYOUTS
from .orthogonal_share import orthogonal_shares

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FramedPeople"]

_ASSUMPTIONS = (
    "frame separability: what people prefer does not depend on the frame (normative)",
    "frame exogeneity given the covariates",
    "consistency principle: who chooses the same under both frames prefers what they choose",
    "frame monotonicity: the frame moves nobody away from the option it favours",
    "decision-quality independence given the covariates: of people alike in them, those moved by the frame prefer the"
    " option as often as those who were not",
)


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
        ``"people"``, or ``"moved"``: those whom the frame moves, the share of its pull that is stood behind.
    learner
        A classifier with ``predict_proba``; None: logistic regression.
    folds, trim, rng
        Of the cross-fitting; people with a consistent share below ``trim`` are left out.
    cluster
        Column; None: each person is one.

    References
    ----------
    Goldin and Reck (2020), doi:10.1086/706860; Chernozhukov et al. (2018), doi:10.1111/ectj.12097.
    """

    kind: ClassVar[Kind] = "population"
    title: ClassVar[str] = "Goldin-Reck with covariates"
    citation: ClassVar[str] = "Goldin and Reck (2020), Journal of Political Economy 128(7)"
    doi: ClassVar[str | None] = "10.1086/706860"
    layout: ClassVar[str] = "FramedPeople"

    covariates: tuple[str, ...] = ()
    about: Literal["people", "moved"] = "people"
    learner: Any = field(default=None, compare=False)
    folds: int = 5
    trim: float = 0.05
    cluster: str | None = None
    rng: RNG = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariates", tuple(self.covariates))
        if self.about not in ("people", "moved") or not self.covariates or not 0 <= self.trim < 1:
            raise EvidenceError(
                f"needs covariates, about 'people' or 'moved', trim in [0, 1); found {self.covariates}, {self.about!r},"
                f" {self.trim}",
                where="FramedPeople",
                remedy="without covariates count people and use GoldinReck",
            )

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from one row a person.

        Parameters
        ----------
        data
            Layout FramedPeople: y 1 if the option was chosen, frame "for" or "against", covariates, cluster.

        Returns
        -------
        Estimate
            Kind "population", scalar.

        Raises
        ------
        EvidenceError
            A column that is missing, entries that are not 0/1 or frames, a frame nobody saw, a fold too small.
        """
        import pandas as pd

        extra = (*self.covariates, *(() if self.cluster is None else (self.cluster,)))
        table = LAYOUTS["FramedPeople"].check(data, extra)
        y = table["y"].to_numpy(dtype=np.float64)
        bad = (y != 0) & (y != 1)
        if bad.any():
            row = first_bad(bad)[0]
            raise EvidenceError(f"must be 0 or 1, found {y[row]:g} in row {row}", where="column 'y'")
        frames = pd.Index(["against", "for"])
        frame = frames.get_indexer(pd.Index(table["frame"].astype(str)))
        if (frame < 0).any():
            row = first_bad(frame < 0)[0]
            raise EvidenceError(
                f"must be 'against' or 'for', found {table['frame'].iloc[row]!r} in row {row}", where="column 'frame'"
            )
        if len(np.unique(frame)) < 2:
            raise EvidenceError("everybody saw the same frame", where="column 'frame'")
        try:
            w = np.column_stack([table[name].to_numpy(dtype=np.float64) for name in self.covariates])
        except (TypeError, ValueError) as err:
            raise EvidenceError("must be numbers", where="covariates", remedy="make dummies of labels") from err
        spread = w.std(axis=0)
        w = (w - w.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        cluster = None if self.cluster is None else np.asarray(pd.factorize(table[self.cluster])[0], dtype=np.intp)
        found = orthogonal_shares(
            y, frame.astype(np.float64), w, learner=self.learner, folds=self.folds, trim=self.trim, cluster=cluster,
            rng=self.rng,
        )  # fmt: skip
        at = 0 if self.about == "people" else 1
        rates = [float(y[frame == d].mean()) for d in (0, 1)]
        said = (f"{100 * found.trimmed:.1f} % of people were trimmed",) if found.trimmed > 0 else ()
        name = "logistic regression" if self.learner is None else type(self.learner).__name__
        return Estimate(
            "population",
            (f"share preferring, of {self.about}",),
            np.array([(found.people, found.moved)[at]]),
            found.covariance[at : at + 1, at : at + 1],
            None,
            None,
            "share",
            _ASSUMPTIONS,
            {
                "consistent": found.consistent,
                "consistent_error": float(np.sqrt(found.covariance[2, 2])),
                "y_against": rates[0],
                "y_for": rates[1],
                "without_covariates": rates[0] / (1 - rates[1] + rates[0]),
                "learner": name,
                "warnings": said,
            },
            Source("FramedPeople", self.citation, self.doi, len(y),
                   (*((k, str(v)) for k, v in self.parameters.items() if k != "learner"), ("learner", name)),
                   "the frame: choices made because of it say nothing about what is preferred", _ASSUMPTIONS[-1]),
            scalar=True,
        )  # fmt: skip
