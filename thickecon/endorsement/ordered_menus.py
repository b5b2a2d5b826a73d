"""Goldin and Reck for ordered options: the binary estimator at every cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from .._core.arrays import FloatArray, first_bad
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .frame_shares import Arms, Shares, formula
from .goldin_reck import GoldinReck
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OrderedFrames", "ordered_shares"]


@register("OrderedFrames")
@dataclass(frozen=True)
class OrderedFrames(Estimator):
    """Shares who prefer at least each of several ordered options, from choices under two frames (Goldin and Reck).

    A frame pulls everybody up ("for") or down ("against") or leaves them. Then at each cut "chose at least k" is a
    binary choice under the same frames, and the binary estimator applies: who is on the same side of the cut under
    both frames prefers that side (partition consistency), also if the option itself differs.

    Parameters
    ----------
    route, about, errors
        As in :class:`GoldinReck`; errors ``"binomial"`` or ``"cells"``.

    References
    ----------
    Goldin and Reck (2020), doi:10.1086/706860, appendix D.3.

    Examples
    --------
    Contribution rates 0, 3 and 6. Under each frame 4 in 10 follow it to its end; of the others 3 choose 0, 2 choose 3
    and 1 chooses 6.

    >>> import pandas as pd
    >>> rows = [("against", 0, 70), ("against", 3, 20), ("against", 6, 10)]
    >>> rows += [("for", 0, 30), ("for", 3, 20), ("for", 6, 50)]
    >>> data = pd.DataFrame(rows, columns=["framing", "option", "n"]).assign(cell="all")
    >>> OrderedFrames().fit(data).estimate.round(3).to_dict()
    {'at least 3': 0.5, 'at least 6': 0.167}
    """

    kind: ClassVar[Kind] = "population"
    title: ClassVar[str] = "Goldin-Reck on ordered options"
    citation: ClassVar[str] = "Goldin and Reck (2020), Journal of Political Economy 128(7)"
    doi: ClassVar[str | None] = "10.1086/706860"
    layout: ClassVar[str] = "OrderedCounts"

    route: Literal["auto", "quality", "neutral"] = "auto"
    about: Literal["people", "moved"] = "people"
    errors: Literal["binomial", "cells"] = "binomial"

    def __post_init__(self) -> None:
        GoldinReck(route=self.route, about=self.about)
        if self.errors not in ("binomial", "cells"):
            raise EvidenceError(f"must be 'binomial' or 'cells', found {self.errors!r}", where="OrderedFrames.errors")

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from counts.

        Parameters
        ----------
        data
            Layout OrderedCounts: cell, framing, option (ordered numbers), n people who chose it.

        Returns
        -------
        Estimate
            Kind "population", a name for each option but the lowest. ``diagnostics["exactly"]`` has the share of each
            option (differences of neighbours, where independence holds at every cut) and ``"mean"`` the mean preferred
            option, both of people only; ``"falling"`` says whether shares fall from cut to cut, as they must.

        Raises
        ------
        EvidenceError
            A column that is missing, options that are no numbers, fewer than two of them, counts that are not, an arm
            that is missing, or a cut at which the frame pulls the wrong way beyond chance.
        """
        options, arms = _read(data)
        rule = GoldinReck(route=self.route, about=self.about, errors=self.errors)
        found = [rule.fit(_counts(cut)) for cut in arms]
        neutral = self.route == "neutral" or (self.route == "auto" and arms[0].has_neutral)
        covariance = self._covariance(arms, ("neutral_" if neutral else "quality_") + self.about)
        values = np.array([each.values[0] for each in found])
        names = tuple(f"at least {option:g}" for option in options[1:])
        said = [f"{name}: {w}" for name, each in zip(names, found, strict=True) for w in each.diagnostics["warnings"]]
        falling = bool((np.diff(values) <= 1e-12).all())
        if not falling:
            said.append("shares rise from a cut to a higher one: independence or monotonicity fails at some cut")
        ends = [each.identified for each in found]
        errors = [each.end_errors for each in found]
        source = found[0].source
        return Estimate(
            "population",
            names,
            values,
            covariance,
            np.concatenate([e for e in ends if e is not None]),
            np.concatenate([e for e in errors if e is not None]),
            "share",
            (*found[0].assumptions, "partition consistency: the above at every cut of the order"),
            (_diagnostics(options, values, covariance) if self.about == "people" else {})
            | {
                "falling": falling,
                "cuts": {name: each.diagnostics for name, each in zip(names, found, strict=True)},
                "warnings": tuple(said),
            },
            Source("OrderedFrames", self.citation, self.doi, source.n,
                   tuple((k, str(v)) for k, v in self.parameters.items()), source.deletion, source.buys_point),
            refusal=found[0].refusal,
            end_covariances=np.stack([each.end_covariances[0] for each in found if each.end_covariances is not None]),
        )  # fmt: skip

    def _covariance(self, arms: list[Arms], name: str) -> FloatArray:
        """(K, K): shares above cuts k < l of one arm are tails of one multinomial, covariance Y_l (1 - Y_k) / n."""
        if self.errors == "cells":
            scores = np.array([arm.linearised(name, "pooled")[1][0] for arm in arms])
            cells = arms[0].n_cells
            return np.asarray(scores @ scores.T * (cells / (cells - 1)))
        total = np.array([arm.total.rates for arm in arms])
        slope = np.nan_to_num(formula(name, total)[1])
        n, rates = arms[0].total.n, np.nan_to_num(total)
        joint = np.minimum(rates[:, None], rates[None, :]) - rates[:, None] * rates[None, :]
        return np.asarray((slope[:, None] * slope[None, :] * joint / np.maximum(n, 1.0)).sum(axis=-1))


def ordered_shares(counts: pd.DataFrame, rule: GoldinReck | None = None) -> pd.DataFrame:
    """The estimate of :class:`OrderedFrames` as a table.

    Parameters
    ----------
    counts
        Layout OrderedCounts.
    rule
        The binary estimator whose route and errors are taken; None: its defaults.

    Returns
    -------
    DataFrame
        A row an option but the lowest: share preferring at least it, standard error, bounds, and the share preferring
        exactly it (differences) with its error. ``attrs["monotone"]``: do shares fall from cut to cut, as they must?

    Raises
    ------
    EvidenceError
        As :meth:`OrderedFrames.fit`, or a rule about the moved or with a bootstrap.

    References
    ----------
    Goldin and Reck (2020), doi:10.1086/706860, appendix D.3.
    """
    import pandas as pd

    made = rule or GoldinReck()
    if made.errors == "bootstrap" or made.about != "people":
        raise EvidenceError(
            f"takes errors 'binomial' or 'cells' about 'people', found {made.errors!r} about {made.about!r}",
            where="ordered_shares",
            remedy="use OrderedFrames",
        )
    found = OrderedFrames(made.route, "people", made.errors).fit(counts)
    exactly = found.diagnostics["exactly"].iloc[1:]
    assert found.identified is not None
    table = {"at_least": found.values, "standard_error": found.errors, "lower": found.identified[:, 0],
             "upper": found.identified[:, 1], "exactly": exactly["share"].to_numpy(),
             "exactly_error": exactly["standard_error"].to_numpy()}  # fmt: skip
    result = pd.DataFrame(table, index=pd.Index(exactly.index, name="option"))
    result.attrs["monotone"] = found.diagnostics["falling"]
    return result


def _read(data: pd.DataFrame) -> tuple[FloatArray, list[Arms]]:
    """The options, and for each cut but the lowest the counts of "at least"."""
    import pandas as pd

    table = LAYOUTS["OrderedCounts"].check(data)
    number = pd.to_numeric(table["option"], errors="coerce").to_numpy(dtype=np.float64)
    if not np.isfinite(number).all():
        row = first_bad(~np.isfinite(number))[0]
        raise EvidenceError(
            f"must be numbers in their order, found {table['option'].iloc[row]!r} in row {row}",
            where="column 'option'",
            remedy="number the options from the lowest to the highest",
        )
    options = np.unique(number)
    if len(options) < 2:
        raise EvidenceError("has fewer than two options", where="column 'option'")
    arms = [Arms.read(table.assign(k=np.where(number >= cut, table["n"], 0))) for cut in options[1:]]
    return options, arms


def _counts(arms: Arms) -> pd.DataFrame:
    """The counts of one cut in layout FrameCounts."""
    import pandas as pd

    from .layouts import FRAMINGS

    shares: Shares = arms.cells
    cell, arm = np.nonzero(shares.n > 0)
    return pd.DataFrame({"cell": [arms.labels[g] for g in cell], "framing": [FRAMINGS[j] for j in arm],
                         "n": shares.n[cell, arm], "k": shares.k[cell, arm]})  # fmt: skip


def _diagnostics(options: FloatArray, values: FloatArray, covariance: FloatArray) -> dict[str, object]:
    """Shares of single options and the mean option, linear in the shares above cuts."""
    import pandas as pd

    count = len(options)
    apart = np.eye(count, count - 1, -1) - np.eye(count, count - 1)
    share = apart @ values
    share[0] += 1.0
    steps = np.diff(options)
    exactly = pd.DataFrame(
        {"share": share, "standard_error": np.sqrt(np.maximum(np.diag(apart @ covariance @ apart.T), 0.0))},
        index=pd.Index(options, name="option"),
    )
    return {
        "exactly": exactly,
        "mean": float(options[0] + steps @ values),
        "mean_error": float(np.sqrt(max(float(steps @ covariance @ steps), 0.0))),
    }
