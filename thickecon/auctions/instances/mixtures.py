"""Bidders of several kinds, moved by several motives."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, require_finite, shape_text
from ..._core.rng import RNG, generator
from ...errors import InputError
from ...problems.bids import Bids
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ...profiles.samplers.arguments import count, number
from .overlay import Influence, lay_over_bids

__all__ = ["motive_mixture"]


def motive_mixture(
    n: int,
    m: int,
    *,
    shares: npt.ArrayLike = (1.0,),
    pulls: npt.ArrayLike = ((1.0,),),
    scores: npt.ArrayLike | None = None,
    sd: float = 0.0,
    kinds: Iterable[str] | None = None,
    motives: Sequence[Motive | str] | None = None,
    endorsement: npt.ArrayLike = 1.0,
    items: Iterable[Hashable] | None = None,
    language: Literal["unit", "additive"] = "unit",
    influence: Influence = None,
    rng: RNG = None,
) -> Bids:
    """Bids on single items by a mixture of kinds of bidders, each kind with its own weights on motives.

    The kind t of a bidder is drawn with probabilities ``shares``, independently. Motive c adds ``pulls[t, c] *
    Z[c, x] * e`` to its bid on item x, with scores Z ~ U[0, 1], one for each motive and item, the same for all
    bidders, and e lognormal with mean 1 and log-deviation ``sd``, independent over bidders, motives and items. Given
    the scores, contributions are independent over bidders, with mean sum_t shares[t] pulls[t, c] Z[c, x].

    Parameters
    ----------
    n, m
        Numbers of bidders and items.
    shares
        (T,) probabilities of the kinds.
    pulls
        (T, C) weight of each motive for each kind, in money.
    scores
        (C, m) to use instead of random ones.
    sd
        At least 0.
    kinds
        Names of the T kinds; a bidder is called by its kind and number, "dealer 3".
    motives
        C of them, also of kind "influence" with their owner; None: default names.
    endorsement
        Number or (C,): the share of each motive that bidders stand behind.
    items
        Labels.
    language
        "unit": a bidder wants one item at most; "additive": values add up.
    influence
        Further manufactured parts of bids, laid over what is endorsed; see :class:`Manufactured`.
    rng
        Seed or generator.

    Raises
    ------
    InputError
        A parameter outside its domain; shapes that disagree.
    ProfileError
        Motives or endorsement that do not fit.
    UnknownNameError
        The influence names a bidder or an item that is not there.

    References
    ----------
    McFadden and Train (2000), "Mixed MNL models for discrete response", Journal of Applied Econometrics 15, 447-470,
    doi:10.1002/1099-1255(200009/10)15:5<447::AID-JAE570>3.0.CO;2-1 (finite mixtures are the latent-class case).

    Examples
    --------
    Every bidder is a dealer who cares for resale alone.

    >>> auction = motive_mixture(
    ...     2, 2, shares=[0, 1], pulls=[[3, 1], [0, 5]], scores=[[1, 1], [0.5, 0.2]], kinds=["fan", "dealer"], rng=0
    ... )
    >>> auction.profile.agents, auction.profile.revealed.tolist()
    (('dealer 0', 'dealer 1'), [[2.5, 1.0], [2.5, 1.0]])
    """
    n, m = count(n, "n"), count(m, "m")
    chance, weight = _shares(shares), as_floats(pulls, "pulls")
    if weight.ndim != 2 or len(weight) != len(chance):
        raise InputError(
            f"must have shape (kinds, motives) with {len(chance)} kinds, found {shape_text(weight.shape)}",
            where="pulls",
        )
    require_finite(weight, "pulls")
    spread, motive_count = number(sd, "sd", 0.0), weight.shape[1]
    names = tuple(f"kind {t}" for t in range(len(chance))) if kinds is None else tuple(kinds)
    if len(names) != len(chance):
        raise InputError(f"must name {len(chance)} kinds, found {len(names)}", where="kinds")
    if language not in ("unit", "additive"):
        raise InputError(f"must be 'unit' or 'additive', found {language!r}", where="language")
    gen: Any = generator(rng)
    drawn = gen.random((motive_count, m))
    score = drawn if scores is None else _scores(scores, drawn.shape)
    kind = np.searchsorted(np.cumsum(chance)[:-1], gen.random(n), side="right")
    noise = np.exp(spread * gen.standard_normal((n, motive_count, m)) - spread**2 / 2.0)
    profile = ThickProfile.from_arrays(
        weight[kind][:, :, None] * score[None] * noise,
        endorsement,
        motives=motives,
        agents=[f"{names[t]} {i}" for i, t in enumerate(kind)],
        options=items,
        unit="money",
    )
    return lay_over_bids(Bids(profile, language=language), influence, gen)


def _shares(given: npt.ArrayLike) -> FloatArray:
    made = as_floats(given, "shares")
    if made.ndim != 1 or not len(made):
        raise InputError(f"must be a vector, found shape {shape_text(made.shape)}", where="shares")
    require_finite(made, "shares")
    if (made < 0).any() or abs(made.sum() - 1.0) > 1e-9:
        raise InputError(f"must be at least 0 and sum to 1, found {made.tolist()}", where="shares")
    return made


def _scores(given: npt.ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    made = as_floats(given, "scores")
    if made.shape != shape:
        raise InputError(f"must have shape {shape_text(shape)}, found {shape_text(made.shape)}", where="scores")
    require_finite(made, "scores")
    return made
