"""Choices that change the chooser: decision processes with dynamic reward, small enough to list all plans."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

from ..errors import InputError

__all__ = ["ChangingPreferences", "clickbait", "conspiracy"]

Plan = tuple[Hashable, ...]
Objective = Literal["real-time", "final", "initial", "natural", "constrained", "myopic", "privileged", "pareto"]


@dataclass(frozen=True)
class ChangingPreferences:
    """One state of the world; preferences theta move with actions, and each theta has its own reward.

    Parameters
    ----------
    rewards
        theta -> action -> reward.
    moves
        (theta, action) -> next theta; what is not named stays.
    start
        First theta.
    noop
        The action that leaves things to themselves.

    Raises
    ------
    InputError
        Rewards that do not name the same actions for every theta, or an unknown start or noop.

    References
    ----------
    Carroll, Foote, Siththaranjan, Russell and Dragan (2024), "AI alignment with changing and influenceable reward
    functions", ICML, arXiv:2405.17713.
    """

    rewards: Mapping[Hashable, Mapping[Hashable, float]]
    moves: Mapping[tuple[Hashable, Hashable], Hashable]
    start: Hashable
    noop: Hashable

    def __post_init__(self) -> None:
        sets = {frozenset(table) for table in self.rewards.values()}
        if len(sets) != 1 or self.start not in self.rewards or self.noop not in next(iter(sets)):
            raise InputError(
                "every theta needs the same actions, start and noop among them", where="ChangingPreferences"
            )

    @property
    def actions(self) -> tuple[Hashable, ...]:
        """In the order they are named."""
        return tuple(self.rewards[self.start])

    def path(self, plan: Plan) -> tuple[Hashable, ...]:
        """theta_0, ..., theta_H under a plan of H actions."""
        theta = [self.start]
        for action in plan:
            theta.append(self.moves.get((theta[-1], action), theta[-1]))
        return tuple(theta)

    def value(self, plan: Plan, objective: str = "real-time", theta: Hashable | None = None) -> float:
        """What a plan is worth by an objective.

        ``real-time``: sum of R_{theta_t}; ``final``: by the last theta; ``initial``: by the first; ``natural``: by the
        path of thetas under noop; ``privileged``: by ``theta``.

        Raises
        ------
        InputError
            Another objective; ``privileged`` without theta.
        """
        steps, path = range(len(plan)), self.path(plan)
        natural = self.path((self.noop,) * len(plan))
        judges = {
            "real-time": [path[t] for t in steps],
            "final": [path[-1] for _ in steps],
            "initial": [self.start for _ in steps],
            "natural": [natural[t] for t in steps],
            "privileged": [theta for _ in steps],
        }
        if objective not in judges or (objective == "privileged" and theta not in self.rewards):
            raise InputError(
                f"cannot value a plan by {objective!r} (theta {theta!r})", where="ChangingPreferences.value"
            )
        return float(sum(self.rewards[judge][action] for judge, action in zip(judges[objective], plan, strict=True)))

    def optimal(
        self, horizon: int, objective: str = "real-time", *, theta: Hashable | None = None, last_counts: bool = False
    ) -> tuple[float, tuple[Plan, ...]]:
        """(value, all plans that attain it), by listing all plans of ``horizon`` actions.

        ``constrained``: real-time among plans that leave theta as noop would; up to theta_{H-1}, as the definition
        prints, or with ``last_counts`` to theta_H (the two readings differ). ``myopic``: each action best by the
        theta of its moment, valued in real time. ``pareto``: plans at least as good as noop under every theta, and
        undominated among these; the value is that of noop's own theta path in real time.

        Raises
        ------
        InputError
            Another objective, or more than a million plans.
        """
        if objective not in get_args(Objective):
            raise InputError(f"must be one of {', '.join(get_args(Objective))}, found {objective!r}", where="objective")
        if len(self.actions) ** horizon > 1_000_000:
            raise InputError(f"has {len(self.actions) ** horizon:,} plans", where="horizon", remedy="a shorter horizon")
        plans: list[Plan] = list(product(self.actions, repeat=horizon))
        if objective == "pareto":
            return self._pareto(plans)
        if objective == "constrained":
            end = horizon + (1 if last_counts else 0)
            natural = self.path((self.noop,) * horizon)[:end]
            plans = [plan for plan in plans if self.path(plan)[:end] == natural]
        if objective == "myopic":
            plans = [plan for plan in plans if self._greedy(plan)]
        way = "real-time" if objective in ("constrained", "myopic") else objective
        values = {plan: self.value(plan, way, theta) for plan in plans}
        best = max(values.values())
        return best, tuple(plan for plan, value in values.items() if value == best)

    def _greedy(self, plan: Plan) -> bool:
        path = self.path(plan)
        return all(self.rewards[path[t]][a] == max(self.rewards[path[t]].values()) for t, a in enumerate(plan))

    def _pareto(self, plans: list[Plan]) -> tuple[float, tuple[Plan, ...]]:
        thetas = tuple(self.rewards)
        table = {plan: tuple(self.value(plan, "privileged", theta) for theta in thetas) for plan in plans}
        still = table[(self.noop,) * len(plans[0])]
        good = {p: v for p, v in table.items() if all(x >= y for x, y in zip(v, still, strict=True))}
        kept = tuple(
            p for p, v in good.items()
            if not any(all(x >= y for x, y in zip(w, v, strict=True)) and w != v for w in good.values())
        )  # fmt: skip
        return self.value((self.noop,) * len(plans[0])), kept


def conspiracy(natural: Hashable = "natural", influenced: Hashable = "influenced") -> ChangingPreferences:
    """The conspiracy of Carroll et al. (2024), figure 1, and under other names the personal trainer of appendix A.8:
    the same table, told apart only by whether the change is endorsed (T16).
    """
    return ChangingPreferences(
        {natural: {"noop": 10.0, "influence": -100.0}, influenced: {"noop": -100.0, "influence": 100.0}},
        {(natural, "influence"): influenced, (influenced, "noop"): natural},
        natural,
        "noop",
    )


def clickbait() -> ChangingPreferences:
    """Clickbait of Carroll et al. (2024), figure 4: one click disillusions for ever after."""
    return ChangingPreferences(
        {"normal": {"news": 1.0, "click": 2.0}, "disillusioned": {"news": 0.5, "click": 0.0}},
        {("normal", "click"): "disillusioned"},
        "normal",
        "news",
    )
