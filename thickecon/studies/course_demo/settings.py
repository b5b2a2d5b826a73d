"""How large the demonstration is; nothing in here is chosen by looking at results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...errors import InputError
from .plant import MANY_LABS_LOG_ODDS

__all__ = ["Progress", "Settings", "silent"]

Progress = Callable[[str, int, int], None]
"""(what is being done, how much of it is done, how much there is): called often, must be quick."""


def silent(what: str, done: int, total: int) -> None:
    """A progress callback that shows nothing."""


@dataclass(frozen=True)
class Settings:
    """Sizes and seed of the demonstration.

    Parameters
    ----------
    seed
        Of everything that is random.
    sets_per_student, menu_size
        Choice sets each invited student meets in the framing experiment, and courses in a set.
    log_odds
        Strength of the promotion.
    lotteries
        Priority lotteries over which deferred acceptance is averaged.
    draws
        Draws from the estimate's error, for the range of each difference that is due to evidence.
    plants, plant_lotteries
        How many campaigns are drawn for the table over campaigns, and lotteries in each of them.
    strengths, errors
        Axes of the surface: strength of the promotion, and standard error of its estimate, in multiples of
        ``log_odds``.
    surface_plants, nash_plants, surface_lotteries
        Campaigns drawn for each cell of the surface, fewer for Nash welfare, whose programme takes longest; and
        lotteries in each of them.

    Raises
    ------
    InputError
        A size below 1 (below 0 for draws; below 2 for what has a standard error), or a negative seed.
    """

    seed: int = 0
    sets_per_student: int = 60
    menu_size: int = 4
    log_odds: float = MANY_LABS_LOG_ODDS
    lotteries: int = 400
    draws: int = 200
    plants: int = 40
    plant_lotteries: int = 20
    strengths: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0)
    errors: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0)
    surface_plants: int = 30
    nash_plants: int = 12
    surface_lotteries: int = 10

    def __post_init__(self) -> None:
        least = {"sets_per_student": 1, "menu_size": 2, "lotteries": 2, "draws": 0, "plants": 2, "plant_lotteries": 1}
        least |= {"surface_plants": 2, "nash_plants": 2, "surface_lotteries": 1, "seed": 0}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise InputError(f"must be at least {low}, found {getattr(self, name)}", where=f"Settings.{name}")

    @classmethod
    def quick(cls, seed: int = 0) -> Settings:
        """A few seconds instead of two minutes: the same steps, with errors too large to conclude anything."""
        return cls(
            seed=seed,
            lotteries=30,
            draws=20,
            plants=4,
            plant_lotteries=4,
            strengths=(0.0, 1.0),
            errors=(0.0, 1.0),
            surface_plants=4,
            nash_plants=2,
            surface_lotteries=2,
        )
