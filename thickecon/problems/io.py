"""Problems in files: profile, second side, capacities, conflicts, bundles and norms in one file.

``.json`` follows ``docs/reference/schema/problem-v1.schema.json``; ``.parquet`` holds the same tree with every vector
as a column (:mod:`thickecon.profiles.io.parquet`). Exact to the bit, written atomically; pickle is never read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, cast

from ..errors import FileFormatError
from ..profiles import schema as profile_layout
from ..profiles.io import read_tree, write_tree
from ..profiles.io.document import build_profile, checked, labels_tree, located, profile_tree, require_format
from ..profiles.io.text import label_value
from ..profiles.profile import ThickProfile
from . import schema
from .assignment import Assignment
from .bids import Bids
from .choice import Choice
from .market import Market, Priorities
from .norm import Linear, Norm
from .problem import Problem

__all__ = ["FORMATS", "build_file", "kind_of", "read_file", "read_problem", "write_problem"]

FORMATS = {schema.FORMAT: schema.VERSION, profile_layout.FORMAT: profile_layout.VERSION}


def read_problem(path: str | os.PathLike[str]) -> Problem:
    """The problem in a ``.json`` or ``.parquet`` file.

    Parameters
    ----------
    path
        Written by :meth:`Problem.save`, or by hand after the published schema.

    Returns
    -------
    Problem
        Assignment, Market, Bids or Choice; equal to the one that was saved, to the bit.

    Raises
    ------
    FileFormatError
        Missing, alien, truncated, unsorted, of another version or kind, a pickle, or a bare profile: a profile does
        not say what is to be decided, so nothing is guessed (:func:`read_file` reads either).
    SizeError
        JSON above 100 MB.
    ProfileError, ProblemError, UnknownNameError
        What the file holds is not a problem: the message names the file, the entry and the remedy.
    MissingExtraError
        ``.parquet`` without pyarrow (extra ``interop``).
    """
    found = read_file(path)
    if isinstance(found, ThickProfile):
        raise FileFormatError(
            "holds a profile, which does not say what is to be decided",
            where=os.fspath(path),
            remedy="give te.read_profile(path) to a mechanism, which wraps it, or say it: "
            "te.Assignment(te.read_profile(path), supply=...)",
        )
    return found


def read_file(path: str | os.PathLike[str]) -> ThickProfile | Problem:
    """Whichever of a profile and a problem a file holds; mechanisms take both.

    Raises
    ------
    FileFormatError, SizeError, ProfileError, ProblemError, UnknownNameError, MissingExtraError
        As :func:`read_problem` and :func:`thickecon.profiles.io.read_profile`.
    """
    return build_file(*read_tree(path))


def build_file(tree: dict[str, Any], where: str) -> ThickProfile | Problem:
    """What an unchecked tree holds; see :func:`read_file` for what can be wrong."""
    if require_format(tree, FORMATS, where) == profile_layout.FORMAT:
        return build_profile(checked(profile_layout.ProfileDocument, tree, where), where)
    kind = kind_of(tree, where)
    document = checked(schema.KINDS[kind], tree, where)
    profile = build_profile(document.profile, f"{where}: profile")
    with located(where):
        return _BUILD[kind](document, profile, where)


def kind_of(tree: dict[str, Any], where: str) -> str:
    """What kind of problem a tree says it is.

    Raises
    ------
    FileFormatError
        None that this package knows.
    """
    kind = tree.get("kind")
    if not isinstance(kind, str) or kind not in schema.KINDS:
        raise FileFormatError(f"must be one of {sorted(schema.KINDS)}, found {kind!r}", where=f"{where}: kind")
    return kind


def write_problem(problem: Problem, path: str | os.PathLike[str]) -> None:
    """Write ``.json`` or ``.parquet`` by the ending of ``path``, atomically: all of it or nothing.

    Raises
    ------
    FileFormatError
        Another ending, a folder that does not exist, labels that files cannot hold, a norm that is a function, or a
        kind of problem without a file format.
    SizeError
        JSON above 100 MB.
    MissingExtraError
        ``.parquet`` without pyarrow (extra ``interop``).
    """
    where = os.fspath(path)
    kind = getattr(problem, "kind", "")
    if kind not in _PARTS or not isinstance(problem, _CLASSES):
        raise FileFormatError(
            f"{type(problem).__name__} has no file format", where=where, remedy=f"kinds with one: {sorted(_PARTS)}"
        )
    write_tree(
        {
            "format": schema.FORMAT,
            "version": schema.VERSION,
            "kind": kind,
            **_PARTS[kind](problem, where),
            "profile": profile_tree(problem.profile, where),
        },
        path,
    )


# ---- one pair of functions for each kind ----------------------------------------------------------------------


def _assignment_parts(problem: Assignment, where: str) -> dict[str, Any]:
    options = problem.profile.options
    return {
        "supply": problem.supply,
        "demand": problem.demand,
        "conflicts": [[label_value(options[int(x)], where) for x in pair] for pair in problem.conflicts],
        "norms": [_norm_tree(norm, where) for norm in problem.norms],
    }


def _norm_tree(norm: Norm, where: str) -> dict[str, Any]:
    if not isinstance(norm.constraint, Linear):
        raise FileFormatError(
            f"norm {norm.name!r} is a function and cannot be saved",
            where=where,
            remedy="write it as Linear(coefficients, sense, bound), quota(...) or budget(...)",
        )
    made = norm.constraint
    return {
        "name": norm.name,
        "coefficients": made.coefficients,
        "sense": made.sense,
        "bound": made.bound,
        "because": list(norm.because),
        "scope": None if norm.scope is None else [label_value(label, where) for label in norm.scope],
        "excuses": None if norm.excuses is None else [label_value(label, where) for label in norm.excuses],
    }


def _assignment(d: schema.AssignmentDocument, profile: ThickProfile, where: str) -> Assignment:
    problem = Assignment(profile, d.supply, d.demand, d.conflicts, tuple(map(_norm, d.norms)))
    for norm in problem.norms:
        norm.linear(profile)  # a wrong length or an unknown agent is found now, not when a programme is solved
        profile.motive_positions(norm.because)
    return problem


def _norm(part: schema.NormPart) -> Norm:
    made = Linear(part.coefficients, part.sense, part.bound)
    return Norm(part.name, made, tuple(part.because), part.scope, part.excuses)


def _market_parts(problem: Market, where: str) -> dict[str, Any]:
    return {
        "capacities": problem.capacities,
        "demand": problem.demand,
        "receivers_are_agents": problem.receivers_are_agents,
        "receivers": profile_tree(problem.receivers, where),
    }


def _market(d: schema.MarketDocument, profile: ThickProfile, where: str) -> Market:
    theirs = build_profile(d.receivers, f"{where}: receivers")
    return Market(profile, theirs if d.receivers_are_agents else Priorities(theirs), d.capacities, d.demand)


def _bids_parts(problem: Bids, where: str) -> dict[str, Any]:
    return {
        "items": labels_tree(cast(Any, problem.items), where),
        "supply": problem.supply,
        "language": problem.language,
        "bundles": problem.bundles,
    }


def _bids(d: schema.BidsDocument, profile: ThickProfile, where: str) -> Bids:
    return Bids(profile, d.bundles, d.language, d.supply, d.items)


def _choice_parts(problem: Choice, where: str) -> dict[str, Any]:
    return {}


def _choice(d: schema.ChoiceDocument, profile: ThickProfile, where: str) -> Choice:
    return Choice(profile)


_PARTS: dict[str, Callable[[Any, str], dict[str, Any]]] = {
    "assignment": _assignment_parts,
    "bids": _bids_parts,
    "choice": _choice_parts,
    "market": _market_parts,
}
_CLASSES: tuple[type[Problem], ...] = (Assignment, Bids, Choice, Market)
_BUILD: dict[str, Callable[[Any, ThickProfile, str], Problem]] = {
    "assignment": _assignment,
    "bids": _bids,
    "choice": _choice,
    "market": _market,
}
