"""What mutation tests of the suite share: a suite that a correct auction passes, and a list of duties that fail."""

from __future__ import annotations

import numpy as np

import thickecon as te
from thickecon.errors import ThickEconError
from thickecon.testing import MechanismConformance, Twin

DUTIES = [name for name in dir(MechanismConformance) if name.startswith("test_")]


def failures(suite: MechanismConformance) -> dict[str, str]:
    """Duties that fail, without ``test_``, and what they say."""
    found = {}
    for name in DUTIES:
        try:
            getattr(suite, name)()
        except (AssertionError, ThickEconError) as err:
            found[name.removeprefix("test_")] = str(err)
    return found


def rivals(numbers):
    """Two bidders for one item: a value endorsed in full, and an influence, either way, by a quarter."""
    table = np.array(numbers, dtype=float).reshape(2, 2, 1)
    table[:, 0] = np.abs(table[:, 0])
    motives = ["value", te.Motive("influence", "influence")]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.25], motives=motives, unit="money")


RIVALS = [rivals(np.random.default_rng(seed).integers(-8, 9, 4)) for seed in range(300)]


def crowd(seed: int) -> te.ThickProfile:
    """Up to four bidders, two items and three motives, whole values, endorsements in quarters; some list one item.

    Every third is a pair of rivals.
    """
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:
        return rivals(rng.integers(-8, 9, 4))
    n, count, m = int(rng.integers(2, 5)), int(rng.choice([1, 2, 2, 3])), int(rng.integers(1, 3))
    table = rng.integers(-1, 3, (n, count, m)).astype(float)
    table[np.repeat(rng.random((n, 1, m)) < 0.1, count, axis=1)] = np.nan
    motives = ["value", *(te.Motive(f"influence {c}", "influence") for c in range(1, count))]
    shares = np.append(1.0, rng.integers(0, 5, 2) / 4)[:count]
    return te.ThickProfile.from_arrays(table, endorsement=shares, motives=motives, unit="money")


CROWDS = [crowd(seed) for seed in range(300)]


class Auctions(MechanismConformance):
    """Second price on crowded auctions, so that ties are the rule."""

    problems = CROWDS
    examples = 40
    searched = 80

    def __init__(self, mechanism, twin=None):
        self.mechanisms = (mechanism,)
        self._twin = twin

    def twin(self, mechanism, problem):
        """Each column sorted. Who wins is open among equals."""
        if self._twin is not None:
            return self._twin(problem)
        table = np.nan_to_num(problem.profile.revealed, nan=-1.0)
        top, second = np.sort(np.vstack([table, -np.ones((2, table.shape[1]))]), axis=0)[[-1, -2]]
        index = problem.profile.index

        def accepts(taken):
            sold = np.bincount(index.option, taken, minlength=len(top))
            worth = np.bincount(index.option, taken * problem.profile.rows.revealed, minlength=len(top))
            return bool((sold <= 1).all() and np.array_equal(worth, np.maximum(top, 0.0) * (top >= 0)))

        if (top == second).any():
            return Twin(accepts=accepts)
        pays = np.zeros(len(table))
        np.add.at(pays, table.argmax(axis=0), np.where(top >= 0, np.maximum(second, 0.0), 0.0))
        return Twin(payments=pays, accepts=accepts)

    def witness_problems(self, mechanism, claim):
        return RIVALS


def assert_found(bug, duty, words, also=()) -> None:
    """All ten duties run on the bug: the one named fails with these words, and besides it at most ``also``."""
    found = failures(Auctions(bug()))
    assert duty in found, f"not found; other duties: {found}"
    assert words in found[duty]
    assert set(found) <= {duty, *also}, found
