"""What matching mechanisms add to every comparison: instability for both selves, ranks, and the other side."""

from __future__ import annotations

import numpy as np

from ..errors import NotApplicableError
from ..lenses.lens import Endorsed, Lens, Revealed
from ..lenses.reading import Cardinal, Ranked
from ..mechanism.outcome import Outcome
from ..mechanism.yardsticks import Yardstick
from ..problems.market import Market
from ..problems.problem import Problem
from .blocking import blocking_counts

__all__ = ["MATCHING_YARDSTICKS"]


def _blocking(outcome: Outcome, judge: Problem, lens: Lens) -> float:
    return float(blocking_counts(outcome, judge, lens).pairs)


def _blocking_endorsed(outcome: Outcome, judge: Problem) -> float:
    return _blocking(outcome, judge, Endorsed())


def _blocking_decision(outcome: Outcome, judge: Problem) -> float:
    return _blocking(outcome, judge, Revealed())


def _matched(outcome: Outcome, judge: Problem) -> float:
    return float((outcome.partner >= 0).mean())


def _mean_rank(outcome: Outcome, judge: Problem) -> float:
    """Mean over matched proposers of 1 + how many listed receivers they strictly prefer, under v."""
    reading = Endorsed().read(judge.profile)
    assert isinstance(reading, Ranked)
    index, taken = judge.profile.index, outcome.taken > 0.5
    own = np.full(index.n_agents, np.inf)
    own[index.agent[taken]] = reading.keys[taken]
    better = np.bincount(index.agent, reading.keys > own[index.agent], minlength=index.n_agents)
    matched = np.isfinite(own)
    return float(1.0 + better[matched].mean()) if matched.any() else float("nan")


def _receivers(outcome: Outcome, judge: Problem, lens: Lens) -> float:
    if not isinstance(judge, Market) or not judge.receivers_are_agents or judge.receivers.unit == "ordinal":
        raise NotApplicableError("receivers have no utilities", where="yardstick")
    reading = lens.read(judge.receivers)
    assert isinstance(reading, Cardinal)
    index = judge.receivers.index
    return float(reading.values @ (outcome.partner[index.option] == index.agent))


def _receivers_endorsed(outcome: Outcome, judge: Problem) -> float:
    return _receivers(outcome, judge, Endorsed())


MATCHING_YARDSTICKS = (
    Yardstick("blocking_endorsed", _blocking_endorsed, "less", "pairs that block under endorsed values (T10)"),
    Yardstick("blocking_decision", _blocking_decision, "less", "pairs that block under revealed values (T10)"),
    Yardstick("mean_rank_endorsed", _mean_rank, "less", "mean endorsed rank of the receiver got, 1 is best"),
    Yardstick("matched", _matched, "more", "share of proposers who are matched"),
    Yardstick("receivers_endorsed", _receivers_endorsed, "more", "sum of receivers' endorsed values"),
)
