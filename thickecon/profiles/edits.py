"""Profiles made from profiles; each function is a method of :class:`ThickProfile`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, IntArray, as_floats, frozen, require_finite, shape_text
from ..errors import ProfileError, SizeError
from .endorsement import Endorsement, Evidence
from .motive import Motive

if TYPE_CHECKING:
    from .profile import ThickProfile

__all__ = ["with_influence", "split", "merge", "at", "restrict"]

FULL_COVARIANCE = 2048
"""Parameters up to which an error shared by groups is written as a full covariance."""


def with_influence(
    self: ThickProfile,
    name: str,
    wedge: npt.ArrayLike,
    targets: Iterable[Hashable] | BoolArray | None = None,
    se: npt.ArrayLike | None = None,
    owner: str | None = None,
    channel: str | None = None,
    options: Iterable[Hashable] | BoolArray | None = None,
    taken_from: str | None = None,
    source: str = "user's estimate",
) -> ThickProfile:
    """Say which part of the reported valuations an influence made: the on-ramp for reports plus a guess.

    The reports are unchanged (``p.revealed`` stays): the wedge is moved out of the motive it was hidden in and
    becomes a motive of its own with endorsement 0. That it does not count is the caller's normative act.

    Parameters
    ----------
    name
        Of the new motive.
    wedge
        Number, (m,), (n, m) or (rows,), in the profile's unit: by how much the influence lifts the evaluation.
    targets
        Labels (or a mask) of the agents it reached; None: all.
    se
        Standard error of the wedge, same shapes; its ratio to the wedge must be one number (one unknown scale).
    owner, channel
        Who profits and through what it came.
    options
        Labels (or a mask) of the options it pushes; None: all.
    taken_from
        The motive it is hidden in; None: the only value of the profile.

    Raises
    ------
    ProfileError
        Wrong shape, nan, se < 0 or se not proportional to the wedge, several values and no ``taken_from``.
    UnknownNameError
        An agent, option or motive that is not there.
    SizeError
        A standard error where more than about a thousand agents have endorsements of their own.
    """
    source_motive = _hiding_motive(self, taken_from)
    reached = np.zeros(self.n_agents, dtype=bool)
    reached[slice(None) if targets is None else self.index.agent_positions(targets)] = True
    pushed = np.zeros(self.n_options, dtype=bool)
    pushed[slice(None) if options is None else self.index.option_positions(options)] = True
    here = reached[self.index.agent] & pushed[self.index.option]
    lift = np.where(here, _per_row(self, wedge, "wedge"), 0.0)
    contributions = np.concatenate([self.contributions, lift[None]])
    with np.errstate(over="ignore"):
        contributions[source_motive] -= lift
    require_finite(contributions, "with_influence", error=ProfileError, remedy="use a larger unit")
    relative = _relative_error(self, lift, se)
    evidence = Evidence(source, float(np.abs(lift).max(initial=0.0)), None if se is None else relative)
    outside = self.outside
    if outside is not None and outside.ndim == 2:
        outside = frozen(np.concatenate([outside, np.zeros((self.n_agents, 1))], axis=1))
    return replace(
        self,
        contributions=frozen(contributions, copy=False),
        endorsement=_append_unknown(self, 0.0, relative, evidence),
        motives=(*self.motives, _new_motive(self, Motive(name, "influence", owner=owner, channel=channel))),
        outside=outside,
        resolution_override=self.resolution,
    )


def _hiding_motive(p: ThickProfile, name: str | None) -> int:
    if name is not None:
        return int(p.motive_positions(name)[0])
    values = [c for c, motive in enumerate(p.motives) if motive.kind == "value"]
    if len(values) != 1:
        raise ProfileError(
            f"the profile has {len(values)} values and the influence may be hidden in any of them",
            where="with_influence",
            remedy="name it: taken_from='...'",
        )
    return values[0]


def _per_row(p: ThickProfile, given: npt.ArrayLike, name: str) -> FloatArray:
    """(rows,) vector of a number, (m,), (n, m) or (rows,); nan allowed where there is no row."""
    table = as_floats(given, name, error=ProfileError)
    n, m, rows = p.n_agents, p.n_options, len(p.index)
    if table.ndim == 0:
        vector = np.broadcast_to(table, (rows,))
    elif table.shape == (n, m):
        vector = table[p.index.agent, p.index.option]
    elif table.shape == (m,):
        vector = table[p.index.option]
    elif table.shape == (rows,):
        vector = table
    else:
        raise ProfileError(
            f"must be a number, ({m},), ({n}, {m}) or ({rows},) rows, found {shape_text(table.shape)}", where=name
        )
    require_finite(np.ascontiguousarray(vector), name, error=ProfileError)
    return vector


def _relative_error(p: ThickProfile, lift: FloatArray, se: npt.ArrayLike | None) -> float:
    if se is None:
        return 0.0
    error = _per_row(p, se, "se")[lift != 0]
    if not len(error):
        return 0.0
    if (error < 0).any():
        raise ProfileError(f"must be at least 0, found {error.min():g}", where="se")
    ratio = error / np.abs(lift[lift != 0])
    if ratio.max() - ratio.min() > 1e-9 * max(1.0, ratio.max()):
        raise ProfileError(
            f"se / |wedge| must be one number (one unknown scale), found {ratio.min():.3g} to {ratio.max():.3g}",
            where="se",
            remedy="call with_influence once for each option or group, with a name of its own",
        )
    return float(ratio[0])


def _append_unknown(p: ThickProfile, theta: float, se: float, evidence: Evidence) -> Endorsement:
    """The profile's endorsement with one more parameter, shared by all agents, for one more motive."""
    e, count = p.endorsement, p.n_motives
    groups = len(e.theta)

    def widen(table: FloatArray | None, value: float) -> FloatArray | None:
        return None if table is None else np.concatenate([table, np.full((groups, 1), value)], axis=1)

    covariance: FloatArray | None = None
    if e.covariance is not None or se:
        size, width = e.theta.size, e.theta.shape[1]
        old = e.covariance if e.covariance is not None else np.zeros(size)
        if se and groups > 1 and old.ndim == 1:
            # a diagonal would make the error of one wedge independent between groups and average it away
            old = np.diag(old) if groups * (width + 1) <= FULL_COVARIANCE else _too_many_groups(groups, width + 1)
        place = np.arange(size).reshape(groups, width)
        full = np.zeros((groups * (width + 1),) * old.ndim)
        keep = (np.arange(groups)[:, None] * (width + 1) + np.arange(width)).ravel()
        if old.ndim == 1:
            full[keep] = old[place.ravel()]
            full[np.arange(groups) * (width + 1) + width] = se**2
        else:
            full[np.ix_(keep, keep)] = old
            new = np.arange(groups) * (width + 1) + width
            full[np.ix_(new, new)] = se**2  # one unknown shared by all groups
        covariance = full
    return Endorsement(
        np.concatenate([e.theta, np.full((groups, 1), theta)], axis=1),
        widen(e.lower, theta),
        widen(e.upper, theta),
        e.group,
        np.append(e.columns(count), e.theta.shape[1]),
        covariance,
        (*e.evidence, evidence),
    )


def _too_many_groups(groups: int, width: int) -> FloatArray:
    raise SizeError(
        f"one error shared by {groups} groups of agents needs a full covariance of {groups} x {width} parameters,"
        f" at most {FULL_COVARIANCE} are kept",
        where="se",
        remedy="leave se out, or let agents share the rows of theta: Endorsement(theta, group=...)",
    )


def _new_motive(p: ThickProfile, motive: Motive) -> Motive:
    if any(known.name == motive.name for known in p.motives):
        raise ProfileError(f"a motive called {motive.name!r} is already there", where="motives", remedy="rename it")
    return motive


def split(self: ThickProfile, motive: str, shares: Mapping[str, float] | Sequence[float]) -> ThickProfile:
    """Replace a motive by parts that keep its endorsement parameter, so no outcome changes (T15).

    Parameters
    ----------
    shares
        Name -> share of the contribution, or shares (then parts are called ``motive.0``, ``motive.1``...);
        they sum to 1 and may be negative. Independent intervals for the parts must be asked for with
        :meth:`with_endorsement`.

    Raises
    ------
    ProfileError
        Shares that do not sum to 1, or a name that is already there.
    """
    c = int(self.motive_positions(motive)[0])
    named = dict(shares) if isinstance(shares, Mapping) else {f"{motive}.{k}": s for k, s in enumerate(shares)}
    parts = as_floats(list(named.values()), "shares", error=ProfileError)
    require_finite(parts, "shares", error=ProfileError)
    if not len(parts) or abs(parts.sum() - 1.0) > 1e-12:  # less than the grid can see
        raise ProfileError(f"must sum to 1, found {parts.sum():.15g}", where="shares")
    others = {known.name for known in self.motives} - {motive}
    clash = next((name for name in named if name in others), None)
    if clash is not None:
        raise ProfileError(f"a motive called {clash!r} is already there", where="shares")
    order = [*range(c), *[c] * len(parts), *range(c + 1, self.n_motives)]
    factor = np.ones(len(order))
    factor[c : c + len(parts)] = parts
    motives = [self.motives[k] for k in order]
    motives[c : c + len(parts)] = [replace(self.motives[c], name=name) for name in named]
    return _rearranged(self, order, factor, tuple(motives))


def merge(self: ThickProfile, names: Sequence[str], into: str) -> ThickProfile:
    """Add up motives that share one endorsement parameter (the inverse of :meth:`split`).

    Raises
    ------
    ProfileError
        The motives have different parameters, so their sum has no single endorsement; or they differ in kind, tier,
        contexts or owner, which some lens reads; or one is named twice.
    """
    at = self.motive_positions(names)
    if not len(at) or len(set(at.tolist())) != len(at):
        raise ProfileError(f"must name different motives, found {list(names)}", where="merge")
    for part in ("kind", "tier", "contexts", "owner"):
        found = {getattr(self.motives[c], part) for c in at}
        if len(found) > 1:
            raise ProfileError(f"motives {list(names)} differ in {part}, which lenses read: {found}", where="merge")
    columns = self.endorsement.columns(self.n_motives)
    if len({int(columns[c]) for c in at}) != 1:
        raise ProfileError(
            f"motives {list(names)} read different endorsement parameters",
            where="merge",
            remedy="merge motives that"
            " were split from one, or give them one parameter with with_endorsement(Endorsement(..., param=...))",
        )
    first = int(at[0])
    order = [c for c in range(self.n_motives) if c == first or c not in set(at.tolist())]
    motives = tuple(replace(self.motives[c], name=into) if c == first else self.motives[c] for c in order)
    if len({motive.name for motive in motives}) != len(motives):
        raise ProfileError(f"a motive called {into!r} is already there", where="merge")
    summed = np.array(self.contributions[order])
    summed[order.index(first)] = self.contributions[at].sum(axis=0)
    merged = _rearranged(self, order, np.ones(len(order)), motives)
    outside = merged.outside
    if self.outside is not None and self.outside.ndim == 2:
        table = np.array(self.outside[:, order])
        table[:, order.index(first)] = self.outside[:, at].sum(axis=1)
        outside = frozen(table)
    return replace(merged, contributions=frozen(summed, copy=False), outside=outside)


def _rearranged(p: ThickProfile, order: Sequence[int], factor: FloatArray, motives: tuple[Motive, ...]) -> ThickProfile:
    """Motives picked by position, scaled, keeping their endorsement parameters and the grid."""
    picked = list(order)
    outside = p.outside
    if outside is not None and outside.ndim == 2:
        outside = frozen(outside[:, picked] * factor)
    return replace(
        p,
        contributions=frozen(p.contributions[picked] * factor[:, None], copy=False),
        endorsement=replace(p.endorsement, param=p.endorsement.columns(p.n_motives)[picked]),
        motives=motives,
        outside=outside,
        resolution_override=p.resolution,
    )


def at(self: ThickProfile, context: str) -> ThickProfile:
    """The profile in one context: motives that list contexts and not this one are dropped.

    Endorsement that differs by context is written as motives of different contexts.

    Raises
    ------
    ProfileError
        No motive applies in the context.
    """
    keep = [c for c, motive in enumerate(self.motives) if not motive.contexts or context in motive.contexts]
    if not keep:
        known = sorted({name for motive in self.motives for name in motive.contexts})
        raise ProfileError(f"no motive applies in {context!r}; contexts named: {known}", where="context")
    return _rearranged(self, keep, np.ones(len(keep)), tuple(self.motives[c] for c in keep))


def _picked(labels: Sequence[Hashable], positions: IntArray) -> Sequence[Hashable]:
    """Labels at positions; all of them in order are the labels themselves."""
    if len(positions) == len(labels) and np.array_equal(positions, np.arange(len(labels))):
        return labels
    return tuple(labels[k] for k in positions)


def restrict(
    self: ThickProfile,
    agents: Iterable[Hashable] | BoolArray | None = None,
    options: Iterable[Hashable] | BoolArray | None = None,
    motives: Sequence[str] | None = None,
    rows: BoolArray | None = None,
) -> ThickProfile:
    """A part of the profile: some agents, options, motives, or rows (a mask); keeps the grid.

    Raises
    ------
    UnknownNameError
        A label that is not there.
    ProfileError
        Nothing is left.
    """
    from .rows import Rows

    who = np.arange(self.n_agents) if agents is None else self.index.agent_positions(agents)
    what = np.arange(self.n_options) if options is None else self.index.option_positions(options)
    if not len(who) or not len(what):
        raise ProfileError("nothing is left", where="restrict")
    for positions, known, name in ((who, self.agents, "agents"), (what, self.options, "options")):
        if len(np.unique(positions)) != len(positions):
            twice = known[int(positions[np.argmax(np.bincount(positions)[positions] > 1)])]
            raise ProfileError(f"labels must differ, {twice!r} stands twice", where=f"restrict({name}=)")
    to_agent, to_option = np.full(self.n_agents, -1), np.full(self.n_options, -1)
    to_agent[who], to_option[what] = np.arange(len(who)), np.arange(len(what))
    agent, option = to_agent[self.index.agent], to_option[self.index.option]
    keep = (agent >= 0) & (option >= 0)
    if rows is not None:
        mask = np.asarray(rows)
        if mask.dtype != bool or mask.shape != keep.shape:
            raise ProfileError(f"must be a mask of {len(keep)} rows, found {mask.dtype} {mask.shape}", where="rows")
        keep &= mask
    index, order = Rows.sort(agent[keep], option[keep], _picked(self.agents, who), _picked(self.options, what))
    flat = self.contributions[:, keep]
    e = self.endorsement
    cut = replace(
        self,
        index=index,
        contributions=frozen(flat if order is None else flat[:, order]),
        endorsement=e if e.group is None else replace(e, group=e.group[who]),
        outside=None if self.outside is None else frozen(self.outside[who]),
        weights=None if self.weights is None else frozen(self.weights[who]),
        resolution_override=self.resolution,
    )
    if motives is None:
        return cut
    order_c = self.motive_positions(motives).tolist()
    return _rearranged(cut, order_c, np.ones(len(order_c)), tuple(self.motives[c] for c in order_c))
