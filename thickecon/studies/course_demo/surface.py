"""Where thick wins and where it loses: strength of the promotion against error of the evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..._core.arrays import FloatArray, frozen
from ..._core.rng import generator
from ...errors import SolverError
from ...problems.assignment import Assignment
from ...profiles.endorsement import Endorsement
from ...profiles.profile import ThickProfile
from .plant import Plant, Scale, draw_plant
from .runs import CASES, Case, welfare_by_arm
from .settings import Progress, Settings, silent

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cells_where_thick_loses", "picture", "surface", "surface_table"]


def surface(
    market: Assignment, scale: Scale, settings: Settings, progress: Progress = silent
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Thick less SIDT in endorsed welfare, per cent, over campaigns drawn anew.

    In every cell the planner's wedge of each promotion is the planted one plus normal noise of the cell's standard
    error. Courses, students, lottery and the noise's standard normal draws are the same in all cells of a column of
    campaigns, so cells differ by strength and error alone.

    Parameters
    ----------
    market, scale
        As in :func:`draw_plant`.
    settings
        ``strengths`` and ``errors`` in multiples of ``log_odds``; ``surface_plants`` and ``nash_plants`` campaigns a
        cell, ``surface_lotteries`` in each.
    progress
        Called after each campaign and strength.

    Returns
    -------
    tuple
        Frame with columns mechanism, strength, error, mean, standard error, campaigns, worse (share of campaigns in
        which thick does worse than SIDT); and what failed, in words.
    """
    import pandas as pd

    changes: dict[tuple[str, float, float], list[float]] = {}
    failed = []
    seeds = generator([settings.seed, 2]).integers(0, 2**62, size=(settings.surface_plants, 3)).tolist()
    for k, (draw, noise, lottery) in enumerate(seeds):
        z = generator(noise).standard_normal(3)
        cases = [case for case in CASES if case.key != "nash" or k < settings.nash_plants]
        for strength in settings.strengths:
            plant = draw_plant(market, scale, draw, log_odds=strength * settings.log_odds)
            for case in cases:
                try:
                    row = _row(case, plant, scale, z, settings, lottery)
                except SolverError as err:
                    failed.append(f"surface, campaign {k}, {case.key}, strength {strength:g}: {err}")
                    continue
                for error, change in row.items():
                    changes.setdefault((case.key, strength, error), []).append(change)
        progress("surface", k + 1, settings.surface_plants)
    rows = [
        {
            "mechanism": key,
            "strength": strength,
            "error": error,
            "mean": float(np.mean(found)),
            "standard error": float(np.std(found, ddof=1) / np.sqrt(len(found))),
            "campaigns": len(found),
            "worse": float(np.mean(np.array(found) < -1e-4)),
        }
        for (key, strength, error), found in changes.items()
    ]
    return pd.DataFrame(rows), tuple(failed)


def _row(case: Case, plant: Plant, scale: Scale, z: FloatArray, settings: Settings, lottery: int) -> dict[float, float]:
    pictures = {f"{error}": picture(plant, error * settings.log_odds * scale.points * z) for error in settings.errors}
    seeds = (
        generator(lottery).integers(0, 2**62, size=settings.surface_lotteries).tolist() if case.lottery else [lottery]
    )
    found = welfare_by_arm(case, plant.market, plant.truth, pictures, seeds, oracle=False)
    base = float(found["sidt"].mean())
    return {error: 100.0 * (float(found[f"{error}"].mean()) - base) / abs(base) for error in settings.errors}


def picture(plant: Plant, noise: FloatArray) -> ThickProfile:
    """What a planner sees whose wedge of each promotion is the planted one plus ``noise``.

    Parameters
    ----------
    plant
        The campaign.
    noise
        (courses,) error in points.

    Returns
    -------
    ThickProfile
        The reports of the plant, with the estimated wedge as the influence wherever the campaign reached.
    """
    truth = plant.truth
    index = truth.index
    promoted = index.option_positions(plant.courses)
    here = (index.option[None, :] == promoted[:, None]) & plant.reached[index.agent][None, :]
    wedges = np.where(here, plant.shift + noise[:, None], 0.0)
    table = np.concatenate([(truth.rows.revealed - wedges.sum(axis=0))[None, :], wedges])
    return replace(
        truth,
        contributions=frozen(table, copy=False),
        endorsement=Endorsement(truth.endorsement.theta),
        resolution_override=truth.resolution,
    )


def surface_table(found: pd.DataFrame, mechanism: str, column: str = "mean") -> pd.DataFrame:
    """One mechanism's surface: strengths down, errors across."""
    part = found[found["mechanism"] == mechanism]
    return part.pivot(index="strength", columns="error", values=column)


def cells_where_thick_loses(found: pd.DataFrame) -> pd.DataFrame:
    """Cells in which the mean over campaigns is below zero, the worst first, with the distance in standard errors."""
    part = found[found["mean"] < -1e-4].copy()
    part["standard errors below 0"] = -part["mean"] / part["standard error"].where(part["standard error"] > 0)
    return part.sort_values("mean").reset_index(drop=True)
