"""Fitted contributions, and the thick profiles they make."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import EvidenceError
from ..profiles.endorsement import Endorsement
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile
from .estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ContributionsEstimate"]


@dataclass(frozen=True, eq=False)
class ContributionsEstimate(Estimate):
    """What attributes and frames add to evaluations.

    Attributes
    ----------
    frames
        Names that are frames; the others are attributes.
    individual
        (agents, random terms) posterior means in the unit of the estimate, of a mixed logit; None otherwise.
    """

    frames: tuple[str, ...] = ()
    individual: pd.DataFrame | None = None

    def profile(
        self,
        options: pd.DataFrame,
        agents: Iterable[Hashable] | int = 1,
        *,
        endorsed: Iterable[str] | None = None,
    ) -> ThickProfile:
        """A profile in factor form, R = w Z: weights from the estimate, scores from the options, new ones among them.

        Parameters
        ----------
        options
            A row an option (its index the labels), a column for each name of the estimate; frames that are left out
            are taken for not shown (0).
        agents
            Labels, or how many alike. With ``individual`` coefficients and as many agents, each has its own.
        endorsed
            Names that count; None: attributes do and frames do not. That is the caller's normative act. Errors of the
            frames' coefficients become the joint error of their endorsement (a relative error each); those of
            attributes move revealed and endorsed values alike and stay in ``covariance``.

        Returns
        -------
        ThickProfile
            A motive a name.

        Raises
        ------
        EvidenceError
            An attribute column that is missing or not numeric, a name that is not there, an estimate in log odds.
        """
        if self.unit == "logit":
            raise EvidenceError(
                "is in log odds, which no profile is", where="profile", remedy="fit with price= or value="
            )
        scores = self._scores(options)
        labels = list(range(agents)) if isinstance(agents, (int, np.integer)) else list(agents)
        weights = np.tile(self.values, (len(labels), 1))
        if self.individual is not None and len(self.individual) == len(labels):
            for name in self.individual.columns:
                if name in self.names:
                    weights[:, self.names.index(str(name))] = self.individual[name].to_numpy()
        counted = [name for name in self.names if name not in self.frames] if endorsed is None else list(endorsed)
        unknown = [name for name in counted if name not in self.names]
        if unknown:
            raise EvidenceError(f"no contribution is called {unknown[0]!r}", where="endorsed")
        theta = np.array([1.0 if name in counted else 0.0 for name in self.names])
        motives = [Motive(name, "influence" if name in self.frames else "value") for name in self.names]
        made = ThickProfile.from_weights(
            weights, scores, endorsement=theta, motives=motives, agents=labels, options=list(options.index),
            unit="money" if self.unit == "money" else "utils",
        )  # fmt: skip
        return self._with_errors(made, theta)

    def _scores(self, options: pd.DataFrame) -> Any:
        columns = []
        for name in self.names:
            if name in options.columns:
                try:
                    columns.append(options[name].to_numpy(dtype=np.float64))
                except (TypeError, ValueError) as err:
                    raise EvidenceError("must be numeric", where=f"options[{name!r}]") from err
            elif name in self.frames:
                columns.append(np.zeros(len(options)))
            else:
                raise EvidenceError(
                    f"has no column {name!r}", where="options", remedy=f"columns: {', '.join(self.names)}"
                )
        return np.stack(columns)

    def _with_errors(self, made: ThickProfile, theta: Any) -> ThickProfile:
        if self.covariance_matrix is None or not self.frames:
            return made
        at = [self.names.index(name) for name in self.frames if self.values[self.names.index(name)] != 0]
        joint = np.zeros((len(theta), len(theta)))
        relative = self.covariance_matrix[np.ix_(at, at)] / np.outer(self.values[at], self.values[at])
        joint[np.ix_(at, at)] = relative
        e = Endorsement(theta[None], covariance=joint, evidence=self.evidence)
        return replace(made, endorsement=e, resolution_override=made.resolution)
