"""Decision processes whose rewards change with what is done: optimal policies by induction and linear programmes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from ..errors import InputError, NotApplicableError, SolverError
from .changing_preferences import ChangingPreferences, Objective

__all__ = ["PreferencePolicy", "PreferenceProcess"]

SUMS_TO_ONE = 1e-9


@dataclass(frozen=True, eq=False)
class PreferencePolicy:
    """What to do at each moment.

    Attributes
    ----------
    value
        Expected, by the objective it was made for.
    choices
        (H, K, S, A) chance of each action, given preferences and state.
    visits
        (H, K, S, A) chance of being there and doing that, from the start.
    """

    value: float
    choices: FloatArray
    visits: FloatArray


@dataclass(frozen=True, eq=False)
class PreferenceProcess:
    """States, preferences (K kinds) and actions; what is done moves both, and each preference has rewards of its own.

    Parameters
    ----------
    rewards
        (K, S, A).
    moves
        (K, S, A, K, S) chances of the next preferences and state; or a pair: (K, S, A, K) of the next preferences and
        (K, S, A, S) or (S, A, S) of the next state, independent given where one is.
    start
        (preferences, state), positions.
    noop
        Position of the action that leaves things to themselves.

    Raises
    ------
    InputError
        Shapes that disagree, chances that are negative or do not add up to one, positions out of range.

    References
    ----------
    Carroll, Foote, Siththaranjan, Russell and Dragan (2024), "AI alignment with changing and influenceable reward
    functions", ICML, arXiv:2405.17713. Linear programmes over visits: Puterman (1994), doi:10.1002/9780470316887.

    Examples
    --------
    >>> from thickecon.influence import PreferenceProcess, conspiracy
    >>> made = PreferenceProcess.from_table(conspiracy())
    >>> made.optimal(3, "real-time").value, made.optimal(3, "constrained").value
    (100.0, 30.0)
    """

    rewards: Any
    moves: Any
    start: tuple[int, int] = (0, 0)
    noop: int = 0

    def __post_init__(self) -> None:
        rewards = as_floats(self.rewards, "rewards")
        if rewards.ndim != 3:
            raise InputError(f"must be (preferences, states, actions), found {rewards.shape}", where="rewards")
        require_finite(rewards, "rewards")
        kinds, states, actions = rewards.shape
        moves = _joint(self.moves, rewards.shape)
        if moves.shape != (*rewards.shape, kinds, states):
            raise InputError(f"must be {(*rewards.shape, kinds, states)}, found {moves.shape}", where="moves")
        if (moves < 0).any() or np.abs(moves.sum(axis=(3, 4)) - 1).max() > SUMS_TO_ONE:
            raise InputError("must be chances that add up to one over what comes next", where="moves")
        if not (0 <= self.start[0] < kinds and 0 <= self.start[1] < states and 0 <= self.noop < actions):
            raise InputError(f"found start {self.start} and noop {self.noop}", where="PreferenceProcess")
        object.__setattr__(self, "rewards", frozen(rewards))
        object.__setattr__(self, "moves", frozen(moves))

    @classmethod
    def from_table(cls, world: ChangingPreferences) -> PreferenceProcess:
        """The same world with one state.

        Parameters
        ----------
        world
            Whose preferences and actions keep their order.
        """
        kinds, actions = list(world.rewards), list(world.actions)
        rewards = np.array([[[world.rewards[k][a] for a in actions]] for k in kinds])
        moves = np.zeros((len(kinds), 1, len(actions), len(kinds), 1))
        for i, k in enumerate(kinds):
            for j, a in enumerate(actions):
                moves[i, 0, j, kinds.index(world.moves.get((k, a), k)), 0] = 1.0
        return cls(rewards, moves, (kinds.index(world.start), 0), actions.index(world.noop))

    # ---- what policies lead to ----------------------------------------------------------------------------

    def visits(self, choices: npt.ArrayLike) -> FloatArray:
        """(H, K, S, A) chance of being there and doing that under a policy.

        Parameters
        ----------
        choices
            (H, K, S, A) chance of each action.
        """
        table = as_floats(choices, "choices")
        made, here = np.zeros(table.shape), np.zeros(self.rewards.shape[:2])
        here[self.start] = 1.0
        for t, chance in enumerate(table):
            made[t] = here[:, :, None] * chance
            here = np.einsum("ksa,ksalr->lr", made[t], self.moves)
        return made

    def natural(self, horizon: int) -> FloatArray:
        """(H + 1, K) law of preferences at each moment if nothing is done.

        Parameters
        ----------
        horizon
            H.
        """
        still = np.zeros((horizon, *self.rewards.shape))
        still[..., self.noop] = 1.0
        visits = self.visits(still)
        start = np.zeros((1, self.rewards.shape[0]))
        start[0, self.start[0]] = 1.0
        return np.concatenate([start, np.einsum("tksa,ksalr->tl", visits, self.moves)])

    def value(self, visits: FloatArray, objective: str = "real-time", theta: int | None = None) -> float:
        """What visits (H, K, S, A) are worth; see :meth:`optimal` for the objectives that are sums over visits.

        Raises
        ------
        NotApplicableError
            ``final``: what a visit is worth depends on what comes after.
        InputError
            Another objective.
        """
        return float((visits * self._gains(len(visits), objective, theta)).sum())

    def _gains(self, horizon: int, objective: str, theta: int | None) -> FloatArray:
        """(H, K, S, A) what each visit is worth."""
        shape = (horizon, *self.rewards.shape)
        if objective in ("real-time", "constrained", "myopic"):
            return np.broadcast_to(self.rewards, shape)
        if objective == "initial":
            return np.broadcast_to(self.rewards[self.start[0]], shape)
        if objective == "privileged":
            if theta is None or not 0 <= theta < shape[1]:
                raise InputError(f"needs a position of preferences, found {theta!r}", where="theta")
            return np.broadcast_to(self.rewards[theta], shape)
        if objective == "natural":
            mixed = np.einsum("tk,ksa->tsa", self.natural(horizon)[:-1], self.rewards)
            return np.broadcast_to(mixed[:, None], shape)
        if objective == "final":
            raise NotApplicableError("a visit is judged by the preferences at the end", where="objective 'final'")
        raise InputError(f"must be one of {', '.join(get_args(Objective))}, found {objective!r}", where="objective")

    # ---- optimal policies ---------------------------------------------------------------------------------

    def optimal(
        self, horizon: int, objective: str = "real-time", *, theta: int | None = None, last_counts: bool = False
    ) -> PreferencePolicy:
        """The best policy.

        ``real-time``: each moment by the preferences of that moment. ``initial``: by the first. ``privileged``: by
        ``theta``. ``natural``: by the law of preferences under noop. ``myopic``: each action best for its moment,
        valued in real time. All by backward induction. ``constrained``: real-time among policies under which the law
        of preferences at each moment is that under noop, up to H - 1, or with ``last_counts`` to H. ``pareto``: at
        least as good as noop under every preference, and undominated; the value is the sum over preferences. Both by
        linear programmes over visits, so policies may mix. ``final``: by the preferences at the end, in processes
        without chance.

        Parameters
        ----------
        horizon
            Moments, H.
        objective, theta, last_counts
            As above.

        Raises
        ------
        InputError
            Another objective, no moment.
        NotApplicableError
            ``final`` where moves are left to chance.
        """
        if horizon < 1:
            raise InputError(f"must be at least 1, found {horizon}", where="horizon")
        if objective == "final":
            return self._final(horizon)
        if objective == "myopic":
            best = np.zeros((horizon, *self.rewards.shape))
            np.put_along_axis(best, np.broadcast_to(self.rewards.argmax(axis=2), best.shape[:3])[..., None], 1.0, 3)
            return self._made(best, self._gains(horizon, objective, theta))
        if objective == "constrained":
            return self._programme(self._gains(horizon, objective, None), *self._same_law(horizon, last_counts))
        if objective == "pareto":
            return self._pareto(horizon)
        gains = self._gains(horizon, objective, theta)
        return self._made(self._induction(gains, np.zeros(self.rewards.shape[:2]))[0], gains)

    def _made(self, choices: FloatArray, gains: FloatArray) -> PreferencePolicy:
        visits = self.visits(choices)
        return PreferencePolicy(float((visits * gains).sum()), frozen(choices), frozen(visits))

    def _induction(self, gains: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Choices (H, K, S, A) and worth (K, S) of the start of the last one, backwards from (K, S) at the end."""
        choices, worth = np.zeros(gains.shape), end
        for t in range(len(gains) - 1, -1, -1):
            ahead = np.where(self.moves > 0, worth, 0.0)  # -inf where unreachable counts only where it may be reached
            total = gains[t] + (self.moves * ahead).sum(axis=(3, 4))
            np.put_along_axis(choices[t], total.argmax(axis=2)[..., None], 1.0, 2)
            worth = total.max(axis=2)
        return choices, worth

    def _final(self, horizon: int) -> PreferencePolicy:
        if not np.isin(self.moves, (0.0, 1.0)).all():
            raise NotApplicableError(
                "with chance moves a policy would have to remember all it was worth to each preference",
                where="objective 'final'",
                remedy="use 'privileged' for a stated judge, or moves without chance",
            )
        found: PreferencePolicy | None = None
        for judge in range(self.rewards.shape[0]):
            end = np.full(self.rewards.shape[:2], -np.inf)
            end[judge] = 0.0
            gains = self._gains(horizon, "privileged", judge)
            choices, worth = self._induction(gains, end)
            if np.isfinite(worth[self.start]) and (found is None or worth[self.start] > found.value):
                found = self._made(choices, gains)
        assert found is not None
        return found

    # ---- linear programmes over visits ---------------------------------------------------------------------

    @cached_property
    def _next(self) -> sp.csr_array:
        """(K S, K S A) chance of what comes next."""
        kinds, states, actions = self.rewards.shape
        return sp.csr_array(self.moves.reshape(kinds * states * actions, kinds * states).T)

    def _flow(self, horizon: int) -> tuple[sp.csr_array, FloatArray]:
        """Rows and right sides: who is somewhere came from somewhere."""
        kinds, states, actions = self.rewards.shape
        stay = sp.csr_array(sp.kron(sp.eye_array(kinds * states), np.ones((1, actions))))
        rows = sp.kron(sp.eye_array(horizon), stay) - sp.kron(sp.eye_array(horizon, k=-1), self._next)
        right = np.zeros((horizon, kinds, states))
        right[0][self.start] = 1.0
        return sp.csr_array(rows), right.ravel()

    def _same_law(self, horizon: int, last_counts: bool) -> tuple[sp.csr_array, FloatArray, FloatArray]:
        kinds, states, actions = self.rewards.shape
        law, kind = self.natural(horizon), sp.kron(sp.eye_array(kinds), np.ones((1, states * actions)))
        rows, right = [sp.kron(sp.eye_array(horizon), kind)], [law[:-1].ravel()]
        if last_counts:
            arrive = sp.csr_array(sp.kron(sp.eye_array(kinds), np.ones((1, states))) @ self._next)
            last = np.zeros((1, horizon))
            last[0, -1] = 1.0
            rows.append(sp.kron(last, arrive))
            right.append(law[-1])
        both = np.concatenate(right)
        return sp.csr_array(sp.vstack(rows)), both, both

    def _pareto(self, horizon: int) -> PreferencePolicy:
        kinds = self.rewards.shape[0]
        gains = np.stack([self._gains(horizon, "privileged", k) for k in range(kinds)])
        still = np.zeros(gains.shape[1:])
        still[..., self.noop] = 1.0
        least = (gains * self.visits(still)).reshape(kinds, -1).sum(axis=1)
        rows = sp.csr_array(gains.reshape(kinds, -1))
        return self._programme(gains.sum(axis=0), rows, least, np.full(kinds, np.inf))

    def _programme(self, gains: FloatArray, rows: sp.csr_array, low: FloatArray, high: FloatArray) -> PreferencePolicy:
        from ..programs.highs import run_highs

        flow, right = self._flow(len(gains))
        size = gains.size
        found = run_highs(
            -gains.ravel(), sp.vstack([flow, rows]), (np.r_[right, low], np.r_[right, high]),
            (np.zeros(size), np.ones(size)), None, {},
        )  # fmt: skip
        if found.status != "optimal":
            raise SolverError(f"HiGHS says {found.said}", where="PreferenceProcess.optimal")
        visits = np.clip(found.x.reshape(gains.shape), 0.0, None)
        there = visits.sum(axis=3, keepdims=True)
        still = np.zeros(gains.shape)
        still[..., self.noop] = 1.0
        return self._made(np.where(there > 1e-12, visits / np.maximum(there, 1e-300), still), gains)


def _joint(moves: Any, shape: tuple[int, ...]) -> FloatArray:
    """(K, S, A, K, S) from that, or from a pair."""
    if not isinstance(moves, (tuple, list)) or len(moves) != 2:
        return as_floats(moves, "moves")
    kinds, states = as_floats(moves[0], "moves[0]"), as_floats(moves[1], "moves[1]")
    states = np.broadcast_to(states, (*shape, shape[1])) if states.ndim == 3 else states
    if kinds.shape != (*shape, shape[0]) or states.shape != (*shape, shape[1]):
        raise InputError(
            f"must be a pair of {(*shape, shape[0])} and {(*shape, shape[1])}, found {kinds.shape} and {states.shape}",
            where="moves",
        )
    return np.asarray(kinds[..., :, None] * states[..., None, :])
