"""Everything that is wrong with a profile or problem in a file, where reading stops at the first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .._core.registry import nearest
from ..errors import InputError, ProblemError, ThickEconError, UnknownNameError
from ..profiles import schema as profile_layout
from ..profiles.io import read_tree
from ..profiles.io.document import require_format
from ..profiles.io.faults import each_bad, labels_twice, layout_faults, part, structure_faults
from ..profiles.profile import ThickProfile
from . import schema
from .io import FORMATS, build_file, kind_of
from .problem import Problem

__all__ = ["examine_file"]


def examine_file(path: str | os.PathLike[str]) -> tuple[ThickProfile | Problem | None, list[ThickEconError]]:
    """What the file at ``path`` holds, or all faults that can be found at once.

    A file that is no file of this package, or no readable JSON or parquet, has one fault: there is nothing to look
    at behind it.

    Parameters
    ----------
    path
        Of a profile or problem, ``.json`` or ``.parquet``.

    Returns
    -------
    tuple
        The profile or problem and no fault; or None and the faults in the order of the layout, each naming the file,
        the entry and, where there is one, the remedy.
    """
    try:
        tree, where = read_tree(path)
        if require_format(tree, FORMATS, where) == profile_layout.FORMAT:
            found = [*layout_faults(profile_layout.ProfileDocument, tree, where), *structure_faults(tree, where)]
        else:
            kind = kind_of(tree, where)
            found = [*layout_faults(schema.KINDS[kind], tree, where), *_structure(kind, tree, where)]
        if found:
            return None, [*found]
        return build_file(tree, where), []
    except ThickEconError as err:  # among them faults of a kind that is not looked for here
        return None, [err]


def _structure(kind: str, tree: dict[str, Any], where: str) -> Iterator[InputError]:
    """What the layout cannot see: of the profile, of the second side, and of what is to be decided."""
    sides = {name: tree[name] for name in ("profile", "receivers") if isinstance(tree.get(name), dict)}
    for name, side in sides.items():
        yield from structure_faults(side, f"{where}: {name}")
    profile = sides.get("profile", {})
    agents, options = (part(profile_layout.Labels, profile.get(name)) for name in ("agents", "options"))
    if kind == "bids":
        items = part(profile_layout.Labels, tree.get("items"))
        yield from labels_twice(items, "items", where)
        yield from _units(tree, "supply", items, where, whole=True)
    elif kind == "assignment":
        yield from _units(tree, "supply", options, where, whole=False)
        yield from _units(tree, "demand", agents, where, whole=False)
        yield from _named(tree, agents, options, where)
    elif kind == "market":
        yield from _units(tree, "capacities", options, where, whole=True)
        yield from _units(tree, "demand", agents, where, whole=True)


def _units(
    tree: dict[str, Any], name: str, labels: Sequence[Any] | None, where: str, *, whole: bool
) -> Iterator[InputError]:
    """Nonnegative units, one number or one for each label."""
    given = part(schema.Units, tree.get(name)) if tree.get(name) is not None else None
    if given is None:
        return
    place = f"{where}: {name}"
    vector = np.atleast_1d(given)
    if np.ndim(given) and labels is not None and len(vector) != len(labels):
        yield ProblemError(f"must be a number or have {len(labels)} entries, found {len(vector)}", where=place)
        labels = None
    wanted = "a whole number, at least 0" if whole else "finite and at least 0"

    def bad(k: int) -> InputError:
        at = "" if not np.ndim(given) else f"[{k}]"
        of = f" ({labels[k]!r})" if at and labels is not None else ""
        return ProblemError(f"must be {wanted}, found {vector[k]:g}", where=f"{place}{at}{of}")

    wrong = ~np.isfinite(vector) | (vector < 0)
    if whole:
        wrong |= vector != np.floor(np.where(np.isfinite(vector), vector, 0.0))
    yield from each_bad(wrong, bad, place)


def _named(tree: dict[str, Any], agents: Any, options: Any, where: str) -> Iterator[InputError]:
    """Labels in conflicts and norms that the profile does not have."""
    given = tree.get("conflicts")
    for k, pair in enumerate(given if isinstance(given, list) else ()):
        yield from _unknown(pair, options, "option", f"{where}: conflicts[{k}]")
        if isinstance(pair, list) and len(pair) != 2:
            yield ProblemError(f"must be pairs of options, found {tuple(pair)!r}", where=f"{where}: conflicts[{k}]")
    norms = tree.get("norms")
    for k, norm in enumerate(norms if isinstance(norms, list) else ()):
        for name in ("scope", "excuses"):
            if isinstance(norm, dict):
                yield from _unknown(norm.get(name), agents, "agent", f"{where}: norms[{k}].{name}")


def _unknown(given: Any, labels: Sequence[Any] | None, what: str, where: str) -> Iterator[InputError]:
    if not isinstance(given, list) or labels is None:
        return
    known = set(labels)
    for label in part(profile_layout.Labels, given) or ():
        if label not in known:
            hint = nearest(str(label), [str(each) for each in labels[:10_000]])
            yield UnknownNameError(f"no {what} is called {label!r}; {hint}", where=where)
