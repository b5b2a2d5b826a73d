"""Rankings scattered around a central one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray
from ..._core.rng import RNG, generator
from ...errors import InputError
from ..profile import ThickProfile
from .arguments import count, number

__all__ = ["expected_swaps", "mallows", "mallows_dispersion"]


def mallows(
    n: int,
    m: int,
    *,
    phi: float = 0.5,
    relative: bool = False,
    centre: npt.ArrayLike | None = None,
    length: int | None = None,
    rng: RNG = None,
    **labels: Any,
) -> ThickProfile:
    """Ordinal profile of independent Mallows rankings: P(ranking r) proportional to phi**swaps(r, centre).

    ``swaps`` is the Kendall tau distance: the number of pairs that the two rankings order differently. phi = 0:
    everybody ranks like ``centre``; phi = 1: impartial culture (all rankings equally likely). Sampling is exact,
    by repeated insertion: the j-th option of ``centre`` (j = 0, 1, ...) is put in front of k of the j options
    placed before it with probability phi**k / (1 + phi + ... + phi**j), independently.

    Parameters
    ----------
    n, m
        Numbers of agents and options.
    phi
        Dispersion in [0, 1].
    relative
        Read ``phi`` as the relative dispersion of Boehmer et al.: the expected number of swaps as a share of
        m (m - 1) / 4, which keeps its meaning when m changes.
    centre
        (m,) option positions, best first; None: 0, 1, ..., m - 1.
    length
        Keep only the first ``length`` options of each list; the others are unacceptable. None: all.
    rng
        Seed or generator.
    **labels
        ``agents, options, weights`` of :meth:`ThickProfile.from_values`.

    Returns
    -------
    ThickProfile
        unit "ordinal"; the first option of an agent scores the number of options listed, the last one 1.

    Raises
    ------
    InputError
        A parameter outside its domain, a centre that is not a ranking of the m options.

    References
    ----------
    Mallows (1957), "Non-null ranking models. I", doi:10.1093/biomet/44.1-2.114. Doignon, Pekec, Regenwetter
    (2004), "The repeated insertion model for rankings", doi:10.1007/BF02295838. Boehmer, Bredereck,
    Faliszewski, Niedermeier, Szufa (2021), "Putting a Compass on the Map of Elections",
    doi:10.48550/arXiv.2105.07815.

    Examples
    --------
    >>> mallows(2, 3, phi=0.0, centre=[2, 0, 1], rng=0).revealed.tolist()
    [[2.0, 1.0, 3.0], [2.0, 1.0, 3.0]]
    """
    n, m = count(n, "n"), count(m, "m")
    spread = mallows_dispersion(m, phi) if relative else number(phi, "phi", 0.0, 1.0)
    order = _ranking(centre, m)
    keep = m if length is None else count(length, "length")
    if keep > m:
        raise InputError(f"must not exceed the {m} options, found {length}", where="length")
    draws = generator(rng).random((n, m))
    place = np.zeros((n, m), dtype=np.int32)  # place[i, j]: position of the j-th option of the centre in i's list
    for j in range(1, m):
        place[:, j] = j - _displaced(draws[:, j], spread, j)
        place[:, :j] += place[:, :j] >= place[:, j : j + 1]
    scores = np.empty((n, m))
    scores[:, order] = keep - place
    if keep < m:
        scores[scores <= 0] = np.nan
    return ThickProfile.from_values(scores, unit="ordinal", **labels)


def _displaced(draws: FloatArray, phi: float, j: int) -> npt.NDArray[np.int32]:
    """Truncated geometric on 0..j with ratio ``phi``, by inversion."""
    if phi == 1.0:
        made = draws * (j + 1)
    elif phi == 0.0:
        made = np.zeros_like(draws)
    else:
        made = np.log1p(draws * np.expm1((j + 1) * np.log(phi))) / np.log(phi)
    return np.minimum(made, j).astype(np.int32)


def _ranking(centre: npt.ArrayLike | None, m: int) -> npt.NDArray[np.intp]:
    if centre is None:
        return np.arange(m)
    made = np.asarray(centre)
    if made.shape != (m,) or not np.issubdtype(made.dtype, np.integer) or (np.sort(made) != np.arange(m)).any():
        raise InputError(f"must list each of 0..{m - 1} once, best first, found {centre!r}", where="centre")
    return made.astype(np.intp)


def expected_swaps(m: int, phi: float) -> float:
    """Expected Kendall tau distance of a Mallows ranking of m options from its centre.

    The sum over j < m of the mean of a truncated geometric variable on 0..j; m (m - 1) / 4 at phi = 1.

    Raises
    ------
    InputError
        m below 1, phi outside [0, 1].

    Examples
    --------
    >>> expected_swaps(2, 0.5)  # the swapped order has probability .5 / 1.5
    0.3333333333333333
    """
    m, phi = count(m, "m"), number(phi, "phi", 0.0, 1.0)
    k = np.arange(m)
    weight = np.power(phi, k)
    return float((np.cumsum(k * weight) / np.cumsum(weight)).sum())


def mallows_dispersion(m: int, relative: float) -> float:
    """The phi whose expected number of swaps is ``relative`` times that of impartial culture.

    Raises
    ------
    InputError
        m below 1, ``relative`` outside [0, 1].

    References
    ----------
    Boehmer et al. (2021), doi:10.48550/arXiv.2105.07815, section on the normalised Mallows model.

    Examples
    --------
    >>> round(mallows_dispersion(2, 2 / 3), 12)  # phi / (1 + phi) = 2/3 x 1/2
    0.5
    """
    m, share = count(m, "m"), number(relative, "relative", 0.0, 1.0)
    if share in (0.0, 1.0) or m == 1:
        return share
    from scipy.optimize import brentq

    target = share * m * (m - 1) / 4
    return float(brentq(lambda phi: expected_swaps(m, phi) - target, 0.0, 1.0, xtol=1e-14, rtol=1e-14))
