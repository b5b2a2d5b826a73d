"""Normal values with a common part."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..._core.rng import RNG, generator
from ..profile import ThickProfile
from .arguments import count, number, per_option

__all__ = ["gaussian"]


def gaussian(
    n: int,
    m: int,
    *,
    mean: npt.ArrayLike = 0.0,
    sd: float = 1.0,
    correlation: float = 0.0,
    rng: RNG = None,
    **labels: Any,
) -> ThickProfile:
    """Thin profile of equicorrelated normal values.

    v[i, x] = mean[x] + sd (sqrt(rho) q[x] + sqrt(1 - rho) e[i, x]), with q and e independent standard normal. So
    each v[i, x] ~ N(mean[x], sd**2), corr(v[i, x], v[j, x]) = rho for two agents and one option, and different
    options are independent. rho = 0: private values; rho = 1: all agents agree.

    Parameters
    ----------
    n, m
        Numbers of agents and options.
    mean
        Number or (m,).
    sd
        At least 0, in the profile's unit.
    correlation
        rho in [0, 1] (a negative one cannot be shared by all pairs of many agents).
    rng
        Seed or generator.
    **labels
        As for :func:`uniform`.

    Raises
    ------
    InputError
        A parameter outside its domain.

    References
    ----------
    Thurstone (1927), "A law of comparative judgment", doi:10.1037/h0070288 (independent normal utilities, case V).

    Examples
    --------
    >>> p = gaussian(4, 2, mean=[10, 0], correlation=1.0, rng=0)
    >>> bool((p.revealed == p.revealed[0]).all())
    True
    """
    n, m = count(n, "n"), count(m, "m")
    centre = per_option(mean, "mean", m)
    spread, rho = number(sd, "sd", 0.0), number(correlation, "correlation", 0.0, 1.0)
    gen = generator(rng)
    common = gen.standard_normal(m)
    values = gen.standard_normal((n, m))
    values *= spread * np.sqrt(1.0 - rho)
    values += centre + spread * np.sqrt(rho) * common
    return ThickProfile.from_values(values, **labels)
