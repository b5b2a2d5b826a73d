"""Who evaluates what: one table of rows, sorted by (agent, option)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray, frozen
from .._core.registry import nearest
from ..errors import ProfileError, SizeError, UnknownNameError

__all__ = ["Rows", "as_labels", "positions_of", "DENSE_LIMIT"]

DENSE_LIMIT = 1 << 30
"""Bytes above which a dense view is refused."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The evaluated (agent, option) pairs.

    Parameters
    ----------
    agent, option
        (rows,) positions, sorted by (agent, option), no pair twice.
    agents, options
        Labels; ``range(n)`` when there are none.
    """

    agent: npt.NDArray[np.int32]
    option: npt.NDArray[np.int32]
    agents: Sequence[Hashable]
    options: Sequence[Hashable]

    def __len__(self) -> int:
        return len(self.agent)

    @property
    def n_agents(self) -> int:
        """How many agents there are."""
        return len(self.agents)

    @property
    def n_options(self) -> int:
        """How many options there are."""
        return len(self.options)

    @property
    def dense(self) -> bool:
        """Does every agent evaluate every option?"""
        return len(self) == self.n_agents * self.n_options

    @cached_property
    def indptr(self) -> IntArray:
        """(n + 1,) rows of agent i are ``indptr[i]:indptr[i + 1]``."""
        if self.dense:
            return frozen(np.arange(self.n_agents + 1, dtype=np.intp) * self.n_options)
        counts = np.bincount(self.agent, minlength=self.n_agents)
        return frozen(np.concatenate(([0], np.cumsum(counts))).astype(np.intp))

    @classmethod
    def full(cls, agents: Sequence[Hashable], options: Sequence[Hashable]) -> Rows:
        """Every agent evaluates every option."""
        n, m = len(agents), len(options)
        agent = np.repeat(np.arange(n, dtype=np.int32), m)
        option = np.tile(np.arange(m, dtype=np.int32), n)
        return cls(frozen(agent, copy=False), frozen(option, copy=False), agents, options)

    @classmethod
    def sort(
        cls,
        agent: npt.NDArray[Any],
        option: npt.NDArray[Any],
        agents: Sequence[Hashable],
        options: Sequence[Hashable],
    ) -> tuple[Rows, IntArray | None]:
        """Rows from pairs in any order, and the permutation that sorts them (None: they were sorted).

        Raises
        ------
        ProfileError
            A pair stands twice.
        """
        key = agent.astype(np.int64) * max(len(options), 1) + option
        order: IntArray | None = None
        step = np.diff(key)
        if (step <= 0).any():
            order = np.argsort(key, kind="stable")
            step = np.diff(key[order])
        if (step == 0).any():
            at = int(np.argmax(step == 0)) + 1
            at = int(order[at]) if order is not None else at
            raise ProfileError(
                f"agent {agents[int(agent[at])]!r} evaluates option {options[int(option[at])]!r} twice (row {at})",
                where="rows",
                remedy="aggregate duplicate rows before building the profile",
            )
        if order is not None:
            agent, option = agent[order], option[order]
        rows = cls(frozen(agent, np.int32), frozen(option, np.int32), agents, options)
        return rows, order

    def spread(self, values: FloatArray, limit: int = DENSE_LIMIT) -> FloatArray:
        """(n, m) view of a (rows,) vector, nan where there is no row.

        Raises
        ------
        SizeError
            The view would take more than 1 GB.
        """
        n, m = self.n_agents, self.n_options
        if n * m * 8 > limit:
            raise SizeError(
                f"a dense view of {n} x {m} would take {n * m * 8 / 2**30:.1f} GB",
                where="profile",
                remedy="use the row vectors, for example p.rows.revealed with p.rows.agent and p.rows.option",
            )
        if self.dense:
            return frozen(np.reshape(values, (n, m)))
        table = np.full((n, m), np.nan)
        table[self.agent, self.option] = values
        return frozen(table, copy=False)

    def select(self, keep: npt.NDArray[np.bool_]) -> Rows:
        """The rows where ``keep`` is true, same labels."""
        return Rows(frozen(self.agent[keep]), frozen(self.option[keep]), self.agents, self.options)

    @cached_property
    def _agent_index(self) -> dict[Hashable, int]:
        return {label: k for k, label in enumerate(self.agents)}

    @cached_property
    def _option_index(self) -> dict[Hashable, int]:
        return {label: k for k, label in enumerate(self.options)}

    def agent_positions(self, labels: Iterable[Hashable] | Hashable) -> IntArray:
        """Positions of agents by label, or by a mask; UnknownNameError suggests the nearest."""
        return positions_of(labels, self.agents, "agent", self._agent_index)

    def option_positions(self, labels: Iterable[Hashable] | Hashable) -> IntArray:
        """Positions of options by label, or by a mask; UnknownNameError suggests the nearest."""
        return positions_of(labels, self.options, "option", self._option_index)


def as_labels(labels: Iterable[Hashable] | None, count: int, what: str) -> Sequence[Hashable]:
    """``count`` distinct labels; ``range(count)`` for None.

    Raises
    ------
    ProfileError
        Another number of labels, or a label that stands twice.
    """
    if labels is None:
        return range(count)
    default = isinstance(labels, range) and labels == range(len(labels))
    made: Sequence[Hashable] = labels if default else tuple(_plain(label) for label in labels)  # type: ignore[assignment]
    if len(made) != count:
        raise ProfileError(f"must have {count} entries, found {len(made)}", where=what)
    if not isinstance(made, range) and len(set(made)) != count:
        seen: set[Hashable] = set()
        twice = next(label for label in made if label in seen or seen.add(label))  # type: ignore[func-returns-value]
        raise ProfileError(f"labels must differ, {twice!r} stands twice", where=what)
    return made


def _plain(label: Any) -> Hashable:
    """Python scalars in place of those of numpy, so that labels print and save plainly."""
    plain: Hashable = label.item() if isinstance(label, np.generic) else label
    return plain


def _is_label(given: object, index: dict[Hashable, int]) -> bool:
    """A tuple may be a label itself, or several labels."""
    try:
        return isinstance(given, tuple) and given in index
    except TypeError:  # it holds something that cannot be a label
        return False


def _as_mask(given: object) -> npt.NDArray[np.bool_] | None:
    """Booleans as an array; None for labels."""
    if isinstance(given, (list, tuple)):
        return np.array(given) if given and all(isinstance(flag, (bool, np.bool_)) for flag in given) else None
    return np.asarray(given) if np.dtype(bool) == getattr(given, "dtype", None) else None


def positions_of(
    labels: Iterable[Hashable] | Hashable,
    known: Sequence[Hashable],
    what: str,
    index: dict[Hashable, int] | None = None,
) -> IntArray:
    """Positions of labels, a vector. Booleans, in an array or in a list, are a mask: True is not the label 1.

    Raises
    ------
    UnknownNameError
        A label that is not there; the nearest one is suggested.
    ProfileError
        A mask of another length.
    """
    mask = _as_mask(labels)
    if mask is not None:
        if mask.shape != (len(known),):
            raise ProfileError(f"a mask must have shape ({len(known)},), found {mask.shape}", where=f"{what}s")
        return np.flatnonzero(mask)
    index = {label: k for k, label in enumerate(known)} if index is None else index
    single = isinstance(labels, str) or not isinstance(labels, Iterable) or _is_label(labels, index)
    wanted: Iterable[Any] = [labels] if single else labels  # type: ignore[assignment]
    found = []
    for label in wanted:
        plain = _plain(label)
        if plain not in index:
            raise UnknownNameError(
                f"no {what} is called {plain!r}; {nearest(str(plain), [str(k) for k in known[:5000]])}",
                where=f"{what}s",
            )
        found.append(index[plain])
    return np.array(found, dtype=np.intp)
