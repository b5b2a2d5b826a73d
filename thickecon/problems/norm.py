"""Norms: constraints on outcomes that a community holds for reasons."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, as_floats, frozen, require_finite
from ..errors import ProblemError
from ..profiles.profile import ThickProfile

__all__ = ["Linear", "Norm", "quota", "budget"]

Sense = Literal["<=", ">=", "=="]


@dataclass(frozen=True, eq=False)
class Linear:
    """sum over rows of coefficient x taken, ``sense`` ``bound``.

    Parameters
    ----------
    coefficients
        (rows,) one for each evaluated pair.
    """

    coefficients: FloatArray
    sense: Sense
    bound: float

    def __post_init__(self) -> None:
        vector = as_floats(self.coefficients, "Linear.coefficients", error=ProblemError)
        require_finite(vector, "Linear.coefficients", error=ProblemError)
        if self.sense not in ("<=", ">=", "=="):
            raise ProblemError(f"must be '<=', '>=' or '==', found {self.sense!r}", where="Linear.sense")
        if not np.isfinite(self.bound):
            raise ProblemError(f"must be finite, found {self.bound}", where="Linear.bound")
        object.__setattr__(self, "coefficients", frozen(vector))
        object.__setattr__(self, "bound", float(self.bound))


def _takes_two(function: Callable[..., Any]) -> bool:
    """Can it be called with (taken, problem)? True where Python cannot tell."""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # no signature: some builtins
        return True
    return True


@dataclass(frozen=True, eq=False)
class Norm:
    """A named constraint, held because of motives.

    Parameters
    ----------
    name
        Named in the answer when constraints conflict.
    constraint
        A :class:`Linear`, or a function of (taken, problem) that returns cvxpy constraints; ``taken`` is the
        cvxpy variable over rows. Functions cannot be saved to files.
    because
        Names of the motives it is held for; its support is *derived* from their endorsement, so a norm whose
        reason was manufactured is seen.
    scope, excuses
        Labels of agents it binds (None: all), and of those who are excused. They restrict a Linear norm to the
        rows of bound agents.

    Raises
    ------
    ProblemError
        No name, or a constraint that is neither linear nor a function of two arguments.
    """

    name: str
    constraint: Linear | Callable[..., Any]
    because: tuple[str, ...] = ()
    scope: tuple[Hashable, ...] | None = None
    excuses: tuple[Hashable, ...] | None = None

    def __post_init__(self) -> None:
        name_given: object = self.name
        if not isinstance(name_given, str) or not name_given:
            raise ProblemError(f"must be a non-empty string, found {self.name!r}", where="Norm.name")
        if not isinstance(self.constraint, Linear) and not callable(self.constraint):
            raise ProblemError(
                f"must be a Linear or a function, found {type(self.constraint).__name__}",
                where=f"Norm({self.name!r}).constraint",
            )
        if not isinstance(self.constraint, Linear) and not _takes_two(self.constraint):
            raise ProblemError(
                "must be a function of two arguments",
                where=f"Norm({self.name!r}).constraint",
                remedy="lambda taken, problem: [...]",
            )
        for name in ("because", "scope", "excuses"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))

    def bound_rows(self, profile: ThickProfile) -> BoolArray:
        """(rows,) rows of agents that the norm binds."""
        bound = np.ones(profile.n_agents, dtype=bool)
        if self.scope is not None:
            bound[:] = False
            bound[profile.index.agent_positions(self.scope)] = True
        if self.excuses is not None:
            bound[profile.index.agent_positions(self.excuses)] = False
        return bound[profile.index.agent]

    def linear(self, profile: ThickProfile) -> Linear | None:
        """The linear constraint restricted to the rows it binds, or None for a function.

        Raises
        ------
        ProblemError
            The number of coefficients is not that of rows.
        """
        if not isinstance(self.constraint, Linear):
            return None
        made = self.constraint
        if made.coefficients.shape != (len(profile.index),):
            raise ProblemError(
                f"must have one coefficient for each of the {len(profile.index)} rows, found {len(made.coefficients)}",
                where=f"Norm({self.name!r})",
            )
        return Linear(np.where(self.bound_rows(profile), made.coefficients, 0.0), made.sense, made.bound)

    def support(self, profile: ThickProfile) -> float:
        """Mean over people of the least endorsement among the norm's reasons; 1 for a norm without reasons."""
        if not self.because:
            return 1.0
        at = profile.motive_positions(self.because)
        matrix = profile.endorsement.matrix(profile.n_agents, profile.n_motives)
        return float(np.average(matrix[:, at].min(axis=1), weights=profile.weights))

    @property
    def content_text(self) -> str:
        """What a content hash reads of a norm."""
        made = self.constraint
        body = (
            (made.coefficients.tobytes().hex(), made.sense, made.bound.hex())
            if isinstance(made, Linear)
            else (getattr(made, "__module__", ""), getattr(made, "__qualname__", repr(type(made))))
        )
        return repr((self.name, body, self.because, self.scope, self.excuses))


def quota(
    name: str,
    profile: ThickProfile,
    *,
    agents: Iterable[Hashable] | None = None,
    options: Iterable[Hashable] | None = None,
    at_most: float | None = None,
    at_least: float | None = None,
    because: Iterable[str] = (),
) -> Norm:
    """How much some agents may (or must) take of some options together.

    Raises
    ------
    ProblemError
        Not exactly one of ``at_most`` and ``at_least``.
    """
    weights = np.ones(profile.n_options)
    return budget(
        name, profile, weights, agents=agents, options=options, at_most=at_most, at_least=at_least, because=because
    )


def budget(
    name: str,
    profile: ThickProfile,
    cost: npt.ArrayLike,
    *,
    agents: Iterable[Hashable] | None = None,
    options: Iterable[Hashable] | None = None,
    at_most: float | None = None,
    at_least: float | None = None,
    because: Iterable[str] = (),
) -> Norm:
    """A bound on the summed cost (m,) of what some agents take of some options.

    Raises
    ------
    ProblemError
        Not exactly one of ``at_most`` and ``at_least``, or a cost of the wrong length.
    """
    if (at_most is None) == (at_least is None):
        raise ProblemError("give exactly one of at_most and at_least", where=f"norm {name!r}")
    vector = as_floats(cost, "cost", error=ProblemError)
    if vector.shape != (profile.n_options,):
        raise ProblemError(f"must have shape ({profile.n_options},), found {vector.shape}", where="cost")
    who = np.ones(profile.n_agents, dtype=bool)
    what = np.ones(profile.n_options, dtype=bool)
    if agents is not None:
        who = np.zeros(profile.n_agents, dtype=bool)
        who[profile.index.agent_positions(agents)] = True
    if options is not None:
        what = np.zeros(profile.n_options, dtype=bool)
        what[profile.index.option_positions(options)] = True
    here = who[profile.index.agent] & what[profile.index.option]
    coefficients = np.where(here, vector[profile.index.option], 0.0)
    sense: Sense = "<=" if at_most is not None else ">="
    bound = at_most if at_most is not None else at_least
    assert bound is not None
    return Norm(name, Linear(coefficients, sense, bound), tuple(because))
