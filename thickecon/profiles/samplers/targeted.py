"""An influence that pushes few options to some agents."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np

from ..._core.rng import RNG, generator
from ...errors import InputError
from ..motive import Motive
from ..profile import ThickProfile
from .arguments import count, number
from .plant import plant

__all__ = ["targeted"]


def targeted(
    profile: ThickProfile,
    strength: float = 1.0,
    *,
    options: Iterable[Hashable] | None = None,
    n_options: int = 1,
    reach: float = 0.5,
    sd: float = 0.0,
    endorsement: float = 0.0,
    name: str = "targeted",
    owner: str | None = "targeted.owner",
    channel: str | None = None,
    rng: RNG = None,
) -> ThickProfile:
    """An advertiser reaches some agents and lifts a few options for them.

    Each agent is reached with probability ``reach``, independently; the number reached is binomial. For a reached
    agent and a pushed option the lift is N(strength, sd**2), independent over rows; all other lifts are 0. If
    ``options`` is None, ``n_options`` of them are pushed, drawn uniformly without replacement.

    Parameters
    ----------
    profile
        To add the influence to.
    strength, sd
        Mean and standard deviation of the lift, in the profile's unit.
    options
        Labels of the pushed options; None: drawn.
    n_options
        How many are drawn.
    reach
        Probability in [0, 1].
    endorsement
        Share of the lift that agents stand behind (1: informative advertising).
    name, owner, channel
        Of the new motive.
    rng
        Seed or generator.

    Raises
    ------
    InputError
        A parameter outside its domain.
    UnknownNameError
        An option that is not there.
    ProfileError
        The profile has a motive of that name.

    References
    ----------
    Bagwell (2007), "The Economic Analysis of Advertising", doi:10.1016/S1573-448X(06)03028-7 (persuasive,
    informative and complementary views: three settings of ``endorsement``).

    Examples
    --------
    >>> p = ThickProfile.from_values([[5.0, 4.0]])
    >>> q = targeted(p, 2.0, options=[1], reach=1.0, rng=0)
    >>> q.revealed.tolist(), q.endorsed.tolist()
    ([[5.0, 6.0]], [[5.0, 4.0]])
    """
    centre, spread = number(strength, "strength"), number(sd, "sd", 0.0)
    share, wanted = number(reach, "reach", 0.0, 1.0), count(n_options, "n_options")
    if wanted > profile.n_options:
        raise InputError(f"must not exceed the {profile.n_options} options, found {wanted}", where="n_options")
    gen = generator(rng)
    reached = gen.random(profile.n_agents) < share
    order = gen.permutation(profile.n_options)
    noise = gen.standard_normal(len(profile.index))
    pushed = np.zeros(profile.n_options, dtype=bool)
    pushed[order[:wanted] if options is None else profile.index.option_positions(options)] = True
    here = reached[profile.index.agent] & pushed[profile.index.option]
    lift = np.where(here, centre + spread * noise, 0.0)
    return plant(profile, lift, Motive(name, "influence", owner=owner, channel=channel), endorsement)
