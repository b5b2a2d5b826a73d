"""An influence that reaches everybody and everything a little."""

from __future__ import annotations

from ..._core.rng import RNG, generator
from ..motive import Motive
from ..profile import ThickProfile
from .arguments import number
from .plant import plant

__all__ = ["broad"]


def broad(
    profile: ThickProfile,
    sd: float = 1.0,
    *,
    mean: float = 0.0,
    endorsement: float = 0.0,
    name: str = "broad",
    owner: str | None = None,
    channel: str | None = None,
    rng: RNG = None,
) -> ThickProfile:
    """Mood, wording, defaults: the lift of every row is N(mean, sd**2), independent over agents and options.

    Nobody need own it; its effects on a sum over n agents grow like sqrt(n), those of a common shock like n.

    Parameters
    ----------
    profile
        To add the influence to.
    sd, mean
        Of the lift, in the profile's unit.
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
    >>> p = ThickProfile.from_values([[5.0, 4.0]])
    >>> broad(p, 0.0, mean=1.0, endorsement=0.5, rng=0).endorsed.tolist()
    [[5.5, 4.5]]
    """
    spread, centre = number(sd, "sd", 0.0), number(mean, "mean")
    lift = centre + spread * generator(rng).standard_normal(len(profile.index))
    return plant(profile, lift, Motive(name, "influence", owner=owner, channel=channel), endorsement)
