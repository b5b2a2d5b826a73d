"""The order that choices contradict least, and by how much: the swaps index of Apesteguia and Ballester."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import EvidenceError, NotApplicableError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .framed_menus import FramedMenus
from .kernels import best_orders, linear_order, most_consistent

if TYPE_CHECKING:
    import pandas as pd

    from ..profiles.profile import ThickProfile

__all__ = ["SwapsEstimate", "SwapsIndex"]

DYNAMIC = 16
"""Options up to which sums over subsets are used; beyond, an integer programme."""


@dataclass(frozen=True, eq=False)
class SwapsEstimate(Estimate):
    """The index, and the orders that attain it, best option first.

    Attributes
    ----------
    options
        Labels, in the order of ``swaps``.
    orders
        Those that attain the index, or the first of them (``n_orders`` says how many there are; None: more than one).
    swaps
        (K, K) weight of choices of the second where the first could be had.
    """

    options: tuple[Hashable, ...] = ()
    orders: tuple[tuple[Hashable, ...], ...] = ()
    n_orders: int | None = 1
    swaps: FloatArray | None = None

    @property
    def index(self) -> float:
        """The swaps index."""
        return float(self.values[0])

    @property
    def order(self) -> tuple[Hashable, ...]:
        """The welfare order.

        Raises
        ------
        NotApplicableError
            Several orders attain the index.
        """
        if self.n_orders != 1:
            raise NotApplicableError(
                "several orders attain the index", where="order", remedy="read .orders; what they share is known"
            )
        return self.orders[0]

    def to_profile(self, revealed: Any, **named: Any) -> ThickProfile:
        """An ordinal thick profile of one agent: what it chose by, and the welfare order as what it stands behind.

        Parameters
        ----------
        revealed
            A ranking by positions of ``options``, best first.
        named
            Passed on to :meth:`ThickProfile.from_rankings`.

        Raises
        ------
        NotApplicableError
            Several orders attain the index.
        """
        from ..profiles.profile import ThickProfile

        place = {option: k for k, option in enumerate(self.options)}
        endorsed = [[place[option] for option in self.order]]
        return ThickProfile.from_rankings([list(revealed)], endorsed, **{"options": self.options, **named})


@register("SwapsIndex")
@dataclass(frozen=True)
class SwapsIndex(Estimator):
    """The order P that minimises the weight of options that stood above the chosen one, over all choices.

    I = min_P sum_(A, a) f(A, a) |{x in A: x P a}|, f the frequencies. Where a choice is the more likely the better it
    is (a logit, a trembling hand), the minimiser is the true order in large samples. Where frames push all choices one
    way, it is not: it follows them.

    Parameters
    ----------
    normalise
        True: weights are divided by their sum, so that the index is per choice.
    most_orders
        How many of the orders that attain the index are listed.
    draws, rng
        Of the multinomial bootstrap over rows; 0: no standard error.
    time_limit
        Seconds for the integer programme (more than 16 options).

    References
    ----------
    Apesteguia and Ballester (2015), "A Measure of Rationality and Welfare", Journal of Political Economy 123(6),
    doi:10.1086/683838.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("abc", "a", 0.4), ("ab", "a", 0.2), ("bc", "b", 0.2), ("abc", "c", 0.1), ("ac", "c", 0.1)]
    >>> data = pd.DataFrame(
    ...     [(0, k, list(m), [c], "-", w) for k, (m, c, w) in enumerate(rows)],
    ...     columns=["agent", "obs", "menu", "chosen", "frame", "weight"],
    ... )
    >>> found = SwapsIndex(draws=0).fit(data)
    >>> round(found.index, 12), found.order
    (0.3, ('a', 'b', 'c'))
    """

    kind: ClassVar[Kind] = "relation"
    title: ClassVar[str] = "Swaps index"
    citation: ClassVar[str] = "Apesteguia and Ballester (2015), Journal of Political Economy 123(6)"
    doi: ClassVar[str | None] = "10.1086/683838"
    layout: ClassVar[str] = "FramedChoices"

    normalise: bool = False
    most_orders: int = 100
    draws: int = 200
    rng: RNG = None
    time_limit: float | None = None

    def __post_init__(self) -> None:
        if self.most_orders < 1 or self.draws < 0 or self.draws == 1:
            raise EvidenceError(
                f"need most_orders >= 1 and draws 0 or at least 2, found {self.most_orders} and {self.draws}",
                where="SwapsIndex",
            )

    def fit(self, data: pd.DataFrame) -> SwapsEstimate:
        """Estimate from choices of one option a menu; all rows together, whoever's they are.

        Parameters
        ----------
        data
            Layout FramedChoices, one chosen option a row; weight where there is one.

        Returns
        -------
        SwapsEstimate
            Kind "relation": ``index``, ``order``, ``orders``, ``swaps``.

        Raises
        ------
        EvidenceError
            A table that is not of this layout, several chosen options in a row, no weight.
        SolverError
            The integer programme was stopped.
        """
        read = FramedMenus.read(data)
        several = (read.chosen & (read.chosen - np.uint64(1))) != 0
        if several.any():
            raise EvidenceError(
                f"row {int(np.argmax(several))} has several chosen options",
                where="column 'chosen'",
                remedy="give each a row of its own, with its weight",
            )
        weight = read.weight / (read.weight.sum() if self.normalise else 1.0)
        if not weight.sum() > 0:
            raise EvidenceError("no row has a weight", where="column 'weight'")
        size = len(read.options)
        above = _above(read, size)  # (rows, K) what could be had beside the chosen one
        picked = np.log2(read.chosen.astype(np.float64)).astype(np.intp)
        table = _swaps(above, picked, weight, size)
        index, count, found = self._orders(table)
        spread, stable = self._bootstrap(above, picked, read.weight, float(weight.sum()), found, size)
        return self._estimate(read, table, index, count, found, spread, stable, picked, weight)

    def _orders(self, table: FloatArray) -> tuple[float, int | None, list[tuple[int, ...]]]:
        if len(table) <= DYNAMIC:
            return best_orders(table, self.most_orders)
        from .ordering_programme import ordering_programme

        first, value = ordering_programme(table, time_limit=self.time_limit)
        other, second = ordering_programme(table, unlike=first, time_limit=self.time_limit)
        if second > value + 1e-9 * max(float(table.sum()), 1e-300):
            return value, 1, [first]
        return value, None, [first, other]

    def _bootstrap(
        self, above: Any, picked: Any, weight: FloatArray, scale: float, found: list[tuple[int, ...]], size: int
    ) -> tuple[float | None, float | None]:
        """(standard error of the index, share of draws in which the first order is still best)."""
        if not self.draws or size > DYNAMIC:
            return None, None
        total = round(float(weight.sum())) if np.allclose(weight, np.round(weight)) else len(weight)
        times = generator(self.rng).multinomial(max(total, 1), weight / weight.sum(), size=self.draws)
        values, kept = np.empty(self.draws), 0
        for b in range(self.draws):
            table = _swaps(above, picked, times[b] * (scale / total), size)
            values[b] = linear_order(table)
            kept += bool(_cost(table, found[0]) <= values[b] + 1e-9 * table.sum())
        return float(values.std(ddof=1)), kept / self.draws

    def _estimate(
        self,
        read: FramedMenus,
        table: FloatArray,
        index: float,
        count: int | None,
        found: list[tuple[int, ...]],
        spread: float | None,
        stable: float | None,
        picked: Any,
        weight: FloatArray,
    ) -> SwapsEstimate:
        size = len(read.options)
        diagnostics: dict[str, Any] = {"options": size, "choices": float(read.weight.sum())}
        if size <= DYNAMIC:
            diagnostics["houtman_maks"] = most_consistent(read.menu.astype(np.int64), picked, weight, size)
        if stable is not None:
            diagnostics["order_in_bootstrap"] = stable
        said = [] if count == 1 else ["several orders attain the index: the data do not tell them apart"]
        if spread is None and self.draws:
            said.append(f"no bootstrap beyond {DYNAMIC} options: each draw would be an integer programme")
        return SwapsEstimate(
            "relation",
            ("swaps index",),
            np.array([index]),
            None if spread is None else np.array([[spread**2]]),
            None,
            None,
            "share",
            (
                "choices are the more likely the better they are; nothing pushes them all one way",
                "one order stands behind all rows",
            ),
            {**diagnostics, "warnings": tuple(said)},
            Source("SwapsIndex", self.citation, self.doi, len(read.menu),
                   tuple((key, str(entry)) for key, entry in self.parameters.items()),
                   "choices against the order: they count as mistakes"),
            scalar=True,
            refusal="is an order: use to_profile(revealed) with an ordinal mechanism",
            options=read.options,
            orders=tuple(tuple(read.options[k] for k in order) for order in found),
            n_orders=count,
            swaps=table,
        )  # fmt: skip


def _above(read: FramedMenus, size: int) -> Any:
    masks = read.menu & ~read.chosen
    return ((masks[:, None] >> np.arange(size, dtype=np.uint64)) & np.uint64(1)).astype(np.float64)


def _swaps(above: Any, picked: Any, weight: FloatArray, size: int) -> FloatArray:
    """(x, a) weight of choices of a where x could be had."""
    made = np.zeros((size, size))
    for a in range(size):
        mine = picked == a
        made[:, a] = weight[mine] @ above[mine]
    return made


def _cost(table: FloatArray, order: tuple[int, ...]) -> float:
    return float(sum(table[x, a] for x, a in combinations(order, 2)))
