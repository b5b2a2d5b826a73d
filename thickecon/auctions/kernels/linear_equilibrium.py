"""The linear equilibrium of a double auction between one buyer and one seller."""

from __future__ import annotations

import numpy as np

from ..._core.arrays import FloatArray

__all__ = ["linear_bids"]


def linear_bids(
    values: FloatArray, costs: FloatArray, k: float, low: float, high: float
) -> tuple[FloatArray, FloatArray]:
    """(m,) bids and (m,) asks where the price is k bid + (1 - k) ask, values and costs uniform on [low, high].

    1. In units of the interval, the buyer bids v / (1 + k) + k (1 - k) / (2 (1 + k)).
    2. The seller asks c / (2 - k) + (1 - k) / 2.
    3. Nobody bids above its value or asks below its cost. Inside the interval this changes no trade: there the bid
       is below every ask, or the ask above every bid.

    Parameters
    ----------
    values, costs
        (m,) what the good is worth to buyer and seller, in money.
    k
        The weight of the bid in the price, in [0, 1].
    low, high
        Ends of the interval, low < high.

    References
    ----------
    Chatterjee and Samuelson (1983), doi:10.1287/opre.31.5.835

    Examples
    --------
    >>> bids, asks = linear_bids(np.array([1.0]), np.array([0.0]), 0.5, 0.0, 1.0)
    >>> bids.tolist(), asks.tolist()
    ([0.75], [0.25])
    """
    width = high - low
    v, c = (values - low) / width, (costs - low) / width
    bids = low + width * (v / (1 + k) + k * (1 - k) / (2 * (1 + k)))
    asks = low + width * (c / (2 - k) + (1 - k) / 2)
    return np.minimum(bids, values), np.maximum(asks, costs)
