"""Instances of a hypothesis strategy, smallest first, drawn once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .._core.optional import require
from ..errors import InputError
from ..problems.market import Market
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile

__all__ = ["drawn"]

_POOLS: dict[tuple[int, int], tuple[Any, list[Any]]] = {}  # the strategy is kept, so that its id stays its own


def drawn(strategy: Any, count: int) -> list[Any]:
    """Up to ``count`` instances, always the same ones, ordered by size: rows, agents, motives, then values.

    Trying them in this order costs less than shrinking a large failure, and ends at a small one as well.

    Parameters
    ----------
    strategy
        A hypothesis strategy of problems or profiles, or a list of them, which is taken as it is.
    count
        How many to draw; of a list, the first so many.

    Raises
    ------
    InputError
        Something else than a strategy or a list, or one without instances.
    """
    if isinstance(strategy, (list, tuple)) and strategy:
        return sorted(strategy[:count], key=_size)
    hypothesis = require("hypothesis", "dev")
    if not isinstance(strategy, hypothesis.strategies.SearchStrategy):
        raise InputError(
            f"must be a hypothesis strategy, found {type(strategy).__name__}",
            where="problems",
            remedy="use one of thickecon.testing.strategies",
        )
    key = (id(strategy), count)
    if key not in _POOLS:
        made: list[Any] = []
        settings = hypothesis.settings(
            max_examples=count,
            phases=[hypothesis.Phase.generate],
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        with _whatever_is_imported():
            settings(hypothesis.given(strategy)(_collector(made)))()
        if not made:
            raise InputError("the strategy has no instance", where="problems")
        _POOLS[key] = strategy, sorted(made, key=_size)
    return _POOLS[key][1]


@contextmanager
def _whatever_is_imported() -> Iterator[None]:
    """Draws that depend on the strategy alone.

    Newer versions of hypothesis draw numbers of 100 and more, and words, from the source of modules imported so far: a
    strategy with room for them would have other instances when tests run alone, together, or in another order.
    """
    try:
        from hypothesis.internal.conjecture import providers
        from hypothesis.internal.constants_ast import Constants

        usual, cache, none = providers._get_local_constants, providers.CONSTANTS_CACHE.cache, Constants()
    except (ImportError, AttributeError):  # pragma: no cover - versions that do not look at modules
        yield
        return
    providers._get_local_constants = lambda: none
    cache.clear()  # of what was found in modules before
    try:
        yield
    finally:
        providers._get_local_constants = usual
        cache.clear()


def _collector(into: list[Any]) -> Any:
    def collect(instance: Any) -> None:
        into.append(instance)

    return collect


def _size(instance: Any) -> tuple[float, ...]:
    profiles = [instance] if isinstance(instance, ThickProfile) else []
    if isinstance(instance, Problem):
        profiles = [instance.profile, instance.receivers] if isinstance(instance, Market) else [instance.profile]
    rows, agents = sum(len(p.index) for p in profiles), sum(p.n_agents for p in profiles)
    values = sum(float(np.abs(p.contributions).sum()) for p in profiles)
    return rows, agents, sum(p.n_motives for p in profiles), values
