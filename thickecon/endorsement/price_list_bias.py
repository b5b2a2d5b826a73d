"""Bias at the margin from price lists answered before and after information: Allcott and Taubinsky."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import BoolArray, FloatArray, first_bad
from ..errors import EvidenceError
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PriceLists"]

TREATED, CONTROL, ENDLINE = "treatment", "control", "endline_only"


@dataclass(frozen=True, eq=False)
class PriceLists:
    """Willingness to pay before and after.

    Attributes
    ----------
    before, after
        (rows,) money; ``before`` is nan where only the end was asked.
    arm
        (rows,) 0 treated, 1 control, 2 asked at the end only.
    censored
        (rows,) an answer at an end of the scale.
    person
        (rows,) codes.
    """

    before: FloatArray
    after: FloatArray
    arm: FloatArray
    censored: FloatArray
    person: FloatArray

    @classmethod
    def read(cls, data: pd.DataFrame) -> PriceLists:
        """From layout WTPPairs.

        Raises
        ------
        EvidenceError
            A column that is missing, an arm of another name, no treated or no control person, amounts not finite.
        """
        import pandas as pd

        there = getattr(data, "columns", ())
        filled = data
        if "arm" in there and "wtp_decision" in there:
            only = (data["arm"].astype(str) == ENDLINE).to_numpy()
            filled = data.assign(wtp_decision=data["wtp_decision"].where(~only, 0.0))
        table = LAYOUTS["WTPPairs"].check(filled, ("censored",) if "censored" in there else ())
        arms = (TREATED, CONTROL, ENDLINE)
        arm = np.asarray(pd.Index(arms).get_indexer(pd.Index(table["arm"].astype(str))))
        if (arm < 0).any():
            row = first_bad(arm < 0)[0]
            raise EvidenceError(
                f"must be one of {', '.join(arms)}, found {table['arm'].iloc[row]!r} in row {row}", where="column 'arm'"
            )
        before, after = (np.array(table[c].to_numpy(dtype=np.float64)) for c in ("wtp_decision", "wtp_reflective"))
        if not (np.isfinite(before).all() and np.isfinite(after).all()):
            raise EvidenceError("amounts must be finite", where="columns 'wtp_decision', 'wtp_reflective'")
        for code in (0, 1):
            if (arm == code).sum() < 2:
                raise EvidenceError(f"fewer than two rows of arm {arms[code]!r}", where="column 'arm'")
        before[arm == 2] = np.nan
        cut = np.zeros(len(table)) if "censored" not in table else table["censored"].to_numpy(dtype=np.float64)
        person = pd.factorize(table["agent"])[0]
        return cls(before, after, arm.astype(np.float64), cut, np.asarray(person, dtype=np.float64))

    def anchoring(self, weights: FloatArray) -> FloatArray:
        """(B,) by how much changes must be scaled up: having answered before holds the second answer back.

        Mean after of those asked at the end only, less mean before, over the change of the treated; 1 without that arm.
        """
        late = self.arm == 2
        if not late.any():
            return np.ones(len(weights))
        start = _mean(weights, self.before, self.arm < 2)
        change = _mean(weights, self.after, self.arm == 0) - _mean(weights, self.before, self.arm == 0)
        return np.asarray((_mean(weights, self.after, late) - start) / change)

    def bias(self, weights: FloatArray, prices: FloatArray, bandwidth: float | None) -> FloatArray:
        """(B, 1 + prices) mean undervaluation tau, and B(p), its mean among those who would pay p, by a normal kernel.

        tau = change of the treated less the mean change of the control, scaled for anchoring.
        """
        drift = _mean(weights, self.after - self.before, self.arm == 1)
        scale = self.anchoring(weights)
        treated = self.arm == 0
        tau = (self.after - self.before)[treated]
        w, at = weights[:, treated], self.before[treated]
        mean = (w @ tau) / w.sum(axis=1)
        table = [mean]
        wide = bandwidth or 1.06 * float(at.std()) * len(at) ** -0.2
        for p in prices:
            kernel = np.exp(-0.5 * ((at - p) / wide) ** 2) if wide > 0 else (at == p).astype(float)
            local = w * kernel
            with np.errstate(all="ignore"):
                table.append((local @ tau) / local.sum(axis=1))
        return np.asarray((np.stack(table, axis=1) - drift[:, None]) * scale[:, None])

    def resampled(self, draws: int, gen: np.random.Generator) -> FloatArray:
        """(draws, rows) how often each row's person is in a bootstrap sample."""
        people = int(self.person.max()) + 1
        times = gen.multinomial(people, np.full(people, 1 / people), size=draws)
        return np.asarray(times[:, self.person.astype(np.intp)], dtype=np.float64)


def _mean(weights: FloatArray, values: FloatArray, inside: BoolArray) -> FloatArray:
    w = weights[:, inside]
    return np.asarray(w @ values[inside] / w.sum(axis=1))
