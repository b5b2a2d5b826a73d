"""Finite sets of types: lists of profiles, or lists of types of each agent; and draws, where types are not finite."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, IntArray, as_floats, frozen, require_finite, shape_text
from ..._core.rng import RNG, generator
from ...errors import InputError, SizeError
from ...problems.problem import Problem
from ...profiles.profile import ThickProfile
from ...profiles.summation import grid_of, largest_pull

if TYPE_CHECKING:
    from ...mechanism.mechanism import Mechanism

__all__ = ["TypeSpace"]

STATES = 20_000
"""States that a product of type lists may have."""


@dataclass(frozen=True, eq=False)
class TypeSpace:
    """States of the world with their probabilities, and which type each agent has in each.

    An agent's type is its contributions of motives to its rows, and its endorsement and worth of doing nothing where
    these differ between states. Made by :meth:`of_profiles`, :meth:`independent` or :meth:`sampled`; every audit
    takes one in place of a problem.

    Attributes
    ----------
    problem
        What is decided; its profile is replaced by that of the state.
    profiles
        One a state.
    probability
        (states,), adding up to 1.
    complete
        Are these all states there can be? Then audits over them are exact.

    Examples
    --------
    Two bidders, each with value 1 or 2, independent:

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[1.0], [2.0]])
    >>> space = TypeSpace.independent(p, [[1.0, 2.0], [1.0, 2.0]], [[0.5, 0.5], [0.25, 0.75]])
    >>> len(space.profiles), space.probability.tolist(), space.type_of.tolist()
    (4, [0.125, 0.375, 0.125, 0.375], [[0, 0], [0, 1], [1, 0], [1, 1]])
    """

    problem: Problem | ThickProfile
    profiles: tuple[ThickProfile, ...]
    probability: FloatArray
    complete: bool = True

    @classmethod
    def of_profiles(
        cls,
        problem: Problem | ThickProfile,
        profiles: Sequence[ThickProfile],
        probabilities: npt.ArrayLike | None = None,
    ) -> TypeSpace:
        """The states listed; types may be correlated.

        Parameters
        ----------
        problem
            What is decided, or a profile.
        profiles
            At least one, all of the problem's rows.
        probabilities
            (states,) at least 0, adding up to 1; None: all alike.

        Raises
        ------
        InputError
            No profile, or profiles of different rows; probabilities of another number, negative, or that do not add up
            to 1.
        """
        if not len(profiles):
            raise InputError("must list at least one profile", where="TypeSpace")
        return cls(problem, _one_grid(profiles), _chances(probabilities, len(profiles), "probabilities"))

    @classmethod
    def independent(
        cls,
        problem: Problem | ThickProfile,
        types: Sequence[npt.ArrayLike],
        probabilities: Sequence[npt.ArrayLike] | None = None,
    ) -> TypeSpace:
        """All combinations of the types of each agent.

        Parameters
        ----------
        problem
            What is decided; endorsement, labels and worths of doing nothing stay those of its profile.
        types
            A list for each agent: (k,) values where it has one row and the profile one motive, (k, rows) where the
            profile has one motive, (k, C, rows) contributions.
        probabilities
            (k,) for each agent; None: all its types alike.

        Raises
        ------
        InputError
            Another number of lists than of agents; shapes that do not fit; probabilities that are none.
        SizeError
            More than 20,000 states.
        """
        base = problem.profile if isinstance(problem, Problem) else problem
        index, n = base.index, base.n_agents
        if len(types) != n or (probabilities is not None and len(probabilities) != n):
            raise InputError(f"must have one list for each of {n} agents, found {len(types)}", where="types")
        rows = np.diff(index.indptr)
        lists = [_types(given, base.n_motives, int(rows[i]), f"types[{i}]") for i, given in enumerate(types)]
        count = float(np.prod([float(len(made)) for made in lists]))
        if count > STATES:
            raise SizeError(
                f"the types make {count:.3g} states, more than {STATES}",
                where="TypeSpace.independent",
                remedy="list fewer types, or draw states with TypeSpace.sampled",
            )
        given_chances = [None] * n if probabilities is None else list(probabilities)
        chances = [_chances(given_chances[i], len(lists[i]), f"probabilities[{i}]") for i in range(n)]
        profiles, weights = [], []
        for pick in itertools.product(*(range(len(made)) for made in lists)):
            table = np.concatenate([lists[i][k] for i, k in enumerate(pick)], axis=1)
            profiles.append(replace(base, contributions=frozen(table), resolution_override=None))
            weights.append(float(np.prod([chances[i][k] for i, k in enumerate(pick)])))
        return cls(problem, _one_grid(profiles), frozen(np.array(weights)))

    @classmethod
    def sampled(
        cls,
        problem: Problem | ThickProfile,
        draw: Callable[[np.random.Generator], ThickProfile],
        count: int = 100,
        rng: RNG = 0,
    ) -> TypeSpace:
        """Draws of a law in which agents are independent: audits over them are searches.

        Parameters
        ----------
        problem
            What is decided.
        draw
            Generator -> profile of the problem's rows.
        count
            At least 2.
        rng
            Seed.

        Raises
        ------
        InputError
            Fewer than two draws, or draws of different rows.
        """
        if count < 2:
            raise InputError(f"must be at least 2, found {count}", where="count")
        gen = generator(rng)
        made = _one_grid([draw(gen) for _ in range(count)])
        return cls(problem, made, _chances(None, count, "count"), complete=False)

    def problem_of(self, mechanism: Mechanism, profile: ThickProfile) -> Problem:
        """What ``mechanism`` decides in a state."""
        if isinstance(self.problem, Problem):
            return mechanism.wrap(self.problem.with_profile(profile))
        return mechanism.wrap(profile)

    @cached_property
    def type_of(self) -> IntArray:
        """(states, n) which of its types, numbered as met, each agent has in each state."""
        made = np.empty((len(self.profiles), self.profiles[0].n_agents), dtype=np.intp)
        seen: list[dict[bytes, int]] = [{} for _ in range(made.shape[1])]
        for s, profile in enumerate(self.profiles):
            matrix = profile.endorsement.matrix(profile.n_agents, profile.n_motives)
            for i, known in enumerate(seen):
                mine = slice(*profile.index.indptr[i : i + 2])
                key = profile.contributions[:, mine].tobytes() + matrix[i].tobytes()
                key += b"" if profile.outside is None else np.asarray(profile.outside[i]).tobytes()
                made[s, i] = known.setdefault(key, len(known))
        return frozen(made, copy=False)

    def first_state(self, agent: int) -> IntArray:
        """(types of the agent,) the first state in which it has each type."""
        return np.unique(self.type_of[:, agent], return_index=True)[1]

    def with_type(self, state: int, agent: int, other: int) -> ThickProfile:
        """The profile of ``state`` in which ``agent`` is as it is in state ``other``.

        Raises
        ------
        InputError
            Endorsements of the two states differ.
        """
        here, there = self.profiles[state], self.profiles[other]
        if not np.array_equal(here.endorsement.theta, there.endorsement.theta):
            raise InputError(
                "draws must share their endorsement",
                where="TypeSpace",
                remedy="put what differs between draws into contributions",
            )
        table = np.array(here.contributions)
        mine = slice(*here.index.indptr[agent : agent + 2])
        table[:, mine] = there.contributions[:, mine]
        outside = here.outside
        if outside is not None and there.outside is not None:
            made = np.array(outside)
            made[agent] = there.outside[agent]
            outside = frozen(made)
        return replace(here, contributions=frozen(table), outside=outside)


def _one_grid(profiles: Sequence[ThickProfile]) -> tuple[ThickProfile, ...]:
    """The same rows, and the same grid in every state: the coarsest, so that reports of one can be made in another."""
    first = profiles[0].index
    for s, profile in enumerate(profiles):
        here = profile.index
        same = np.array_equal(here.agent, first.agent) and np.array_equal(here.option, first.option)
        if not same or (here.n_agents, here.n_options) != (first.n_agents, first.n_options):
            raise InputError(
                f"states must evaluate the same rows, state {s} has others than state 0",
                where="TypeSpace",
                remedy="give who is not interested a value of 0",
            )
    if any(profile.resolution_override is not None for profile in profiles):
        step = max(profile.resolution for profile in profiles)
    else:
        step = max(max(profile.resolution, grid_of(largest_pull(profile.contributions))) for profile in profiles)
    return tuple(replace(profile, resolution_override=step) for profile in profiles)


def _types(given: npt.ArrayLike, motives: int, rows: int, where: str) -> FloatArray:
    """(k, C, rows)."""
    made = as_floats(given, where)
    require_finite(made, where)
    if made.ndim == 1 and motives == rows == 1:
        made = made[:, None, None]
    elif made.ndim == 2 and motives == 1:
        made = made[:, None, :]
    if made.ndim != 3 or made.shape[1:] != (motives, rows) or not len(made):
        raise InputError(
            f"must have shape (types, {motives} motives, {rows} rows), found {shape_text(made.shape)}", where=where
        )
    return made


def _chances(given: npt.ArrayLike | None, count: int, where: str) -> FloatArray:
    if given is None:
        return frozen(np.full(count, 1.0 / count))
    made = as_floats(given, where)
    if made.shape != (count,) or not (made >= 0).all() or abs(float(made.sum()) - 1.0) > 1e-9:
        raise InputError(f"must be {count} numbers of at least 0 that add up to 1, found {given!r}", where=where)
    return frozen(made)
