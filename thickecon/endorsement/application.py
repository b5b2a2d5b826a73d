"""Putting an estimate into a profile: for each kind only what is meant."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray
from .._core.registry import nearest
from .._core.rng import RNG, generator
from ..errors import EvidenceError, NotApplicableError, UnknownNameError
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile
from .estimate import Estimate, Target
from .links import Link
from .unknowns import share_unknowns

__all__ = ["apply"]


def apply(
    estimate: Estimate,
    profile: ThickProfile,
    motives: Any,
    agents: Iterable[Hashable] | BoolArray | None,
    link: Link | None,
    *,
    options: Mapping[str, Iterable[Hashable]] | None,
    taken_from: str | None,
    linear: bool,
    rng: RNG,
) -> ThickProfile:
    """What :meth:`Estimate.apply` does, by kind.

    Raises
    ------
    NotApplicableError
        The estimate does not stand for what would be applied.
    EvidenceError
        A link, options or ``taken_from`` for shares, which have no unit and move nothing between motives.
    """
    if estimate.refusal:
        raise NotApplicableError(estimate.refusal, where=f"apply of {estimate.source.estimator}")
    if estimate.kind == "contribution":
        return _contribution(estimate, profile, motives, agents, link, options or {}, taken_from)
    if estimate.kind in ("endorsement", "population"):
        _only_for_contributions(estimate, link=link, options=options, taken_from=taken_from)
    if estimate.kind == "endorsement":
        return _endorsement(estimate, profile, motives, agents)
    if estimate.kind == "population":
        return _population(estimate, profile, motives, agents, linear, rng)
    remedy = {
        "relation": "give the relation to a mechanism that reads partial orders; it has no cardinal contributions",
        "exposure": "combine it with an estimate of the wedge: apply that with agents= those who were reached",
    }[estimate.kind]
    what = "is a partial order" if estimate.kind == "relation" else "says who was reached and nothing normative"
    raise NotApplicableError(what, where=f"apply of {estimate.source.estimator}", remedy=remedy)


def _only_for_contributions(estimate: Estimate, **given: object) -> None:
    name = next((name for name, value in given.items() if value is not None), None)
    if name is not None:
        raise EvidenceError(
            f"an estimate of kind {estimate.kind!r} is a share and has no use for it",
            where=f"apply: {name}",
            remedy="leave it out; motives= says whose share it is",
        )


# ---- which names become which motives -----------------------------------------------------------------------


def _chosen(estimate: Estimate, motives: Any) -> dict[int, str | Motive]:
    """Position of each chosen name -> the motive it becomes or speaks of."""
    if motives is None:
        return dict(enumerate(estimate.names))
    if isinstance(motives, Mapping):
        named: dict[str, Any] = dict(motives)
    elif isinstance(motives, (str, Motive)):
        if estimate.scalar:
            named = {estimate.names[0]: motives}
        else:
            named = {str(motives): motives}
    else:
        named = {name: name for name in motives}
    for name in named:
        if name not in estimate.names:
            raise UnknownNameError(
                f"no estimate is called {name!r}; {nearest(str(name), list(estimate.names))}", where="motives"
            )
    if not named:
        raise EvidenceError("names no estimate", where="motives")
    return {estimate.names.index(name): motive for name, motive in named.items()}


def _part(estimate: Estimate, at: IntArray) -> tuple[FloatArray, FloatArray | None]:
    """Values and joint covariance of some of the estimates."""
    values = estimate.values[at]
    if not np.isfinite(values).all():
        bad = estimate.names[int(at[int(np.argmin(np.isfinite(values)))])]
        raise NotApplicableError(
            f"{bad!r} has bounds and no point", where="apply", remedy="use with_endorsement(..., interval=bounds)"
        )
    matrix = estimate.covariance_matrix
    return values, None if matrix is None else matrix[np.ix_(at, at)]


def _members(profile: ThickProfile, agents: Iterable[Hashable] | BoolArray | None) -> BoolArray:
    member = np.zeros(profile.n_agents, dtype=bool)
    member[slice(None) if agents is None else profile.index.agent_positions(agents)] = True
    return member


# ---- contribution -------------------------------------------------------------------------------------------


def _contribution(
    estimate: Estimate,
    profile: ThickProfile,
    motives: Any,
    agents: Iterable[Hashable] | BoolArray | None,
    link: Link | None,
    options: Mapping[str, Iterable[Hashable]],
    taken_from: str | None,
) -> ThickProfile:
    chosen = _chosen(estimate, motives)
    _one_level_a_column(estimate, chosen)
    unknown = next((name for name in options if name not in estimate.names), None)
    if unknown is not None:
        raise UnknownNameError(
            f"no estimate is called {unknown!r}; {nearest(unknown, list(estimate.names))}", where="options"
        )
    at = np.fromiter(chosen, dtype=np.intp)
    values, covariance = _part(estimate, at)
    values, covariance = _in_unit(estimate, profile, values, covariance, link)
    if covariance is not None and (values == 0).any():
        raise EvidenceError(
            f"the wedge {estimate.names[int(at[int(np.argmax(values == 0))])]!r} is exactly 0, so its relative error"
            " is not defined",
            where="apply",
            remedy="leave it out of motives=",
        )
    made = profile
    for k, value in zip(at, values, strict=True):
        motive, name = chosen[int(k)], estimate.names[int(k)]
        label = motive.name if isinstance(motive, Motive) else str(motive)
        target = estimate.targets.get(name, Target(()))
        pushed = options.get(name, target.options)
        pushed = list(pushed) if not isinstance(pushed, np.ndarray) else pushed
        made = made.with_influence(
            label,
            float(value),
            targets=agents,
            options=pushed if len(pushed) else None,
            taken_from=taken_from,
            source=str(estimate.source),
        )
        if isinstance(motive, Motive):
            made = replace(made, motives=(*made.motives[:-1], motive))
    return _joint_error(estimate, profile, made, at, values, covariance)


def _joint_error(
    estimate: Estimate,
    before: ThickProfile,
    after: ThickProfile,
    at: IntArray,
    values: FloatArray,
    covariance: FloatArray | None,
) -> ThickProfile:
    """The unknown of each new column is the relative error of its wedge: cov(w_j, w_l) / (w_j w_l)."""
    count = len(at)
    columns = np.arange(before.n_motives, before.n_motives + count)
    e = after.endorsement
    if covariance is not None:
        relative = covariance / np.outer(values, values)
        e = share_unknowns(e, after.n_agents, after.n_motives, columns, np.zeros(count), relative)
    errors = np.full(count, np.nan) if covariance is None else np.sqrt(np.diag(covariance))
    records = tuple(
        replace(
            estimate.evidence[int(k)],
            estimate=float(value),
            standard_error=float(error) if np.isfinite(error) else None,
            interval=None,
        )
        for k, value, error in zip(at, values, errors, strict=True)
    )
    return replace(after, endorsement=replace(e, evidence=(*before.endorsement.evidence, *records)))


def _one_level_a_column(estimate: Estimate, chosen: Mapping[int, object]) -> None:
    """Two levels of one frame exclude each other: they cannot both be in force on the same option."""
    seen: dict[tuple[str, Hashable], tuple[Hashable, str]] = {}
    for k in chosen:
        name = estimate.names[k]
        target = estimate.targets.get(name)
        if target is None:
            continue
        for option in target.options:
            level, other = seen.setdefault((target.column, option), (target.level, name))
            if level != target.level:
                raise EvidenceError(
                    f"{other!r} and {name!r} are two levels of the frame {target.column!r} on option {option!r},"
                    " and only one can be in force",
                    where="apply",
                    remedy="name those in force: motives=[...]",
                )


def _in_unit(
    estimate: Estimate, profile: ThickProfile, values: FloatArray, covariance: FloatArray | None, link: Link | None
) -> tuple[FloatArray, FloatArray | None]:
    if estimate.unit in ("logit", "probability"):
        if link is None:
            raise EvidenceError(
                f"the estimate is in {estimate.unit!r} and the profile in {profile.unit!r}",
                where="apply",
                remedy="name a link, for example link=LogitLink(scale=points for one unit of log odds)",
            )
        return link.convert(estimate.unit, values, covariance)
    if link is not None:
        raise EvidenceError(
            f"the estimate is already in {estimate.unit!r}", where="apply: link", remedy="leave the link out"
        )
    if estimate.unit != profile.unit:
        raise EvidenceError(
            f"the estimate is in {estimate.unit!r} and the profile in {profile.unit!r}",
            where="apply",
            remedy="fit with the profile's unit as numeraire (price= for money, value= for utils)",
        )
    return values, covariance


# ---- shares -------------------------------------------------------------------------------------------------


def _speaks_of(
    estimate: Estimate, profile: ThickProfile, motives: Any
) -> tuple[IntArray, FloatArray, FloatArray | None]:
    chosen = _chosen(estimate, motives)
    names = [motive.name if isinstance(motive, Motive) else str(motive) for motive in chosen.values()]
    columns = profile.motive_positions(names)
    values, covariance = _part(estimate, np.fromiter(chosen, dtype=np.intp))
    bad = (values < 0) | (values > 1)
    if bad.any():
        raise NotApplicableError(
            f"a share of {values[int(np.argmax(bad))]:g} is outside [0, 1]: the assumptions fail in these data",
            where=f"apply of {estimate.source.estimator}",
            remedy="look at the diagnostics before using a share",
        )
    return columns, values, covariance


def _endorsement(
    estimate: Estimate, profile: ThickProfile, motives: Any, agents: Iterable[Hashable] | BoolArray | None
) -> ThickProfile:
    columns, values, covariance = _speaks_of(estimate, profile, motives)
    chosen = _chosen(estimate, motives)
    e = share_unknowns(
        profile.endorsement,
        profile.n_agents,
        profile.n_motives,
        columns,
        values,
        covariance,
        member=_members(profile, agents),
        bounds=None if covariance is not None or estimate.identified is None else estimate.identified[list(chosen)],
    )
    return _with(profile, replace(e, evidence=(*e.evidence, *estimate.evidence)))


def _population(
    estimate: Estimate,
    profile: ThickProfile,
    motives: Any,
    agents: Iterable[Hashable] | BoolArray | None,
    linear: bool,
    rng: RNG,
) -> ThickProfile:
    if linear:
        return _endorsement(estimate, profile, motives, agents)
    if rng is None:
        raise NotApplicableError(
            "is a share of people, which stands for a share of a pull only in rules that are linear in v",
            where=f"apply of {estimate.source.estimator}",
            remedy="draw a type for each agent with rng=0 (and average over draws), or say linear=True",
        )
    columns, values, _ = _speaks_of(estimate, profile, motives)
    gen, member = generator(rng), _members(profile, agents)
    e, n, count = profile.endorsement, profile.n_agents, profile.n_motives
    drawn = gen.random((n, len(columns))) < values
    for j, column in enumerate(columns):
        for endorses in (True, False):
            who = member & (drawn[:, j] == endorses)
            if who.any():
                e = share_unknowns(e, n, count, np.array([column]), np.array([float(endorses)]), None, member=who)
    return _with(profile, replace(e, evidence=(*e.evidence, *estimate.evidence)))


def _with(profile: ThickProfile, endorsement: Any) -> ThickProfile:
    return replace(profile, endorsement=endorsement, resolution_override=profile.resolution)
