"""Advertisers who bid for positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..._core.rng import RNG, generator
from ...errors import InputError
from ...profiles.profile import ThickProfile
from ...profiles.samplers.arguments import count, number
from .overlay import Influence, lay_over

__all__ = ["ClickAuction", "position"]

LOGNORMAL = (0.35, 0.71)
"""Mean and deviation of the logarithm of the value of a click."""
BETA = (2.71, 25.43)
"""Parameters of the law of qualities."""


@dataclass(frozen=True, eq=False)
class ClickAuction:
    """A drawn position auction: what ``PositionVCG(clicks=..., quality=...)`` and ``run`` take.

    Attributes
    ----------
    profile
        One option, "click", worth the value of a click.
    clicks
        (slots,) clicks of each slot for a bidder of quality 1, best first.
    quality
        (agents,) or None: all 1.
    """

    profile: ThickProfile
    clicks: tuple[float, ...]
    quality: tuple[float, ...] | None


def position(
    n: int,
    slots: int,
    *,
    values: Literal["uniform", "lognormal"] = "uniform",
    correlation: float = 0.4,
    clicks: float = 100.0,
    decay: float = 0.7,
    influence: Influence = None,
    rng: RNG = None,
) -> ClickAuction:
    """Values of clicks, slots whose clicks fall geometrically, and qualities.

    Slot k = 0, 1, ... brings ``clicks * decay**k`` clicks. Bidders are independent.

    * ``"uniform"``: the value of a click is U[0, 1], qualities are 1.
    * ``"lognormal"``: log value ~ N(.35, .71**2), quality ~ Beta(2.71, 25.43), joined by a normal copula whose
      Spearman correlation is ``correlation``: the laws that Lahaie and Pennock fitted to bids for one keyword
      (numbers recalled, the page not opened again).

    Parameters
    ----------
    n, slots
        Numbers of bidders and slots.
    values
        Law of values and qualities.
    correlation
        Spearman's, of value and quality, in [-1, 1]; without effect for ``"uniform"``.
    clicks
        Of the best slot, more than 0.
    decay
        In (0, 1].
    influence
        Manufactured parts of the value of a click; see :class:`Manufactured` (no ``items``).
    rng
        Seed or generator.

    Raises
    ------
    InputError
        A parameter outside its domain.
    UnknownNameError
        The influence names a bidder or an item that is not there.

    References
    ----------
    Lahaie and Pennock (2007), "Revenue analysis of a family of ranking rules for keyword auctions",
    doi:10.1145/1250910.1250918; Edelman, Ostrovsky and Schwarz (2007), doi:10.1257/aer.97.1.242

    Examples
    --------
    >>> auction = position(4, 3, clicks=200, decay=0.5, rng=0)
    >>> auction.clicks, auction.profile.n_agents
    ((200.0, 100.0, 50.0), 4)
    """
    n, slots = count(n, "n"), count(slots, "slots")
    top, fall = number(clicks, "clicks", 0.0, open_=True), number(decay, "decay", 0.0, 1.0, open_=True)
    rank = number(correlation, "correlation", -1.0, 1.0)
    if values not in ("uniform", "lognormal"):
        raise InputError(f"must be 'uniform' or 'lognormal', found {values!r}", where="values")
    gen: Any = generator(rng)
    quality: tuple[float, ...] | None = None
    if values == "uniform":
        worth = gen.random(n)
    else:
        from scipy.special import betaincinv, ndtr

        z = gen.standard_normal((2, n))
        rho = 2.0 * np.sin(np.pi * rank / 6.0)  # Spearman's rank correlation of a normal copula, inverted
        worth = np.exp(LOGNORMAL[0] + LOGNORMAL[1] * z[0])
        other = ndtr(rho * z[0] + np.sqrt(max(0.0, 1.0 - rho**2)) * z[1])
        quality = tuple(np.maximum(betaincinv(*BETA, other), np.finfo(float).tiny).tolist())
    profile = ThickProfile.from_values(worth[:, None], options=("click",), unit="money")
    made = lay_over(profile, np.ones((1, 1)), ("click",), influence, gen)
    return ClickAuction(made, tuple((top * fall ** np.arange(slots)).tolist()), quality)
