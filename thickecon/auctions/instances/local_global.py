"""Two local bidders and a global one."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..._core.rng import RNG, generator
from ...errors import InputError
from ...problems.bids import Bids
from ...profiles.profile import ThickProfile
from ...profiles.samplers.arguments import number
from .overlay import Influence, lay_over_bids

__all__ = ["llg"]


def llg(
    *,
    correlation: float = 0.0,
    weights: Literal["bernoulli", "constant"] = "bernoulli",
    influence: Influence = None,
    rng: RNG = None,
) -> Bids:
    """The local-local-global auction: two items, one bidder for each and one for both.

    Locals' values are v_k = w s + (1 - w) z_k, the global value is g, with s, z_1, z_2 ~ U[0, 1] and g ~ U[0, 2], all
    independent. The weight w makes corr(v_1, v_2) = ``correlation``, written c:

    * ``"bernoulli"``: w = 1 with probability c, else 0, one draw for both locals. Values are U[0, 1], equal with
      probability c and independent otherwise.
    * ``"constant"``: w = sqrt(c) / (sqrt(c) + sqrt(1 - c)). Values have the trapezoidal density of w s + (1 - w) z,
      mean 1/2 and variance (w**2 + (1 - w)**2) / 12.

    Parameters
    ----------
    correlation
        In [0, 1].
    weights
        How the locals' values are tied.
    influence
        Manufactured parts of bids; see :class:`Manufactured`.
    rng
        Seed or generator; five numbers are drawn for values, whatever the parameters.

    Returns
    -------
    Bids
        Bidders "local 1", "local 2", "global"; items "A", "B"; bundles "A", "B", "A+B"; unit "money"; one bid each.

    Raises
    ------
    InputError
        A parameter outside its domain.
    UnknownNameError
        The influence names a bidder or an item that is not there.

    References
    ----------
    Ausubel and Baranov (2020), "Core-selecting auctions with incomplete information", International Journal of Game
    Theory 49, 251-273, doi:10.1007/s00182-019-00691-3; Goeree and Lien (2016), doi:10.3982/TE1198

    Examples
    --------
    >>> values = llg(correlation=1.0, rng=0).profile.rows.endorsed
    >>> bool(values[0] == values[1]), bool(0 <= values[2] <= 2)
    (True, True)
    """
    tie = number(correlation, "correlation", 0.0, 1.0)
    if weights not in ("bernoulli", "constant"):
        raise InputError(f"must be 'bernoulli' or 'constant', found {weights!r}", where="weights")
    gen: Any = generator(rng)
    common, coin, one, two, both = gen.random(5)
    if weights == "bernoulli":
        w = float(coin < tie)
    else:
        w = float(np.sqrt(tie) / (np.sqrt(tie) + np.sqrt(1.0 - tie)))
    values = [w * common + (1.0 - w) * one, w * common + (1.0 - w) * two, 2.0 * both]
    profile = ThickProfile.from_rows(
        np.arange(3),
        np.arange(3),
        values,
        agents=("local 1", "local 2", "global"),
        options=("A", "B", "A+B"),
        unit="money",
    )
    bids = Bids(profile, [[1, 0], [0, 1], [1, 1]], "XOR", items=("A", "B"))
    return lay_over_bids(bids, influence, gen)
