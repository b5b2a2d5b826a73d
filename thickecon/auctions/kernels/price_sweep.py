"""Longest paths on the exchange graph of an optimal assignment: all Clarke and affine charges at once.

Nodes are the items and one *hub* (having nothing), the last node. An agent k who holds j can move to any item l
that she evaluates, which adds ``g[k,l] - g[k,j]``, or drop to the hub, which adds ``-g[k,j]``; agents with nothing
sit at the hub. Free units lead to the hub at 0, and the hub to every item at 0 (a unit is put aside). The matching
is optimal iff no cycle is positive, and then

* the longest path from the hub to j is the least competitive price of j, net of its reserve;
* replacing agent i's row of gains by g' changes the value by ``max_j (g'[j] + D[j, s(i)]) - g[i, s(i)]``, where
  D[j, s(i)] is the longest path from j to what i held: the exchanges that free j and end where i was.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, IntArray

__all__ = ["relax", "settle"]


@numba.njit(cache=True)  # type: ignore[misc, unused-ignore]
def relax(
    dist: FloatArray,
    queue: IntArray,
    waiting: int,
    indptr: IntArray,
    item: IntArray,
    gain: FloatArray,
    held_row: IntArray,
    holder_indptr: IntArray,
    holder: IntArray,
    free: npt.NDArray[np.bool_],
    tol: float,
) -> bool:
    """Raise ``dist`` in place to the closure under the exchanges; False if a cycle is positive.

    Parameters
    ----------
    dist
        (items + 1,) lower bounds of the longest paths, the hub last.
    queue, waiting
        (items + 1,) ring buffer that holds the nodes to start from in its first ``waiting`` entries.
    indptr, item, gain
        Rows of agent k are ``indptr[k]:indptr[k + 1]``.
    held_row
        (agents,) the row each agent holds, -1 for none.
    holder_indptr, holder
        Agents at node j are ``holder[holder_indptr[j]:holder_indptr[j + 1]]``.
    free
        (items,) has the item an unsold unit?
    tol
        Improvements below this are rounding.
    """
    nodes = len(dist)
    hub = nodes - 1
    waits = np.zeros(nodes, dtype=np.bool_)
    for q in range(waiting):
        waits[queue[q]] = True
    head = 0
    # A label-correcting pass settles one more edge of every path; more passes than nodes mean a positive cycle.
    budget = nodes * nodes + nodes
    while waiting > 0:
        j = queue[head]
        head = head + 1 if head + 1 < nodes else 0
        waiting -= 1
        waits[j] = False
        budget -= 1
        if budget < 0:
            return False
        at = dist[j]
        if j == hub:
            for other in range(hub):
                if at > dist[other] + tol:
                    dist[other] = at
                    if not waits[other]:
                        waits[other] = True
                        tail = head + waiting
                        queue[tail if tail < nodes else tail - nodes] = other
                        waiting += 1
        elif free[j] and at > dist[hub] + tol:
            dist[hub] = at
            if not waits[hub]:
                waits[hub] = True
                tail = head + waiting
                queue[tail if tail < nodes else tail - nodes] = hub
                waiting += 1
        for h in range(holder_indptr[j], holder_indptr[j + 1]):
            k = holder[h]
            base = at - gain[held_row[k]] if held_row[k] >= 0 else at
            if base > dist[hub] + tol:
                dist[hub] = base
                if not waits[hub]:
                    waits[hub] = True
                    tail = head + waiting
                    queue[tail if tail < nodes else tail - nodes] = hub
                    waiting += 1
            for row in range(indptr[k], indptr[k + 1]):
                other = item[row]
                reach = base + gain[row]
                if reach > dist[other] + tol:
                    dist[other] = reach
                    if not waits[other]:
                        waits[other] = True
                        tail = head + waiting
                        queue[tail if tail < nodes else tail - nodes] = other
                        waiting += 1
    return True


@numba.njit(cache=True)  # type: ignore[misc, unused-ignore]
def settle(
    label: FloatArray,
    price: FloatArray,
    target: int,
    indptr: IntArray,
    item: IntArray,
    gain: FloatArray,
    held_row: IntArray,
    holder_indptr: IntArray,
    holder: IntArray,
    free: npt.NDArray[np.bool_],
) -> float:
    """Longest path to ``target`` from raised labels, by settling nodes in the order of their excess over ``price``.

    With prices closed under the exchanges, the excess of label over price falls along every path. So the node of
    largest excess is final (Dijkstra's argument with prices as potentials), each node is left at most once, and
    nodes without excess never: the work is in what the raised labels move.

    Parameters
    ----------
    label
        (items + 1,) prices, raised where the paths may start; changed in place.
    price
        (items + 1,) least competitive prices.
    target
        Node.
    indptr, item, gain, held_row, holder_indptr, holder, free
        As in `relax`.
    """
    nodes = len(label)
    hub = nodes - 1
    done = np.zeros(nodes, dtype=np.bool_)
    while True:
        j, most = -1, 0.0
        for node in range(nodes):
            if not done[node] and label[node] - price[node] > most:
                j, most = node, label[node] - price[node]
        if j < 0 or j == target:
            return float(label[target])
        done[j] = True
        at = label[j]
        if j == hub:
            for other in range(hub):
                if not done[other] and at > label[other]:
                    label[other] = at
        elif free[j] and not done[hub] and at > label[hub]:
            label[hub] = at
        for h in range(holder_indptr[j], holder_indptr[j + 1]):
            k = holder[h]
            base = at - gain[held_row[k]] if held_row[k] >= 0 else at
            if not done[hub] and base > label[hub]:
                label[hub] = base
            for row in range(indptr[k], indptr[k + 1]):
                other = item[row]
                if not done[other] and base + gain[row] > label[other]:
                    label[other] = base + gain[row]
