"""Rare and sometimes very large influences."""

from __future__ import annotations

import numpy as np

from ..._core.rng import RNG, generator
from ..motive import Motive
from ..profile import ThickProfile
from .arguments import number
from .plant import plant

__all__ = ["sparse_heavy_tailed"]


def sparse_heavy_tailed(
    profile: ThickProfile,
    scale: float = 1.0,
    *,
    density: float = 0.05,
    tail: float = 1.5,
    two_sided: bool = False,
    endorsement: float = 0.0,
    name: str = "sparse",
    owner: str | None = "sparse.owner",
    channel: str | None = None,
    rng: RNG = None,
) -> ThickProfile:
    """Most rows are untouched, a few are moved by a Pareto amount.

    Independently for each row: with probability ``density`` the lift is ``scale`` times a Pareto variable,
    P(lift > scale z) = z**-tail for z >= 1, otherwise 0. ``two_sided`` gives it a random sign. The mean is
    infinite for tail <= 1, the variance for tail <= 2: addiction, fraud, a viral post, not a normal error.

    Parameters
    ----------
    profile
        To add the influence to.
    scale
        Least size of a lift that is not 0, at least 0, in the profile's unit.
    density
        Probability in [0, 1].
    tail
        Pareto index, at least .1 (below it the largest of many lifts overflows the grid of comparisons).
    two_sided
        Also push down.
    endorsement
        Share of the lift that agents stand behind.
    name, owner, channel
        Of the new motive.
    rng
        Seed or generator.

    Raises
    ------
    InputError
        A parameter outside its domain.
    ProfileError
        The profile has a motive of that name.

    References
    ----------
    Arnold (2015), "Pareto Distributions", doi:10.1201/b18141.

    Examples
    --------
    >>> p = ThickProfile.from_values([[5.0, 4.0]])
    >>> bool((sparse_heavy_tailed(p, 2.0, density=1.0, rng=0).wedge >= 2.0).all())
    True
    """
    size, share, index = number(scale, "scale", 0.0), number(density, "density", 0.0, 1.0), number(tail, "tail", 0.1)
    gen = generator(rng)
    rows = len(profile.index)
    hit = gen.random(rows) < share
    amount = size * np.power(1.0 - gen.random(rows), -1.0 / index)  # 1 - U lies in (0, 1]
    sign = np.where(gen.random(rows) < 0.5, -1.0, 1.0)  # drawn also when unused, so the stream does not depend on it
    lift = np.where(hit, sign * amount if two_sided else amount, 0.0)
    return plant(profile, lift, Motive(name, "influence", owner=owner, channel=channel), endorsement)
