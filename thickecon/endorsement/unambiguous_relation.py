"""The unambiguous relation: what is never, or never alone, chosen where something else could be had."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.arrays import BoolArray, IntArray
from .._core.registry import nearest
from ..errors import EvidenceError, UnknownNameError
from .kernels import cyclic, levels, transitive_core, undominated

if TYPE_CHECKING:
    import pandas as pd

    from ..profiles.profile import ThickProfile

__all__ = ["UnambiguousRelation"]


@dataclass(frozen=True, eq=False)
class UnambiguousRelation:
    """P* and R' of many agents.

    Attributes
    ----------
    agents, options
        Labels.
    strict
        (n, K, K) x P* y: y is never chosen where x could be had, and they stood together at least once.
    weak
        (n, K, K) x R' y: wherever both could be had and y was chosen, x was chosen too.
    complete
        (n,) did every menu occur? Then P* has no cycle (a theorem); else cycles are looked for and reported.
    """

    agents: tuple[Hashable, ...]
    options: tuple[Hashable, ...]
    strict: BoolArray
    weak: BoolArray
    complete: BoolArray

    @cached_property
    def weak_strict(self) -> BoolArray:
        """(n, K, K) P', the asymmetric part of R'; it contains P* and may have cycles."""
        return np.asarray(self.weak & ~np.swapaxes(self.weak, 1, 2))

    @cached_property
    def cyclic(self) -> BoolArray:
        """(n,) does P* have a cycle?"""
        return np.asarray(cyclic(self.strict))

    @property
    def core(self) -> BoolArray:
        """(n, K, K) transitive core of R' with joint absence read as no ranking (Nishimura 2018)."""
        return transitive_core(self.weak)

    def optima(self, menu: Iterable[Hashable] | None = None, *, strict: bool = False) -> pd.DataFrame:
        """(n, K) which options of a menu are individual welfare optima.

        Parameters
        ----------
        menu
            None: everything.
        strict
            False: weak optima, which no option beats by P*. True: strict optima, which none beats by P'.

        Raises
        ------
        UnknownNameError
            An option that is not there.
        """
        import pandas as pd

        on = self._menu(menu)
        found = undominated(self.weak_strict if strict else self.strict, on)
        return pd.DataFrame(found, index=pd.Index(self.agents, name="agent"), columns=list(self.options))

    def pareto(self, menu: Iterable[Hashable] | None = None) -> tuple[Hashable, ...]:
        """Options of the menu that no other option beats by P* for every agent.

        Raises
        ------
        UnknownNameError
            An option that is not there.
        """
        agreed: BoolArray = np.asarray(self.strict.all(axis=0))
        kept = undominated(agreed, self._menu(menu))
        return tuple(option for option, good in zip(self.options, kept, strict=True) if good)

    def _menu(self, menu: Iterable[Hashable] | None) -> BoolArray:
        if menu is None:
            return np.ones(len(self.options), dtype=bool)
        asked = list(menu)
        for name in asked:
            if name not in self.options:
                raise UnknownNameError(
                    f"no option is called {name!r}; {nearest(str(name), [str(x) for x in self.options])}", where="menu"
                )
        return np.array([option in asked for option in self.options])

    def levels(self) -> IntArray:
        """(n, K) 0 for what nothing beats by P*, 1 for what nothing beats once those are gone, and so on.

        A completion, not P*: options that P* leaves open are ranked alike where they come free together. -1 in cycles.
        """
        return levels(self.strict)

    def to_profile(self, revealed: Iterable[Any], **named: Any) -> ThickProfile:
        """An ordinal thick profile: what agents chose by, and the completion of P* as what they stand behind.

        Parameters
        ----------
        revealed
            (n) rankings, as :meth:`ThickProfile.from_rankings` reads them, by positions of ``options``.
        named
            Passed on to :meth:`ThickProfile.from_rankings`.

        Raises
        ------
        EvidenceError
            P* of some agent has a cycle.
        """
        from ..profiles.profile import ThickProfile

        rank = self.levels()
        if (rank < 0).any():
            who = self.agents[int(np.argmax((rank < 0).any(axis=1)))]
            raise EvidenceError(
                f"P* of {who!r} has a cycle, so it ranks nothing in it",
                where="to_profile",
                remedy="observe more menus, or leave the agent out",
            )
        endorsed = [
            [[int(x) for x in np.flatnonzero(row == step)] for step in range(int(row.max()) + 1)] for row in rank
        ]
        return ThickProfile.from_rankings(
            list(revealed), endorsed, **{"agents": self.agents, "options": self.options, **named}
        )
