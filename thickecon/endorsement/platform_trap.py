"""Individual against collective valuation: what people would take to leave alone, and pay for all to leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._core.arrays import FloatArray, first_bad
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PlatformTrap"]


@register("PlatformTrap")
@dataclass(frozen=True)
class PlatformTrap(Estimator):
    """The wedge between what a good is worth to a person *given that others have it*, and with all others without.

    A platform is worth the least payment for which a user would leave alone (individual), and minus what the user
    would pay for everybody, the user included, to leave (collective). The wedge, their difference, is what use by
    others does to those who stay away. So a valuation has an argument for what others do: in a mechanism that moves
    one person the individual one counts, in one that decides for all the collective one.

    Parameters
    ----------
    weights
        Column of survey weights, or None.

    References
    ----------
    Bursztyn, Handel, Jiménez-Durán and Roth (2025), "When Product Markets Become Collective Traps: The Case of Social
    Media", American Economic Review 115(12), 4105-4136 (numbers read in the brief of the 2023 working paper).

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"agent": [0], "platform": ["TikTok"], "individual": [59.0], "collective": [-28.0]})
    >>> PlatformTrap().fit(data).estimate["TikTok"].item()
    87.0
    """

    kind: ClassVar[Kind] = "contribution"
    title: ClassVar[str] = "Individual and collective valuation"
    citation: ClassVar[str] = "Bursztyn, Handel, Jiménez-Durán and Roth (2025), American Economic Review 115(12)"
    doi: ClassVar[str | None] = "10.1257/aer.20231468"
    layout: ClassVar[str] = "Valuations"

    weights: str | None = None

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Wedges by platform.

        Parameters
        ----------
        data
            Layout Valuations: agent, platform, individual (worth while others stay), collective (worth of its
            existence to the agent; negative if the agent would pay for all to leave), ``user`` 0/1 where non-users
            were asked too.

        Returns
        -------
        Estimate
            Kind "contribution", money, a name a platform: individual less collective. ``diagnostics["table"]`` has
            both valuations, the share of users with negative worth, and non-users' valuations, with errors.

        Raises
        ------
        EvidenceError
            A table that is not of this layout, amounts that are not finite, weights that are not positive.
        """
        import pandas as pd

        extra = tuple(name for name in ("user", *(() if self.weights is None else (self.weights,)))
                      if name in getattr(data, "columns", ()) or name == self.weights)  # fmt: skip
        table = LAYOUTS["Valuations"].check(data, extra)
        one, all_ = (_amounts(table, name) for name in ("individual", "collective"))
        weight = np.ones(len(table)) if self.weights is None else _amounts(table, self.weights)
        if (weight <= 0).any():
            raise EvidenceError("must be positive", where=f"column {self.weights!r}")
        user = np.ones(len(table), dtype=bool) if "user" not in extra else table["user"].to_numpy() == 1
        names = list(dict.fromkeys(table["platform"].astype(str)))
        agents, who = np.unique(table["agent"].astype(str), return_inverse=True)
        scores = np.zeros((len(agents), len(names)))
        rows, values = {}, np.empty(len(names))
        for k, name in enumerate(names):
            inside = (table["platform"].astype(str) == name).to_numpy() & user
            if not inside.any():
                raise EvidenceError(f"no user of {name!r} was asked", where="column 'user'")
            w = weight * inside / weight[inside].sum()
            values[k] = float(w @ (one - all_))
            np.add.at(scores[:, k], who, w * (one - all_ - values[k]))
            rows[name] = _row(table["platform"].astype(str).to_numpy() == name, user, w, weight, one, all_)
        several = len(table) > len(names)
        grow = len(agents) / max(len(agents) - 1, 1)
        return Estimate(
            "contribution",
            tuple(names),
            values,
            grow * scores.T @ scores if several else None,
            None,
            None,
            "money",
            (
                "people say what they would pay for all to leave as truly as what they would take to leave alone",
                "what counts where one decides for all is the collective valuation (normative)",
            ),
            {"table": pd.DataFrame.from_dict(rows, orient="index")},
            Source("PlatformTrap", self.citation, self.doi, len(table), (("weights", str(self.weights)),),
                   "worth that a platform has only because others stay on it"),
        )  # fmt: skip


def _row(
    platform: FloatArray, user: FloatArray, w: FloatArray, weight: FloatArray, one: FloatArray, all_: FloatArray
) -> dict[str, float]:
    count = int((w > 0).sum())

    def error(values: FloatArray) -> float:
        if count < 2:
            return float("nan")
        mean = float(w @ values)
        return float(np.sqrt((w**2) @ (values - mean) ** 2 * count / (count - 1)))

    outside: Any = np.asarray(platform & ~np.asarray(user, dtype=bool))
    negative = (all_ < 0).astype(float)
    return {
        "users": count,
        "individual": float(w @ one), "individual_se": error(one),
        "collective": float(w @ all_), "collective_se": error(all_),
        "share_negative": float(w @ negative), "share_negative_se": error(negative),
        "non_users": float(outside.sum()),
        "collective_non_users": float(np.average(all_[outside], weights=weight[outside])) if outside.any() else np.nan,
    }  # fmt: skip


def _amounts(table: pd.DataFrame, name: str) -> FloatArray:
    try:
        found = np.asarray(table[name].to_numpy(dtype=np.float64))
    except (TypeError, ValueError) as err:
        raise EvidenceError("must be numbers", where=f"column {name!r}") from err
    if not np.isfinite(found).all():
        row = first_bad(~np.isfinite(found))[0]
        raise EvidenceError(f"must be finite, found {found[row]} in row {row}", where=f"column {name!r}")
    return found
