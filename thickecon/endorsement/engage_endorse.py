"""Stated against engaged: what a ranking adds to engagement, and how much of that people want."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, first_bad
from .._core.rng import RNG, generator
from ..errors import EvidenceError, UnknownNameError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EngageEndorse", "sharpened_q"]


@register("EngageEndorse")
@dataclass(frozen=True)
class EngageEndorse(Estimator):
    """The share of the engagement that a ranking adds which goes to items that users say they want.

    Every user saw items of the ranking and of a baseline. With g = engaged and w = 1 where the item is wanted
    (``endorsed`` = 1), the share is the mean within-user difference of g w over that of g. Effects on both, on stated
    value and on every further outcome column stand in ``diagnostics["effects"]``: mean within-user difference of
    timeline means, in standard deviations of the baseline's user means (Glass), bootstrap interval over users,
    sign-flip permutation p, and q-values sharpened over outcomes.

    Parameters
    ----------
    ranker
        The ranking; None: the one that is not the baseline.
    baseline
        What it is held against.
    outcomes
        Further numeric columns, for instance animosity.
    draws, rng
        Bootstrap and permutations.

    References
    ----------
    Milli, Carroll, Wang, Pandey, Zhao and Dragan (2025), "Engagement, user satisfaction, and the amplification of
    divisive content on social media", PNAS Nexus 4(3), doi:10.1093/pnasnexus/pgaf062 (the effects); the share is own.
    Benjamini, Krieger and Yekutieli (2006), doi:10.1093/biomet/93.3.491; Anderson (2008),
    doi:10.1198/016214508000000841 (q-values).
    """

    kind: ClassVar[Kind] = "endorsement"
    title: ClassVar[str] = "Stated against engaged"
    citation: ClassVar[str] = "Milli et al. (2025), PNAS Nexus 4(3)"
    doi: ClassVar[str | None] = "10.1093/pnasnexus/pgaf062"
    layout: ClassVar[str] = "EngageEndorse"

    ranker: Hashable | None = None
    baseline: Hashable = "chronological"
    outcomes: tuple[str, ...] = ()
    draws: int = 2000
    rng: RNG = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "outcomes", tuple(self.outcomes))
        if self.draws < 100:
            raise EvidenceError(f"must be at least 100, found {self.draws!r}", where="EngageEndorse.draws")

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from items that users saw and rated.

        Parameters
        ----------
        data
            Layout EngageEndorse: user, item, ranker, engaged (0/1), endorsed (-1, 0, 1), further outcomes.

        Returns
        -------
        Estimate
            Kind "endorsement", scalar, bootstrap error over users.

        Raises
        ------
        EvidenceError
            A table that is not of this layout, fewer than two users with both rankings, or no engagement added.
        UnknownNameError
            A ranking that is not there.
        """
        table = LAYOUTS["EngageEndorse"].check(data, self.outcomes)
        _check(table, "engaged", (0, 1))
        _check(table, "endorsed", (-1, 0, 1))
        ranker = self._ranker(table)
        wanted = table.assign(
            wanted_engaged=table["engaged"].astype(float) * (table["endorsed"].astype(float) == 1),
            stated=table["endorsed"].astype(float),
            engaged=table["engaged"].astype(float),
        )
        names = ["engaged", "wanted_engaged", "stated", *self.outcomes]
        means = wanted.groupby(["user", "ranker"], observed=True)[names].mean().unstack("ranker")
        wide: Any = means
        tables = [wide.xs(name, axis=1, level="ranker") for name in (ranker, self.baseline)]
        ours, base = (np.asarray(table[names].to_numpy(dtype=np.float64)) for table in tables)
        both = np.isfinite(ours).all(axis=1) & np.isfinite(base).all(axis=1)
        if int(both.sum()) < 2:
            raise EvidenceError(
                f"{int(both.sum())} users saw both rankings, at least 2 are needed", where="EngageEndorse"
            )
        ours, base = ours[both], base[both]
        gaps = ours - base
        gen = generator(self.rng)
        users = len(gaps)
        weights = gen.multinomial(users, np.full(users, 1 / users), size=self.draws) / users
        drawn = weights @ gaps
        if not gaps[:, 0].mean() > 2 * gaps[:, 0].std(ddof=1) / np.sqrt(users):
            raise EvidenceError(
                "the ranking adds no engagement beyond chance, so there is no share of it",
                where="EngageEndorse",
                remedy="read the effects with another estimator, or collect more users",
            )
        effects = _effects(names, gaps, base, drawn, gen, self.draws)
        share = float(gaps[:, 1].mean() / gaps[:, 0].mean())
        ratio = drawn[:, 1] / drawn[:, 0]
        scores = (gaps[:, 1] - share * gaps[:, 0]) / gaps[:, 0].mean()
        said = () if 0 <= share <= 1 else ("outside [0, 1], not clipped: engagement displaces what is wanted",)
        error = float(scores.std(ddof=1) / np.sqrt(users))
        return Estimate(
            "endorsement",
            ("share endorsed",),
            np.array([share]),
            np.array([[error**2]]),
            None,
            None,
            "share",
            (
                "what users say of an item is what they stand behind",
                "users saw items of both rankings in the same mood; each engagement counts alike",
            ),
            {
                "users": users,
                "ranker": str(ranker),
                "effects": effects,
                "percentile_95": (float(np.quantile(ratio, 0.025)), float(np.quantile(ratio, 0.975))),
                "warnings": said,
            },
            Source("EngageEndorse", self.citation, self.doi, len(table),
                   tuple((key, str(entry)) for key, entry in self.parameters.items()),
                   "engagement with items that users do not say they want"),
            scalar=True,
        )  # fmt: skip

    def _ranker(self, table: pd.DataFrame) -> Hashable:
        known: list[Hashable] = list(dict.fromkeys(table["ranker"]))
        for name in (self.baseline, *(() if self.ranker is None else (self.ranker,))):
            if name not in known:
                raise UnknownNameError(f"no ranking is called {name!r}; there are {known}", where="column 'ranker'")
        others = [name for name in known if name != self.baseline]
        if self.ranker is not None:
            return self.ranker
        if len(others) != 1:
            raise EvidenceError(f"say which of {others} is meant", where="EngageEndorse.ranker")
        return others[0]


def _effects(
    names: list[str], gaps: FloatArray, base: FloatArray, drawn: FloatArray, gen: np.random.Generator, draws: int
) -> pd.DataFrame:
    import pandas as pd

    mean, spread = gaps.mean(axis=0), base.std(axis=0, ddof=1)
    signs = 1.0 - 2.0 * gen.integers(0, 2, (draws, len(gaps)))
    flipped = np.abs(signs @ gaps) / len(gaps)
    p = ((flipped >= np.abs(mean) - 1e-12).sum(axis=0) + 1) / (draws + 1)
    with np.errstate(all="ignore"):
        glass = np.where(spread > 0, mean / spread, np.nan)
    return pd.DataFrame(
        {
            "effect": mean,
            "glass": glass,
            "low": np.quantile(drawn, 0.025, axis=0),
            "high": np.quantile(drawn, 0.975, axis=0),
            "p": p,
            "q": sharpened_q(p),
        },
        index=pd.Index(names, name="outcome"),
    )


def sharpened_q(p: npt.ArrayLike) -> FloatArray:
    """(m,) the least false discovery rate at which each hypothesis is rejected by the two-stage procedure.

    At the rate q, with q' = q / (1 + q): r1 hypotheses are rejected by the linear step-up rule at q'; then it is run
    again at q' m / (m - r1). Rates are searched in steps of .001, as in Anderson's published code.

    Parameters
    ----------
    p
        (m,) in [0, 1].

    Raises
    ------
    EvidenceError
        Entries outside [0, 1].

    References
    ----------
    Benjamini, Krieger and Yekutieli (2006), doi:10.1093/biomet/93.3.491, definition 6; Anderson (2008),
    doi:10.1198/016214508000000841

    Examples
    --------
    >>> sharpened_q([0.001, 0.5]).round(3).tolist()
    [0.003, 0.334]
    """
    x = as_floats(p, "p", error=EvidenceError)
    if x.ndim != 1 or ((x < 0) | (x > 1) | np.isnan(x)).any():
        raise EvidenceError("must be numbers in [0, 1]", where="p")
    m = len(x)
    order = np.argsort(x, kind="stable")
    sorted_p, steps = x[order], np.arange(1, m + 1)
    found = np.ones(m)
    for q in np.arange(1000, 0, -1) / 1000:
        first = q / (1 + q)
        r1 = _step_up(sorted_p, steps, first)
        second = m if r1 == m else _step_up(sorted_p, steps, first * m / (m - r1))
        found[: second if r1 else 0] = q
    made = np.empty(m)
    made[order] = found
    return made


def _step_up(sorted_p: FloatArray, steps: npt.NDArray[np.int64], rate: float) -> int:
    passed = np.flatnonzero(sorted_p <= rate * steps / len(sorted_p) + 1e-15)
    return int(passed[-1]) + 1 if len(passed) else 0


def _check(table: pd.DataFrame, name: str, allowed: tuple[int, ...]) -> None:
    bad = ~np.isin(table[name].to_numpy(), allowed)
    if bad.any():
        row = first_bad(bad)[0]
        raise EvidenceError(
            f"must be one of {', '.join(map(str, allowed))}, found {table[name].iloc[row]} in row {row}",
            where=f"column {name!r}",
        )
