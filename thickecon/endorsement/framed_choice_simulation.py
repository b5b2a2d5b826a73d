"""Framed choices from a logit: the experiment that the estimators of this package read."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, require_finite, shape_text
from .._core.rng import RNG, generator
from ..errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["simulate_framed_choices"]


def simulate_framed_choices(
    utilities: npt.ArrayLike,
    scale: float,
    shift: npt.ArrayLike,
    *,
    against: npt.ArrayLike | None = None,
    arms: Sequence[str] = ("for", "neutral", "against"),
    sets_per_agent: int = 1,
    menu_size: int | None = None,
    agents: Sequence[Hashable] | None = None,
    options: Sequence[Hashable] | None = None,
    rng: RNG = None,
) -> pd.DataFrame:
    """A framing experiment: each choice set is put into one arm at random, and one option is chosen from it.

    Agent i chooses from menu S in arm f the option with the greatest u[i, x] + shift_f[x] + scale * Gumbel noise, so
    P(x) is proportional to exp((u[i, x] + shift_f[x]) / scale).

    Parameters
    ----------
    utilities
        (n, m) in points, without any frame; nan: the agent does not evaluate the option.
    scale
        Points for one unit of log odds, positive.
    shift
        (m,) points that the frame "for" adds to each option; 0: it carries no frame.
    against
        (m,) points that the frame "against" adds; None: the shift with the other sign.
    arms
        Which of "for", "neutral", "against" there are, drawn with equal chances for each set.
    sets_per_agent
        How many sets an agent meets.
    menu_size
        Options in a set, drawn without replacement from those the agent evaluates; None: all of them.
    agents, options
        Labels; None: positions.
    rng
        Seed or generator.

    Returns
    -------
    DataFrame
        Layout ChoiceSets: agent, set, option, chosen, value (points without the frame), frame ("neutral" on options
        that carry none), arm (of the set).

    Raises
    ------
    InputError
        Shapes that disagree, a scale that is not positive, an unknown arm, an agent with too few options.

    Examples
    --------
    >>> data = simulate_framed_choices([[0.0, 0.0]] * 3, 10.0, [5.0, 0.0], rng=0)
    >>> list(data.columns), len(data), int(data["chosen"].sum())
    (['agent', 'set', 'option', 'chosen', 'value', 'frame', 'arm'], 6, 3)
    """
    import pandas as pd

    u, pushes = _checked(utilities, scale, shift, against, arms)
    n, m = u.shape
    gen = generator(rng)
    who = np.repeat(np.arange(n), _count(sets_per_agent, "sets_per_agent"))
    menus = _menus(u, who, menu_size, gen)
    arm = gen.integers(len(arms), size=len(who))
    row_set, option = np.nonzero(menus)
    value = u[who[row_set], option]
    framed = pushes["for"] != 0
    if against is not None:
        framed = framed | (pushes["against"] != 0)
    lift = np.stack([pushes[name] for name in arms])[arm[row_set], option]
    index = value + lift + scale * gen.gumbel(size=len(value))
    starts = np.flatnonzero(np.diff(row_set, prepend=-1))
    chosen = (index == np.maximum.reduceat(index, starts)[row_set]).astype(np.int64)
    names = np.array(arms, dtype=object)[arm[row_set]]
    labels = [
        np.array(list(given) if given is not None else range(k), dtype=object)
        for given, k in ((agents, n), (options, m))
    ]
    for found, wanted, name in ((len(labels[0]), n, "agents"), (len(labels[1]), m, "options")):
        if found != wanted:
            raise InputError(f"must have {wanted} entries, found {found}", where=name)
    return pd.DataFrame(
        {
            "agent": labels[0][who[row_set]],
            "set": row_set,
            "option": labels[1][option],
            "chosen": chosen,
            "value": value,
            "frame": np.where(framed[option], names, "neutral"),
            "arm": names,
        }
    )


def _checked(
    utilities: npt.ArrayLike,
    scale: float,
    shift: npt.ArrayLike,
    against: npt.ArrayLike | None,
    arms: Sequence[str],
) -> tuple[FloatArray, dict[str, FloatArray]]:
    u = as_floats(utilities, "utilities")
    if u.ndim != 2 or not u.size:
        raise InputError(f"must have shape (agents, options), found {shape_text(u.shape)}", where="utilities")
    require_finite(u, "utilities", allow_nan=True)
    up = as_floats(shift, "shift")
    down = -up if against is None else as_floats(against, "against")
    for table, name in ((up, "shift"), (down, "against")):
        if table.shape != (u.shape[1],):
            raise InputError(f"must have shape ({u.shape[1]},), found {shape_text(table.shape)}", where=name)
        require_finite(table, name)
    if not (np.isfinite(scale) and scale > 0):
        raise InputError(f"must be positive and finite, found {scale!r}", where="scale")
    alien = [name for name in arms if name not in ("for", "neutral", "against")]
    if alien or not arms or len(set(arms)) != len(arms):
        raise InputError(f"must be different ones of for, neutral, against; found {tuple(arms)}", where="arms")
    return u, {"for": up, "neutral": np.zeros_like(up), "against": down}


def _count(given: int, name: str) -> int:
    if given != int(given) or given < 1:
        raise InputError(f"must be an integer of at least 1, found {given!r}", where=name)
    return int(given)


def _menus(
    u: FloatArray, who: npt.NDArray[np.intp], size: int | None, gen: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """(sets, m) which options are in each set."""
    evaluated = ~np.isnan(u)
    least = 2 if size is None else _count(size, "menu_size")
    few = evaluated.sum(axis=1) < max(least, 2)
    if few.any() or least < 2:
        raise InputError(
            f"a set has at least 2 options; agent {int(np.argmax(few))} evaluates {int(evaluated.sum(axis=1).min())}",
            where="menu_size",
            remedy="drop agents with few options, or make menus smaller",
        )
    if size is None:
        return evaluated[who]
    key = np.where(evaluated[who], gen.random((len(who), u.shape[1])), np.inf)
    cut = np.partition(key, least - 1, axis=1)[:, least - 1 : least]
    return np.asarray(key <= cut)
