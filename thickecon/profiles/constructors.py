"""The ways to make a profile; each is a classmethod of :class:`ThickProfile`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, as_floats, first_bad, frozen, require_finite, shape_text
from ..errors import ProfileError
from .endorsement import Endorsement, as_endorsement
from .motive import Motive, as_motives
from .rows import Rows, as_labels

if TYPE_CHECKING:
    import pandas as pd

    from .profile import ThickProfile, Unit

__all__ = ["from_arrays", "from_rows", "from_frame", "from_values", "from_rankings", "from_weights", "assemble"]

Interval = tuple[npt.ArrayLike, npt.ArrayLike] | None
Outside = float | npt.ArrayLike | None
Motives = Sequence[Motive | str] | None


def assemble(
    cls: type[ThickProfile],
    index: Rows,
    contributions: FloatArray,
    endorsement: npt.ArrayLike | Endorsement = 1.0,
    endorsement_interval: Interval = None,
    motives: Motives = None,
    outside: Outside = None,
    weights: npt.ArrayLike | None = None,
    unit: Unit = "utils",
    resolution: float | None = None,
) -> ThickProfile:
    """Check everything once and freeze; every constructor ends here.

    Raises
    ------
    ProfileError
        No agents, options or motives; an unknown unit; entries that are not finite; shapes that disagree.
    """
    if unit not in ("utils", "money", "ordinal"):
        raise ProfileError(f"must be 'utils', 'money' or 'ordinal', found {unit!r}", where="unit")
    if not index.n_agents:
        raise ProfileError("has no agents", where="profile", remedy="pass at least one agent")
    if not index.n_options:
        raise ProfileError("has no options", where="profile", remedy="pass at least one option")
    n, count = index.n_agents, len(contributions)
    if not count:
        raise ProfileError("has no motives", where="profile", remedy="pass at least one motive")
    made = as_motives(motives, count)

    def place(at: tuple[int, ...]) -> str:
        c, row = at
        agent, option = index.agents[int(index.agent[row])], index.options[int(index.option[row])]
        return f"agent {agent!r}, motive {made[c].name!r}, option {option!r}"

    require_finite(contributions, "contributions", error=ProfileError, place=place)
    if resolution is not None and not (resolution == 0 or 1e-300 <= resolution < np.inf):
        raise ProfileError(f"must be 0 (no grid) or finite and at least 1e-300, found {resolution}", where="resolution")
    return cls(
        index=index,
        contributions=frozen(contributions, copy=False),
        endorsement=as_endorsement(endorsement, endorsement_interval, n, count),
        motives=made,
        outside=_outside(outside, n, count),
        weights=_weights(weights, n),
        unit=unit,
        resolution_override=None if resolution is None else float(resolution),
    )


def _outside(outside: Outside, n: int, count: int) -> FloatArray | None:
    if outside is None:
        return None
    table = as_floats(outside, "outside", error=ProfileError)
    if table.shape not in ((), (n,), (n, count)):
        raise ProfileError(
            f"must be a number, ({n},) one worth an agent, or ({n}, {count}) contributions;"
            f" found {shape_text(table.shape)}",
            where="outside",
        )
    require_finite(table, "outside", error=ProfileError)
    return frozen(np.broadcast_to(table, (n,)) if table.ndim == 0 else table)


def _weights(weights: npt.ArrayLike | None, n: int) -> FloatArray | None:
    if weights is None:
        return None
    made = as_floats(weights, "weights", error=ProfileError)
    if made.shape != (n,):
        raise ProfileError(f"must have shape ({n},), found {shape_text(made.shape)}", where="weights")
    require_finite(made, "weights", error=ProfileError)
    if (made <= 0).any():
        at = first_bad(made <= 0)[0]
        raise ProfileError(f"must be positive, found {made[at]:g} at [{at}]", where="weights")
    return frozen(made)


def from_arrays(
    cls: type[ThickProfile],
    contributions: npt.ArrayLike,
    endorsement: npt.ArrayLike | Endorsement = 1.0,
    endorsement_interval: Interval = None,
    motives: Motives = None,
    agents: Iterable[Hashable] | None = None,
    options: Iterable[Hashable] | None = None,
    outside: Outside = None,
    weights: npt.ArrayLike | None = None,
    unit: Unit = "utils",
    resolution: float | None = None,
) -> ThickProfile:
    """Profile from a dense table.

    Parameters
    ----------
    contributions
        (n, C, m); an option that is nan for all motives of an agent is not evaluated by that agent.
    endorsement
        A number or (C,): unknowns shared by all agents; (n, C): each agent's own; or an Endorsement.
    endorsement_interval
        (lower, upper), shapes as above.
    motives, agents, options
        Names; None gives defaults.
    outside
        None, a number, (n,), or (n, C).
    weights
        (n,) people an agent stands for.
    unit
        Of contributions: "utils", "money" or "ordinal".
    resolution
        Step of the comparison grid; None: from the contributions.

    Raises
    ------
    ProfileError
        Wrong shape, nan in some motives only, inf, endorsement outside [0, 1], lower > upper, no agents.
    """
    table = as_floats(contributions, "contributions", error=ProfileError)
    if table.ndim != 3:
        raise ProfileError(
            f"must have shape (agents, motives, options), found {shape_text(table.shape)}",
            where="contributions",
            remedy="use from_values for (agents, options), from_rows for ragged data",
        )
    n, count, m = table.shape
    who, what = as_labels(agents, n, "agents"), as_labels(options, m, "options")
    with np.errstate(invalid="ignore", over="ignore"):
        whole = bool(np.isfinite(table.sum()))
    if whole or not np.isnan(table).any():
        index = Rows.full(who, what)
        flat = np.array(table.transpose(1, 0, 2), order="C").reshape(count, n * m)
    else:
        missing = np.isnan(table)
        partly: BoolArray = np.logical_and(missing.any(axis=1), ~missing.all(axis=1))
        if partly.any():
            i, x = first_bad(partly)
            c = int(np.argmax(missing[i, :, x]))
            raise ProfileError(
                f"is nan for motive {c} but not for all motives at agent {who[i]!r}, option {what[x]!r}",
                where="contributions",
                remedy="nan in every motive means 'not evaluated'; otherwise write 0",
            )
        here = ~missing[:, 0]  # by now missing for all motives or none
        del missing, partly
        agent, option = np.nonzero(here)
        index, _ = Rows.sort(agent, option, who, what)
        del agent, option
        flat = np.empty((count, len(index)))
        for c in range(count):  # one motive at a time: no second copy of the whole table
            flat[c] = table[:, c][here]
    return assemble(cls, index, flat, endorsement, endorsement_interval, motives, outside, weights, unit, resolution)


def from_rows(
    cls: type[ThickProfile],
    agent: npt.ArrayLike,
    option: npt.ArrayLike,
    contributions: npt.ArrayLike,
    endorsement: npt.ArrayLike | Endorsement = 1.0,
    endorsement_interval: Interval = None,
    motives: Motives = None,
    agents: Iterable[Hashable] | None = None,
    options: Iterable[Hashable] | None = None,
    outside: Outside = None,
    weights: npt.ArrayLike | None = None,
    unit: Unit = "utils",
    resolution: float | None = None,
) -> ThickProfile:
    """Profile from ragged rows.

    Parameters
    ----------
    agent, option
        (rows,) integer positions, or labels (then ``agents`` and ``options`` give their order, or it is the
        order of first appearance).
    contributions
        (C, rows), or (rows,) for one motive.

    Raises
    ------
    ProfileError
        Lengths that disagree, a pair that stands twice, a position out of range, nan or inf.
    UnknownNameError
        A label that ``agents`` or ``options`` does not list.
    """
    table = np.atleast_2d(as_floats(contributions, "contributions", error=ProfileError))
    if table.ndim != 2:
        raise ProfileError(f"must have shape (motives, rows), found {shape_text(table.shape)}", where="contributions")
    who, agent_labels = _positions(agent, agents, "agent")
    what, option_labels = _positions(option, options, "option")
    if not len(who) == len(what) == table.shape[1]:
        raise ProfileError(
            f"agent, option and contributions must have equally many rows, found {len(who)}, {len(what)}"
            f" and {table.shape[1]}",
            where="rows",
            remedy="contributions have shape (motives, rows)",
        )
    index, order = Rows.sort(who, what, agent_labels, option_labels)
    flat = np.ascontiguousarray(table[:, order]) if order is not None else np.array(table, order="C")
    return assemble(cls, index, flat, endorsement, endorsement_interval, motives, outside, weights, unit, resolution)


def _positions(
    given: npt.ArrayLike, labels: Iterable[Hashable] | None, what: str
) -> tuple[npt.NDArray[Any], Sequence[Hashable]]:
    """Integer positions and labels of one column of rows."""
    column = np.asarray(given)
    if column.ndim != 1:
        raise ProfileError(f"must be a vector, found shape {shape_text(column.shape)}", where=what)
    if np.issubdtype(column.dtype, np.integer):
        known = list(labels) if labels is not None else None
        if known is None or not known or isinstance(known[0], str) or known == list(range(len(known))):
            bound = len(known) if known is not None else (int(column.max()) + 1 if column.size else 0)
            if column.size and (column.min() < 0 or column.max() >= bound):
                row = int(np.argmax((column < 0) | (column >= bound)))
                raise ProfileError(
                    f"positions must lie in [0, {bound}), found {int(column[row])} in row {row}", where=what
                )
            return column, as_labels(known, bound, f"{what}s")
    import pandas as pd

    if labels is None:
        codes, names = pd.factorize(column)
        if (codes < 0).any():
            raise ProfileError(f"has no label in row {int(np.argmax(codes < 0))}", where=what)
        return codes, as_labels(list(names), len(names), f"{what}s")
    names_given = list(labels)
    made = as_labels(names_given, len(names_given), f"{what}s")
    codes = pd.Index(np.asarray(made, dtype=object)).get_indexer(np.asarray(column, dtype=object))
    if (codes < 0).any():
        from .rows import positions_of

        positions_of([column[int(np.argmax(codes < 0))]], made, what)
    return codes, made


def from_frame(
    cls: type[ThickProfile],
    frame: pd.DataFrame,
    endorsement: npt.ArrayLike | Endorsement = 1.0,
    endorsement_interval: Interval = None,
    motives: Motives = None,
    agents: Iterable[Hashable] | None = None,
    options: Iterable[Hashable] | None = None,
    outside: Outside = None,
    weights: npt.ArrayLike | None = None,
    unit: Unit = "utils",
    resolution: float | None = None,
) -> ThickProfile:
    """Profile from a tidy frame: MultiIndex (agent, option), a column per motive.

    Raises
    ------
    ProfileError
        No two-level index, a column that is not numeric, a pair that stands twice, nan or inf.
    """
    import pandas as pd

    if not isinstance(frame.index, pd.MultiIndex) or frame.index.nlevels != 2:
        raise ProfileError(
            "must have a MultiIndex (agent, option)", where="frame", remedy="frame.set_index(['agent', 'option'])"
        )
    bad = next((name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])), None)
    if bad is not None:
        raise ProfileError(f"column {bad!r} is not numeric", where="frame", remedy="keep one numeric column a motive")
    index = frame.index.remove_unused_levels()
    codes: list[npt.NDArray[Any]] = [np.asarray(code) for code in index.codes]
    for code, name in zip(codes, ("agent", "option"), strict=True):
        if (code < 0).any():
            raise ProfileError(f"has no {name} in row {int(np.argmax(code < 0))}", where="frame")
    levels = [list(level) for level in index.levels]
    for position, (wanted, name) in enumerate(((agents, "agent"), (options, "option"))):
        if wanted is not None:
            from .rows import positions_of

            wanted = list(wanted)
            codes[position] = positions_of(levels[position], wanted, name)[codes[position]]
            levels[position] = wanted
    who = as_labels(levels[0], len(levels[0]), "agents")
    what = as_labels(levels[1], len(levels[1]), "options")
    rows, order = Rows.sort(codes[0], codes[1], who, what)
    table = frame.to_numpy(dtype=np.float64).T
    flat = np.ascontiguousarray(table if order is None else table[:, order])
    if np.shares_memory(flat, table):
        flat = flat.copy()
    names = [str(name) for name in frame.columns] if motives is None else motives
    return assemble(cls, rows, flat, endorsement, endorsement_interval, names, outside, weights, unit, resolution)


def from_values(
    cls: type[ThickProfile],
    values: npt.ArrayLike,
    agents: Iterable[Hashable] | None = None,
    options: Iterable[Hashable] | None = None,
    outside: Outside = None,
    weights: npt.ArrayLike | None = None,
    unit: Unit = "utils",
    resolution: float | None = None,
) -> ThickProfile:
    """Thin profile from valuations (n, m): one motive "value", fully endorsed; nan = not evaluated.

    Raises
    ------
    ProfileError
        Not a table of numbers, inf, or empty.
    """
    table = as_floats(values, "values", error=ProfileError)
    if table.ndim != 2:
        raise ProfileError(f"must have shape (agents, options), found {shape_text(table.shape)}", where="values")
    return from_arrays(
        cls,
        table[:, None, :],
        agents=agents,
        options=options,
        outside=outside,
        weights=weights,
        unit=unit,
        resolution=resolution,
    )


def from_weights(
    cls: type[ThickProfile],
    weights: npt.ArrayLike,
    scores: npt.ArrayLike,
    endorsement: npt.ArrayLike | Endorsement = 1.0,
    endorsement_interval: Interval = None,
    motives: Motives = None,
    agents: Iterable[Hashable] | None = None,
    options: Iterable[Hashable] | None = None,
    outside: Outside = None,
    people: npt.ArrayLike | None = None,
    unit: Unit = "utils",
    resolution: float | None = None,
) -> ThickProfile:
    """Profile in factor form R[i, c, x] = weights[i, c] scores[c, x] (mixed logit, conjoint, hedonic).

    Parameters
    ----------
    weights
        (n, C) how much each motive matters to each agent.
    scores
        (C, m) how much each option has of it.
    people
        (n,) people that an agent stands for (``weights`` of the other constructors).

    Raises
    ------
    ProfileError
        Shapes that disagree, nan or inf.
    """
    w, z = (as_floats(a, name, error=ProfileError) for a, name in ((weights, "weights"), (scores, "scores")))
    if w.ndim != 2 or z.ndim != 2 or w.shape[1] != z.shape[0]:
        raise ProfileError(
            f"must have shapes (n, C) and (C, m), found {shape_text(w.shape)} and {shape_text(z.shape)}",
            where="weights, scores",
        )
    require_finite(w, "weights", error=ProfileError)
    require_finite(z, "scores", error=ProfileError)
    n, m = w.shape[0], z.shape[1]
    index = Rows.full(as_labels(agents, n, "agents"), as_labels(options, m, "options"))
    flat = (w.T[:, :, None] * z[:, None, :]).reshape(w.shape[1], n * m)
    return assemble(cls, index, flat, endorsement, endorsement_interval, motives, outside, people, unit, resolution)


def from_rankings(
    cls: type[ThickProfile],
    rankings: Sequence[Sequence[int | Sequence[int]]],
    endorsed: Sequence[Sequence[int | Sequence[int]]] | None = None,
    weights: npt.ArrayLike | None = None,
    agents: Iterable[Hashable] | None = None,
    options: Iterable[Hashable] | None = None,
) -> ThickProfile:
    """Ordinal profile from preference lists.

    Parameters
    ----------
    rankings
        One list an agent: 0-based options, best first; an inner list is a tie; missing = unacceptable.
    endorsed
        The lists that agents stand behind; the difference becomes an unendorsed motive "manufactured".
    weights
        (n,) people an agent stands for.

    Raises
    ------
    ProfileError
        An option that stands twice in a list, a negative or too large option, or something that is no position.

    Notes
    -----
    The best of k tiers scores k, the worst 1, an unacceptable option -1, doing nothing 0. Scores are ordinal:
    sums over agents mean nothing and mechanisms that need cardinal readings refuse them.
    """
    lists = [rankings] if endorsed is None else [rankings, endorsed]
    names = ("rankings", "endorsed")[: len(lists)]
    if endorsed is not None and len(endorsed) != len(rankings):
        raise ProfileError(f"must have {len(rankings)} lists, found {len(endorsed)}", where="endorsed")
    labels = options if options is None or isinstance(options, range) else list(options)
    plain = [
        [_tiers(one, f"{name}[{i}]") for i, one in enumerate(side)] for side, name in zip(lists, names, strict=True)
    ]
    largest = max((x for side in plain for one in side for tier in one for x in tier), default=-1)
    m = len(labels) if labels is not None else largest + 1
    scores = [
        _tier_scores(one, f"{name}[{i}]", m)
        for side, name in zip(plain, names, strict=True)
        for i, one in enumerate(side)
    ]
    tables = np.stack(scores).reshape(len(lists), len(rankings), m) if len(rankings) else np.empty((1, 0, m))
    listed = ~np.isnan(tables).all(axis=0)
    who, what = np.nonzero(listed)
    decision = tables[0][listed]
    motives: list[Motive | str] = ["value"]
    if endorsed is None:
        flat, share, outside = decision[None], np.ones(1), None
    else:
        decision, reflected = (np.nan_to_num(tables[k][listed], nan=-1.0) for k in (0, 1))
        flat = np.stack([reflected, decision - reflected])
        motives.append(Motive("manufactured", "influence"))
        share, outside = np.array([1.0, 0.0]), 0.0
    index, _ = Rows.sort(who, what, as_labels(agents, len(rankings), "agents"), as_labels(labels, m, "options"))
    return assemble(cls, index, flat, share, None, motives, outside, weights, "ordinal", None)


def _tiers(ranking: Sequence[int | Sequence[int]], where: str) -> list[list[int]]:
    """The options of one list, tier by tier."""
    if isinstance(ranking, (str, bytes)) or not isinstance(ranking, Iterable):
        raise ProfileError(f"must be a list of options, found {ranking!r}", where=where)
    made = []
    for entry in ranking:
        tied = isinstance(entry, Iterable) and not isinstance(entry, (str, bytes))
        tier: list[Any] = list(cast("Sequence[Any]", entry)) if tied else [entry]
        bad = next((x for x in tier if not isinstance(x, (int, np.integer)) or isinstance(x, bool)), None)
        if bad is not None:
            raise ProfileError(
                f"must list options by position, 0 for the first, found {bad!r}",
                where=where,
                remedy="pass positions, and their names as options=[...]",
            )
        made.append([int(x) for x in tier])
    return made


def _tier_scores(tiers: list[list[int]], where: str, m: int) -> FloatArray:
    """(m,) score of each option for one list, nan where it is not listed."""
    scores = np.full(m, np.nan)
    for k, tier in enumerate(tiers):
        for x in tier:
            if not 0 <= x < m:
                raise ProfileError(f"options must lie in [0, {m}), found {x}", where=where)
            if not np.isnan(scores[x]):
                raise ProfileError(f"option {x} stands twice", where=where)
            scores[x] = len(tiers) - k
    return scores
