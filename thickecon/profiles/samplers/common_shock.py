"""A campaign that everybody hears."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..._core.rng import RNG, generator
from ..motive import Motive
from ..profile import ThickProfile
from .arguments import number, per_option
from .plant import plant

__all__ = ["common_shock"]


def common_shock(
    profile: ThickProfile,
    sd: float = 1.0,
    *,
    mean: npt.ArrayLike = 0.0,
    correlation: float = 0.8,
    endorsement: float = 0.0,
    name: str = "campaign",
    owner: str | None = "campaign.owner",
    channel: str | None = None,
    rng: RNG = None,
) -> ThickProfile:
    """A campaign moves all agents' evaluation of an option together.

    lift[i, x] = mean[x] + sd (sqrt(rho) g[x] + sqrt(1 - rho) e[i, x]), with g and e independent standard normal:
    N(mean[x], sd**2) in every row, correlated rho between two agents about one option, independent between
    options. With wedges that are correlated over agents a bidder's own report no longer says all that is known
    about their wedge, which is where agent-by-agent correction stops being efficient.

    Parameters
    ----------
    profile
        To add the influence to.
    sd
        Standard deviation of the lift, in the profile's unit.
    mean
        Number or (m,).
    correlation
        rho in [0, 1].
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

    Examples
    --------
    >>> p = ThickProfile.from_values([[5.0, 4.0], [1.0, 2.0]])
    >>> w = common_shock(p, correlation=1.0, rng=0).wedge
    >>> bool(np.allclose(w[0], w[1]))
    True
    """
    spread, rho = number(sd, "sd", 0.0), number(correlation, "correlation", 0.0, 1.0)
    centre = np.broadcast_to(per_option(mean, "mean", profile.n_options), (profile.n_options,))
    gen = generator(rng)
    shock = gen.standard_normal(profile.n_options)
    noise = gen.standard_normal(len(profile.index))
    by_option = centre + spread * np.sqrt(rho) * shock
    lift = by_option[profile.index.option] + spread * np.sqrt(1.0 - rho) * noise
    return plant(profile, lift, Motive(name, "influence", owner=owner, channel=channel), endorsement)
