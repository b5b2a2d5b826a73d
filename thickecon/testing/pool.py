"""Instances of a hypothesis strategy, smallest first, drawn once."""

from __future__ import annotations

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
        settings(hypothesis.given(strategy)(_collector(made)))()
        if not made:
            raise InputError("the strategy has no instance", where="problems")
        _POOLS[key] = strategy, sorted(made, key=_size)
    return _POOLS[key][1]


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
