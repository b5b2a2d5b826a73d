"""Profiles as trees of plain values and arrays, and back; what every container of profiles shares."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from ..._core.arrays import frozen
from ...errors import FileFormatError, InputError, ProfileError, SizeError
from .. import schema
from ..constructors import assemble
from ..endorsement import Endorsement, Evidence
from ..motive import Motive
from ..profile import ThickProfile
from ..rows import Rows, as_labels
from .text import label_value

__all__ = ["build_profile", "checked", "fault_of", "located", "place_in", "profile_tree", "require_format"]

MANY = 10**7
"""So many agents or options need no row each to be believed; a number alone must not claim all memory."""

M = TypeVar("M", bound=schema.Part)


# ---- writing --------------------------------------------------------------------------------------------------


def profile_tree(profile: ThickProfile, where: str) -> dict[str, Any]:
    """What a file holds of a profile.

    Raises
    ------
    FileFormatError
        A label that files cannot hold, or an endorsement outside [0, 1] (a draw, not an estimate).
    """
    p = profile
    outside = p.outside
    return {
        "format": schema.FORMAT,
        "version": schema.VERSION,
        "unit": p.unit,
        "resolution": p.resolution_override,
        "agents": labels_tree(p.agents, f"{where}: agents"),
        "options": labels_tree(p.options, f"{where}: options"),
        "motives": [_motive_tree(motive) for motive in p.motives],
        "rows": None if p.index.dense else {"agent": p.index.agent, "option": p.index.option},
        "contributions": p.contributions,
        "endorsement": _endorsement_tree(p.endorsement, where),
        "outside_worth": outside if outside is not None and outside.ndim == 1 else None,
        "outside_contributions": outside if outside is not None and outside.ndim == 2 else None,
        "weights": p.weights,
    }


def labels_tree(labels: Sequence[Hashable], where: str) -> range | list[Any]:
    """Labels as a file holds them; default labels as their number."""
    if isinstance(labels, range) and labels == range(len(labels)):
        return labels
    return [label_value(label, where) for label in labels]


def _motive_tree(motive: Motive) -> dict[str, Any]:
    return {
        "name": motive.name,
        "kind": motive.kind,
        "attends_to": list(motive.attends_to),
        "contexts": list(motive.contexts),
        "tier": motive.tier,
        "owner": motive.owner,
        "channel": motive.channel,
    }


def _endorsement_tree(e: Endorsement, where: str) -> dict[str, Any]:
    if e.theta.size and not (e.theta.min() >= 0.0 and e.theta.max() <= 1.0):
        raise FileFormatError(
            f"endorsement must lie in [0, 1] to be saved, found {e.theta.min():g} to {e.theta.max():g}",
            where=where,
            remedy="save the profile that it was drawn or scaled from",
        )
    covariance = e.covariance
    return {
        "theta": e.theta,
        "lower": e.lower,
        "upper": e.upper,
        "group": e.group,
        "param": e.param,
        "variance": covariance if covariance is not None and covariance.ndim == 1 else None,
        "covariance": covariance if covariance is not None and covariance.ndim == 2 else None,
        "evidence": [
            {
                "source": one.source,
                "estimate": _extended(one.estimate),
                "standard_error": _extended(one.standard_error),
                "interval": None if one.interval is None else [_extended(end) for end in one.interval],
                "n": one.n,
            }
            for one in e.evidence
        ],
    }


def _extended(value: float | None) -> float | str | None:
    return value if value is None or np.isfinite(value) else str(float(value))


# ---- reading --------------------------------------------------------------------------------------------------


@contextmanager
def located(where: str) -> Iterator[None]:
    """Errors about input get the file they came from in front of their place."""
    try:
        yield
    except InputError as err:
        if (err.where or "").startswith(where):
            raise
        place = where if err.where is None else f"{where}: {err.where}"
        raise type(err)(err.what, where=place, remedy=err.remedy) from err


def require_format(tree: dict[str, Any], known: dict[str, int], where: str) -> str:
    """The format a file claims, if it is one of ``known`` (format -> version).

    Raises
    ------
    FileFormatError
        No format, another one, or a version that this package does not read.
    """
    claimed = tree.get("format")
    if not isinstance(claimed, str) or claimed not in known:
        wanted = " or ".join(map(repr, known))
        found = "no 'format'" if claimed is None else f"format {claimed!r}"
        raise FileFormatError(
            f"is not a file of this package: must have format {wanted}, found {found}",
            where=where,
            remedy="save it with profile.save(path) or problem.save(path)",
        )
    version = tree.get("version")
    if version != known[claimed] or isinstance(version, bool):
        newer = isinstance(version, int) and version > known[claimed]
        raise FileFormatError(
            f"{claimed} version must be {known[claimed]}, found {version!r}",
            where=where,
            remedy="update thickecon" if newer else "save it again with this version of thickecon",
        )
    return claimed


def checked(model: type[M], tree: dict[str, Any], where: str) -> M:
    """``tree`` checked by its model.

    Raises
    ------
    FileFormatError
        The first thing that is wrong, by key, row and column, and by motive, agent and option.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as err:
        first = fault_of(err.errors(include_url=False)[0], tree, where, err.error_count() - 1)
        raise first from None


def fault_of(error: Any, tree: dict[str, Any], where: str, more: int = 0) -> FileFormatError:
    """One of pydantic's findings, by key, row and column, and by motive, agent and option."""
    path = [*error["loc"], *error.get("ctx", {}).get("at", ())]
    known = {"missing": "is missing", "extra_forbidden": "is not a key of this format"}
    what = known.get(error["type"], error["msg"])
    if error["type"] not in (*known, "entry"):
        what = f"{what[0].lower()}{what[1:]}, found {str(error['input'])[:60]!r}"
    remedy = "remove it, or check its spelling" if error["type"] == "extra_forbidden" else None
    if more:
        what, remedy = f"{what} (and {more} more)", remedy or "'thickecon validate' names all of them"
    return FileFormatError(what, where=f"{where}: {place_in(path, tree)}", remedy=remedy)


def place_in(path: Sequence[Any], tree: dict[str, Any]) -> str:
    """``contributions[3][17] (motive 'price', agent 'ann', option 'tea')``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    inner: Any = tree
    for k, part in enumerate(path):
        if part == "contributions" and len(path) > k + 2:
            return f"{text} ({_row_names(inner, path[k + 1], path[k + 2])})"
        if part in ("outside_worth", "outside_contributions", "weights") and len(path) > k + 1:
            return f"{text} (agent {_name(inner.get('agents'), path[k + 1])})"
        if isinstance(inner, dict) and isinstance(inner.get(part), dict):
            inner = inner[part]
    return text


def _name(labels: Any, at: Any) -> str:
    return repr(labels[at]) if isinstance(labels, list) and at < len(labels) else str(at)


def _row_names(tree: dict[str, Any], motive: int, row: int) -> str:
    motives, rows, options = tree.get("motives"), tree.get("rows"), tree.get("options")
    name = str(motive)
    if isinstance(motives, list) and motive < len(motives) and isinstance(motives[motive], dict):
        name = repr(motives[motive].get("name"))
    agent: Any = None
    option: Any = None
    if isinstance(rows, dict):
        given: list[Any] = [rows.get("agent"), rows.get("option")]
        if all(isinstance(column, (list, np.ndarray)) and row < len(column) for column in given):
            agent, option = given[0][row], given[1][row]
    else:
        width = len(options) if isinstance(options, list) else options
        if isinstance(width, int) and width:
            agent, option = divmod(row, width)
    if not isinstance(agent, (int, np.integer)) or not isinstance(option, (int, np.integer)):
        return f"motive {name}, row {row}"
    return f"motive {name}, agent {_name(tree.get('agents'), agent)}, option {_name(options, option)}"


def build_profile(document: schema.ProfileDocument, where: str) -> ThickProfile:
    """The profile in a checked document.

    Raises
    ------
    FileFormatError
        Rows that are unsorted, twice or out of range, or arrays whose lengths disagree.
    ProfileError
        Endorsement outside [0, 1], lower > upper, no agents, weights that are not positive.
    SizeError
        A number of agents or options far above what the file evaluates.
    """
    d = document
    with located(where):
        agents = as_labels(d.agents, len(d.agents), "agents")
        options = as_labels(d.options, len(d.options), "options")
        for labels, name in ((agents, "agents"), (options, "options")):
            if not len(labels):
                raise ProfileError(f"has no {name}", where="profile", remedy=f"list at least one of the {name}")
            if isinstance(labels, range) and len(labels) > max(MANY, d.contributions.size):
                raise SizeError(
                    f"says that there are {len(labels)} {name}, and holds {d.contributions.size} contributions",
                    where=name,
                    remedy=f"count only {name} that are evaluated or evaluate",
                )
        motives = [Motive(**_motive_fields(part)) for part in d.motives]
        width = d.contributions.shape[1]
        if len(d.contributions) != len(motives):
            raise FileFormatError(
                f"must have a list for each of the {len(motives)} motives, found {len(d.contributions)}",
                where="contributions",
            )
        if d.outside_worth is not None and d.outside_contributions is not None:
            raise FileFormatError("give only one of them", where="outside_worth and outside_contributions")
        index = _rows(d.rows, agents, options, width)
        outside = d.outside_worth if d.outside_worth is not None else d.outside_contributions
        if d.outside_contributions is not None and d.outside_contributions.shape != (len(agents), len(motives)):
            raise FileFormatError(
                f"must be a list of {len(motives)} numbers for each of the {len(agents)} agents,"
                f" found {d.outside_contributions.shape}",
                where="outside_contributions",
            )
        return assemble(
            ThickProfile,
            index,
            np.ascontiguousarray(d.contributions),
            _endorsement(d.endorsement),
            None,
            motives,
            outside,
            d.weights,
            d.unit,
            d.resolution,
        )


def _motive_fields(part: schema.MotivePart) -> dict[str, Any]:
    fields = part.model_dump()
    return {**fields, "attends_to": tuple(fields["attends_to"]), "contexts": tuple(fields["contexts"])}


def _rows(part: schema.RowsPart | None, agents: Sequence[Hashable], options: Sequence[Hashable], width: int) -> Rows:
    """Rows of a file, which must be sorted already: another order would be another file of the same profile."""
    n, m = len(agents), len(options)
    if part is None:
        if width != n * m:
            raise FileFormatError(
                f"must have {n} x {m} = {n * m} entries a motive (no 'rows': every agent evaluates every option),"
                f" found {width}",
                where="contributions",
                remedy="list the evaluated pairs in 'rows'",
            )
        return Rows.full(agents, options)
    for name, column, bound in (("agent", part.agent, n), ("option", part.option, m)):
        if len(column) != width:
            raise FileFormatError(
                f"must have an entry for each of the {width} contributions, found {len(column)}", where=f"rows.{name}"
            )
        bad = (column < 0) | (column >= bound)
        if bad.any():
            at = int(np.argmax(bad))
            raise FileFormatError(
                f"unknown {name} {int(column[at])}, the file lists {bound} (positions 0 to {bound - 1})",
                where=f"rows.{name}[{at}]",
            )
    _check_sorted(part.agent, part.option, agents, options)
    return Rows(frozen(part.agent, np.int32), frozen(part.option, np.int32), agents, options)


def _check_sorted(
    agent: npt.NDArray[Any], option: npt.NDArray[Any], agents: Sequence[Hashable], options: Sequence[Hashable]
) -> None:
    step = np.diff(agent.astype(np.int64) * len(options) + option)
    if not (step <= 0).any():
        return
    at = int(np.argmax(step <= 0)) + 1
    pair = f"agent {agents[int(agent[at])]!r}, option {options[int(option[at])]!r}"
    if step[at - 1] == 0:
        raise FileFormatError(
            f"the pair {pair} stands twice", where=f"rows[{at}]", remedy="aggregate duplicate rows before saving"
        )
    raise FileFormatError(
        f"must be sorted by agent, then option; {pair} comes too late",
        where=f"rows[{at}]",
        remedy="build it with te.ThickProfile.from_rows, which sorts, and save that",
    )


def _endorsement(part: schema.EndorsementPart) -> Endorsement:
    if part.variance is not None and part.covariance is not None:
        raise FileFormatError("give only one of them", where="endorsement.variance and .covariance")
    evidence = tuple(
        Evidence(
            one.source, one.estimate, one.standard_error, None if one.interval is None else _pair(one.interval), one.n
        )
        for one in part.evidence
    )
    covariance = part.variance if part.variance is not None else part.covariance
    return Endorsement(part.theta, part.lower, part.upper, part.group, part.param, covariance, evidence)


def _pair(given: Sequence[float]) -> tuple[float, float]:
    return given[0], given[1]
