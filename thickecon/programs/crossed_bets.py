"""Least bets on what peers say that make every type keep to its own contract (Crémer and McLean)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array

from .._core.arrays import FloatArray
from .highs import run_highs

__all__ = ["crossed_bets"]


def crossed_bets(beliefs: FloatArray, gains: FloatArray, rents: FloatArray, slack: float) -> FloatArray | None:
    """(types, signals) payments of each contract, by signal; None where beliefs do not tell types apart.

    Of each contract the least largest payment z, in size, such that for types t and t' != t

        sum_s beliefs[t, s] z[t, s] = gains[t, t] - rents[t]                    (t ends with its rent)
        gains[t, t'] - sum_s beliefs[t, s] z[t', s] <= rents[t] - slack          (no other contract is as good)

    Parameters
    ----------
    beliefs
        (types, signals), rows add up to 1.
    gains
        (types, contracts) what type t has of contract t' before payments.
    rents
        (types,) what each type shall end with in expectation.
    slack
        By how much a type shall prefer its own contract.

    References
    ----------
    Crémer and McLean (1988), doi:10.2307/1913096
    """
    k, m = beliefs.shape
    payments = np.zeros((k, m))
    one, eye = np.ones((m, 1)), np.eye(m)
    for u in range(k):  # contracts are apart: each keeps other types away from itself
        others = np.delete(np.arange(k), u)
        # variables: the payments of contract u, and the largest of them in size
        table = np.vstack([np.append(beliefs[u], 0.0), np.column_stack([beliefs[others], np.zeros(k - 1)])])
        table = np.vstack([table, np.hstack([eye, -one]), np.hstack([eye, one])])
        due = gains[u, u] - rents[u]
        infinite = np.full(m, np.inf)
        least = gains[others, u] - rents[others] + slack
        low = np.concatenate([[due], least, -infinite, np.zeros(m)])
        high = np.concatenate([[due], np.full(k - 1, np.inf), np.zeros(m), infinite])
        cost = np.append(np.zeros(m), 1.0)
        ends = np.append(-infinite, 0.0), np.append(infinite, np.inf)
        answer = run_highs(cost, csc_array(table), (low, high), ends, None, {})
        if answer.status != "optimal":
            return None
        payments[u] = answer.x[:m]
    return payments
