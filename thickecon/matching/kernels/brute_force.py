"""Oracles for small markets: definitions written out, in plain Python, sharing nothing with the kernels.

Tables are dense: ``proposers[i][j]`` is what proposer i makes of receiver j, ``receivers[j][i]`` the reverse, higher
is better, nan means unacceptable. Everybody prefers any acceptable partner to none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

__all__ = ["all_stable_matchings", "blocking_pairs", "feasible_matchings", "is_stable", "proposer_optimal"]

Table = Sequence[Sequence[float]]
Matching = tuple[int, ...]


def _accept_each_other(i: int, j: int, proposers: Table, receivers: Table) -> bool:
    return not math.isnan(proposers[i][j]) and not math.isnan(receivers[j][i])


def blocking_pairs(
    partner: Sequence[int], proposers: Table, receivers: Table, capacities: Sequence[int]
) -> list[tuple[int, int]]:
    """Pairs who accept each other, are not together, and both strictly gain by meeting.

    Parameters
    ----------
    partner
        (n,) receiver of each proposer, -1 none.
    proposers, receivers
        (n, m) and (m, n) values, nan unacceptable.
    capacities
        (m,) places.
    """
    found = []
    for i, own in enumerate(partner):
        for j, places in enumerate(capacities):
            if own == j or not _accept_each_other(i, j, proposers, receivers):
                continue
            if own >= 0 and not proposers[i][j] > proposers[i][own]:
                continue
            held = [receivers[j][k] for k, other in enumerate(partner) if other == j]
            if len(held) < places or any(receivers[j][i] > value for value in held):
                found.append((i, j))
    return found


def is_stable(partner: Sequence[int], proposers: Table, receivers: Table, capacities: Sequence[int]) -> bool:
    """Within capacity, everybody accepts their partner, and no pair blocks.

    Parameters
    ----------
    partner, proposers, receivers, capacities
        As in :func:`blocking_pairs`.

    References
    ----------
    Roth, A. E. and Sotomayor, M. (1990). *Two-Sided Matching*, definitions 2.3 and 5.3.
    https://doi.org/10.1017/CCOL052139015X
    """
    if any(sum(own == j for own in partner) > places for j, places in enumerate(capacities)):
        return False
    if any(own >= 0 and not _accept_each_other(i, own, proposers, receivers) for i, own in enumerate(partner)):
        return False
    return not blocking_pairs(partner, proposers, receivers, capacities)


def feasible_matchings(proposers: Table, receivers: Table, capacities: Sequence[int]) -> Iterator[Matching]:
    """Every matching within capacity in which all accept their partners.

    Parameters
    ----------
    proposers, receivers, capacities
        As in :func:`blocking_pairs`.
    """

    def extend(begun: list[int], left: list[int]) -> Iterator[Matching]:
        i = len(begun)
        if i == len(proposers):
            yield tuple(begun)
            return
        yield from extend([*begun, -1], left)
        for j, places in enumerate(left):
            if places and _accept_each_other(i, j, proposers, receivers):
                yield from extend([*begun, j], [*left[:j], places - 1, *left[j + 1 :]])

    return extend([], list(capacities))


def all_stable_matchings(proposers: Table, receivers: Table, capacities: Sequence[int]) -> list[Matching]:
    """Every stable matching, by trying all.

    Parameters
    ----------
    proposers, receivers, capacities
        As in :func:`blocking_pairs`. Takes about (m + 1)**n steps: keep n at 7 or below.

    Examples
    --------
    Two couples with opposed tastes have two stable matchings.

    >>> all_stable_matchings([[2, 1], [1, 2]], [[1, 2], [2, 1]], [1, 1])
    [(0, 1), (1, 0)]
    """
    return [
        partner
        for partner in feasible_matchings(proposers, receivers, capacities)
        if is_stable(partner, proposers, receivers, capacities)
    ]


def proposer_optimal(matchings: Sequence[Matching], proposers: Table) -> Matching | None:
    """The matching that every proposer likes at least as much as any of the others, if there is one.

    Parameters
    ----------
    matchings
        Candidates, for example all stable matchings.
    proposers
        (n, m) values; being unmatched is worse than any.
    """

    def value(i: int, own: int) -> float:
        return -math.inf if own < 0 else proposers[i][own]

    for candidate in matchings:
        if all(value(i, candidate[i]) >= value(i, other[i]) for other in matchings for i in range(len(proposers))):
            return candidate
    return None
