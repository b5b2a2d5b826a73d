"""Spatial values: near options are liked."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, require_finite, shape_text
from ..._core.rng import RNG, generator
from ...errors import InputError
from ..profile import ThickProfile
from .arguments import count, number

__all__ = ["euclidean"]


def euclidean(
    n: int,
    m: int,
    *,
    dimension: int = 2,
    points: Literal["cube", "normal"] = "cube",
    power: float = 1.0,
    offset: float = 0.0,
    agents_at: npt.ArrayLike | None = None,
    options_at: npt.ArrayLike | None = None,
    rng: RNG = None,
    **labels: Any,
) -> ThickProfile:
    """Thin profile of spatial values: v[i, x] = offset - |a_i - b_x|**power.

    Ideal points a_i and positions b_x are independent, uniform in [0, 1]**dimension (``"cube"``) or standard
    normal (``"normal"``), unless they are given. With power 2 and normal points |a - b|**2 / 2 is chi-squared
    with ``dimension`` degrees of freedom; in the cube E|a - b|**2 = dimension / 6.

    Parameters
    ----------
    n, m
        Numbers of agents and options.
    dimension
        Of the space, at least 1.
    points
        Law of the positions.
    power
        Positive; 1 linear, 2 quadratic loss.
    offset
        Worth of an option at the ideal point, in the profile's unit.
    agents_at, options_at
        (n, dimension) and (m, dimension): positions to use instead of random ones.
    rng
        Seed or generator.
    **labels
        As for :func:`uniform`.

    Raises
    ------
    InputError
        A parameter outside its domain, positions of the wrong shape.

    References
    ----------
    Davis, Hinich, Ordeshook (1970), "An Expository Development of a Mathematical Model of the Electoral
    Process", doi:10.2307/1953842.

    Examples
    --------
    >>> euclidean(1, 2, agents_at=[[0.0, 0.0]], options_at=[[3.0, 4.0], [0.0, 1.0]]).revealed.tolist()
    [[-5.0, -1.0]]
    """
    n, m, d = count(n, "n"), count(m, "m"), count(dimension, "dimension")
    if points not in ("cube", "normal"):
        raise InputError(f"must be 'cube' or 'normal', found {points!r}", where="points")
    exponent, best = number(power, "power", 0.0, open_=True), number(offset, "offset")
    gen = generator(rng)
    drawn = [gen.random((k, d)) if points == "cube" else gen.standard_normal((k, d)) for k in (n, m)]
    ideal = _positions(agents_at, "agents_at", drawn[0])
    place = _positions(options_at, "options_at", drawn[1])
    from scipy.spatial.distance import cdist

    distance = cdist(ideal, place)
    return ThickProfile.from_values(best - np.power(distance, exponent), **labels)


def _positions(given: npt.ArrayLike | None, name: str, drawn: FloatArray) -> FloatArray:
    if given is None:
        return drawn
    table = as_floats(given, name)
    if table.shape != drawn.shape:
        raise InputError(f"must have shape {shape_text(drawn.shape)}, found {shape_text(table.shape)}", where=name)
    require_finite(table, name)
    return table
