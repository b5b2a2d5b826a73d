"""The value behind a behaviour, from one signal whose meaning is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .._core.arrays import FloatArray, first_bad
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AnchoredSignal", "anchored_value"]


def anchored_value(ratio: FloatArray, mu: float, pi: float) -> FloatArray:
    """P(V=1 | B) from r = P(A=1 | B) / P(A=1), where A and B are independent given V.

    (r - (1 - pi) / (1 - mu)) / (pi / mu - (1 - pi) / (1 - mu)); with pi = 0 it is 1 - (1 - mu) r.

    Parameters
    ----------
    ratio
        r, of any shape.
    mu
        P(V=1).
    pi
        P(V=1 | A=1), other than mu.
    """
    against = (1 - pi) / (1 - mu)
    return np.asarray((ratio - against) / (pi / mu - against))


@register("AnchoredSignal")
@dataclass(frozen=True)
class AnchoredSignal(Estimator):
    """The share of a behaviour (a like, a reply) behind which there is value, from an anchor that tells value.

    The anchor A, "see less of this" for instance, has a known P(V=1 | A=1). If A and the behaviour are independent
    given value, how much rarer the anchor is where the behaviour is seen tells P(V=1 | behaviour). A number outside
    [0, 1] means that this fails, and is an error: it is not clipped.

    Parameters
    ----------
    mu
        P(V=1), the share of items of value.
    pi
        P(V=1 | A=1), among items with the anchor.
    mu_error
        Standard error of ``mu``.

    References
    ----------
    Milli, Belli and Hardt (2021), "From optimizing engagement to measuring value", FAccT 2021, arXiv:2008.12623 (the
    anchor); the closed form is own, from conditional independence.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"behaviour": ["all", "like", "reply"], "n": [10**6] * 3, "k": [60000, 10000, 80000]})
    >>> AnchoredSignal(mu=0.4, pi=0.0).fit(data).estimate.round(6).to_dict()
    {'like': 0.9, 'reply': 0.2}
    """

    kind: ClassVar[Kind] = "endorsement"
    title: ClassVar[str] = "Value from one anchored signal"
    citation: ClassVar[str] = "Milli, Belli and Hardt (2021), FAccT"
    doi: ClassVar[str | None] = "10.1145/3442188.3445933"
    layout: ClassVar[str] = "AnchorCounts"

    mu: float = 0.5
    pi: float = 0.0
    mu_error: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.mu < 1 or not 0 <= self.pi <= 1 or self.mu == self.pi or self.mu_error < 0:
            raise EvidenceError(
                f"need mu in (0, 1), pi in [0, 1] other than mu, mu_error >= 0; found {self.mu}, {self.pi},"
                f" {self.mu_error}",
                where="AnchoredSignal",
                remedy="an anchor that says nothing of value cannot anchor",
            )

    def fit(self, data: pd.DataFrame) -> Estimate:
        """Endorsed shares by behaviour.

        Parameters
        ----------
        data
            Layout AnchorCounts: behaviour, n items with it, k of them with the anchor; one row "all" for all items.

        Returns
        -------
        Estimate
            Kind "endorsement", a name a behaviour, delta-method covariance (behaviours overlap in the items of "all":
            that is neglected, and errors are slightly too large where they do).

        Raises
        ------
        EvidenceError
            A table that is not of this layout, k > n, no row "all", no anchor at all, a share outside [0, 1].
        """
        table = LAYOUTS["AnchorCounts"].check(data)
        n, k = (np.asarray(table[c].to_numpy(dtype=np.float64)) for c in ("n", "k"))
        bad = (k > n) | (k < 0) | (n <= 0) | (n != np.round(n)) | (k != np.round(k))
        if bad.any():
            row = first_bad(bad)[0]
            raise EvidenceError(f"needs whole 0 <= k <= n, n >= 1, found k={k[row]:g}, n={n[row]:g} in row {row}",
                                where="column 'k'")  # fmt: skip
        whole = (table["behaviour"].astype(str) == "all").to_numpy()
        if whole.sum() != 1 or not k[whole][0]:
            raise EvidenceError("needs one row 'all', in which the anchor occurs", where="column 'behaviour'")
        base = float(k[whole][0] / n[whole][0])
        names = tuple(table["behaviour"].astype(str)[~whole])
        share = k[~whole] / n[~whole]
        values = anchored_value(share / base, self.mu, self.pi)
        self._within(names, values)
        return self._estimate(names, values, share, n[~whole], base, float(n[whole][0]), int(n[whole][0]))

    def _within(self, names: tuple[str, ...], values: FloatArray) -> None:
        outside = (values < -1e-12) | (values > 1 + 1e-12)
        if outside.any():
            at = int(np.argmax(outside))
            raise EvidenceError(
                f"{names[at]!r} comes out at {values[at]:.6f}, outside [0, 1]: the anchor is not independent of it"
                " given value, or mu or pi is wrong",
                where="AnchoredSignal",
                remedy="leave the behaviour out, or choose another anchor",
            )

    def _estimate(
        self, names: tuple[str, ...], values: FloatArray, share: FloatArray, n: FloatArray, base: float, total: float,
        items: int,
    ) -> Estimate:  # fmt: skip
        slope = 1.0 / (self.pi / self.mu - (1 - self.pi) / (1 - self.mu))
        own = np.diag((slope / base) ** 2 * share * (1 - share) / n)
        shared = (slope * share / base**2)[:, None] * (slope * share / base**2) * base * (1 - base) / total
        step = 1e-6
        by_mu = (anchored_value(share / base, self.mu + step, self.pi)
                 - anchored_value(share / base, self.mu - step, self.pi)) / (2 * step)  # fmt: skip
        return Estimate(
            "endorsement",
            names,
            values,
            own + shared + self.mu_error**2 * np.outer(by_mu, by_mu),
            None,
            None,
            "share",
            (
                "the anchor and the behaviour are independent given value",
                f"the anchor's meaning is known: P(value | anchor) = {self.pi:g}",
            ),
            {"anchor_rate": base},
            Source("AnchoredSignal", self.citation, self.doi, items,
                   tuple((key, str(entry)) for key, entry in self.parameters.items()),
                   "behaviour with no value behind it", "the anchor and the behaviour are independent given value"),
        )  # fmt: skip
