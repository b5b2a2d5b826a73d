"""The demonstration from beginning to end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..._core.rng import generator
from ...datasets import load
from ...mechanism.comparison import Comparison
from ...mechanism.sensitivity import Sensitivity
from ...problems.assignment import Assignment
from .estimate import Estimates, fit_estimates
from .experiment import run_experiment
from .plant import Plant, Scale, draw_plant, fit_scale
from .plants import across_plants
from .runs import CASES, compare_case, sensitivities
from .settings import Progress, Settings, silent
from .surface import surface

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CourseDemo", "run_course_demo"]


@dataclass(frozen=True, eq=False)
class CourseDemo:
    """Everything the report shows.

    Attributes
    ----------
    settings, market, scale
        Sizes and seed; real points and scarce seats; points for one unit of log odds.
    sensitivities
        On the untouched data, by key of the case.
    plant, data, estimates
        The campaign shown in full, its experiment, and what was learnt from it.
    comparisons
        By key of the case.
    plants, failed
        Endorsed welfare over many campaigns, and what could not be estimated or solved, in words.
    surface
        Strength against error.
    """

    settings: Settings
    market: Assignment
    scale: Scale
    sensitivities: dict[str, Sensitivity]
    plant: Plant
    data: pd.DataFrame
    estimates: Estimates
    comparisons: dict[str, Comparison]
    plants: pd.DataFrame
    failed: tuple[str, ...]
    surface: pd.DataFrame


def run_course_demo(settings: Settings | None = None, progress: Progress = silent) -> CourseDemo:
    """Plant, experiment, estimate, allocate, repeat.

    Parameters
    ----------
    settings
        None: the full demonstration, about two minutes on two cores.
    progress
        Called often with what is being done, how much is done, and how much there is.

    Returns
    -------
    CourseDemo
        The same for the same settings.

    Raises
    ------
    EvidenceError
        The experiment was too small for the estimators.
    """
    s = settings or Settings()
    steps = 3 + len(CASES)
    market = load("course", capacities="scarce")
    scale = fit_scale(market.profile)
    progress("one campaign", 0, steps)
    robust = sensitivities(market, s.seed)
    for each in robust.values():
        _ = each.smallest, each.curve
    progress("one campaign", 1, steps)
    draw, sample = generator([s.seed, 0]).integers(0, 2**62, size=2).tolist()
    plant = draw_plant(market, scale, draw, log_odds=s.log_odds)
    data = run_experiment(plant, scale, s.sets_per_student, s.menu_size, sample)
    known = fit_estimates(data, plant)
    progress("one campaign", 2, steps)
    compared = {}
    for k, case in enumerate(CASES):
        compared[case.key] = compare_case(case, plant, known, s)
        _ = compared[case.key].differences
        progress("one campaign", 3 + k, steps)
    progress("one campaign", steps, steps)
    plants, failed = across_plants(market, scale, s, progress)
    found, gaps = surface(market, scale, s, progress)
    return CourseDemo(s, market, scale, robust, plant, data, known, compared, plants, failed + gaps, found)
