"""WHAT is to be decided: the common part of all problems."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, first_bad, frozen, shape_text
from ..errors import ProblemError
from ..profiles.profile import ThickProfile

__all__ = ["Problem", "capacity_vector", "require_profile", "same_labels"]


@dataclass(frozen=True, eq=False)
class Problem:
    """A profile and what is to be decided about it. Immutable."""

    profile: ThickProfile
    kind: ClassVar[str] = "problem"

    def with_profile(self, profile: ThickProfile) -> Self:
        """The same problem for another profile of the same agents and options (for example the truth).

        Raises
        ------
        ProblemError
            Other rows, or other labels.
        """
        same = (profile.n_agents, profile.n_options) == (self.profile.n_agents, self.profile.n_options)
        if not same or not _same_rows(profile, self.profile):
            raise ProblemError(
                f"must evaluate the same rows as the problem's profile ({self.profile!r}), found {profile!r}",
                where="profile",
                remedy="build truth and estimate from the same rows, for example with with_endorsement",
            )
        same_labels(self.profile.agents, profile.agents, "agents", "profile")
        same_labels(self.profile.options, profile.options, "options", "profile")
        return replace(self, profile=profile)

    @cached_property
    def content_hash(self) -> str:
        """sha256 of everything that determines an outcome; computed on first use."""
        digest = hashlib.sha256(self.kind.encode())
        for item in fields(self):
            value = getattr(self, item.name)
            digest.update(item.name.encode())
            if isinstance(value, ThickProfile):
                digest.update(value.content_hash.encode())
            elif isinstance(value, np.ndarray):
                digest.update(f"{value.dtype.str}{value.shape}".encode())
                digest.update(np.ascontiguousarray(value).data)
            elif isinstance(value, tuple) and any(hasattr(entry, "content_text") for entry in value):
                digest.update("".join(entry.content_text for entry in value).encode())
            else:
                digest.update(repr(value).encode())
        return digest.hexdigest()

    def equals(self, other: object) -> bool:
        """Same kind and content, to the bit."""
        return isinstance(other, Problem) and self.content_hash == other.content_hash

    def save(self, path: Any) -> None:
        """Write ``.json`` (schema with a version) or ``.parquet`` (large problems), atomically."""
        from .io import write_problem

        write_problem(self, path)


def _same_rows(one: ThickProfile, other: ThickProfile) -> bool:
    a, b = one.index, other.index
    return a is b or (np.array_equal(a.agent, b.agent) and np.array_equal(a.option, b.option))


def same_labels(one: Sequence[Hashable], other: Sequence[Hashable], what: str, where: str) -> None:
    """Raise if two sides both name the same things but not in the same order; default labels fit any.

    Raises
    ------
    ProblemError
        The first position where the names differ: positions would silently stand for different things.
    """
    if one is other or isinstance(one, range) or isinstance(other, range) or tuple(one) == tuple(other):
        return
    at = next(k for k, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    raise ProblemError(
        f"{what} must be named alike and in one order, found {other[at]!r} where the other side has {one[at]!r}"
        f" (position {at})",
        where=where,
        remedy="reorder with profile.restrict(agents=[...], options=[...])",
    )


def require_profile(profile: object, where: str) -> ThickProfile:
    """``profile`` if it is one, else an error that says what to pass.

    Raises
    ------
    ProblemError
        It is something else.
    """
    if not isinstance(profile, ThickProfile):
        raise ProblemError(
            f"must be a ThickProfile, found {type(profile).__name__}",
            where=where,
            remedy="ThickProfile.from_values(table) makes a thin one from valuations",
        )
    return profile


def capacity_vector(
    given: npt.ArrayLike, count: int, where: str, labels: Any = None, *, allow_fraction: bool = False
) -> FloatArray:
    """(count,) nonnegative capacities from a number or a vector.

    Raises
    ------
    ProblemError
        Wrong length, negative, nan, or fractional where units are whole.
    """
    vector = as_floats(given, where, error=ProblemError)
    if vector.shape not in ((), (count,)):
        raise ProblemError(f"must be a number or have shape ({count},), found {shape_text(vector.shape)}", where=where)
    vector = np.array(np.broadcast_to(vector, (count,)))
    bad = ~np.isfinite(vector) | (vector < 0)
    if not allow_fraction:
        bad |= vector != np.floor(np.where(np.isfinite(vector), vector, 0.0))
    if bad.any():
        at = first_bad(bad)[0]
        name = repr(labels[at]) if labels is not None else f"[{at}]"
        wanted = "finite and at least 0" if allow_fraction else "a whole number, at least 0"
        raise ProblemError(f"must be {wanted}, found {vector[at]:g} at {name}", where=where)
    return frozen(vector, copy=False)
