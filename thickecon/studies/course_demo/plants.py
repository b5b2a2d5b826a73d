"""The whole pipeline over many campaigns: one campaign is an anecdote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._core.rng import generator
from ...errors import EvidenceError, SolverError
from ...problems.assignment import Assignment
from .estimate import fit_estimates
from .experiment import run_experiment
from .plant import Scale, draw_plant
from .runs import CASES, welfare_by_arm
from .settings import Progress, Settings, silent

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["across_plants", "summary_of_plants"]


def across_plants(
    market: Assignment, scale: Scale, settings: Settings, progress: Progress = silent
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Endorsed welfare in every arm, for campaigns drawn anew: courses, students, experiment, and estimates.

    Parameters
    ----------
    market
        Untouched.
    scale
        Points for one unit of log odds.
    settings
        ``plants``, ``plant_lotteries``, ``seed`` and the size of the experiment.
    progress
        Called after each campaign.

    Returns
    -------
    tuple
        Frame with columns plant, mechanism, arm, welfare and change (per cent of SIDT's); and what failed, in words.
    """
    import pandas as pd

    records, failed = [], []
    seeds = generator([settings.seed, 1]).integers(0, 2**62, size=(settings.plants, 2 + settings.plant_lotteries))
    for k, (draw, sample, *lotteries) in enumerate(seeds.tolist()):
        plant = draw_plant(market, scale, draw, log_odds=settings.log_odds)
        try:
            data = run_experiment(plant, scale, settings.sets_per_student, settings.menu_size, sample)
            known = fit_estimates(data, plant)
        except EvidenceError as err:
            failed.append(f"campaign {k}: {err}")
            continue
        pictures = {"thick": known.thick(plant), "thick (DQI)": known.thick_dqi(plant)}
        for case in CASES:
            seen = lotteries if case.lottery else lotteries[:1]
            try:
                found = welfare_by_arm(case, market, plant.truth, pictures, seen)
            except SolverError as err:
                failed.append(f"campaign {k}, {case.key}: {err}")
                continue
            base = float(found["sidt"].mean())
            for arm, welfare in found.items():
                mean = float(welfare.mean())
                records.append(
                    {
                        "plant": k,
                        "mechanism": case.key,
                        "arm": arm,
                        "welfare": mean,
                        "change": 100.0 * (mean - base) / abs(base),
                    }
                )
        progress("campaigns", k + 1, settings.plants)
    return pd.DataFrame(records, columns=["plant", "mechanism", "arm", "welfare", "change"]), tuple(failed)


def summary_of_plants(table: pd.DataFrame) -> pd.DataFrame:
    """By mechanism and arm: mean change in per cent with its standard error over campaigns, range, and how often the
    arm does worse than SIDT (by more than a millionth).
    """
    import pandas as pd

    rows = []
    for (mechanism, arm), part in table.groupby(["mechanism", "arm"], sort=False):
        if arm == "sidt":
            continue
        change = part["change"].to_numpy(dtype=float)
        rows.append(
            {
                "mechanism": mechanism,
                "arm": arm,
                "mean, per cent": float(change.mean()),
                "standard error": float(change.std(ddof=1) / np.sqrt(len(change))) if len(change) > 1 else np.nan,
                "least": float(change.min()),
                "greatest": float(change.max()),
                "campaigns": len(change),
                "better than SIDT": int((change > 1e-4).sum()),
                "worse than SIDT": int((change < -1e-4).sum()),
            }
        )
    return pd.DataFrame(rows).set_index(["mechanism", "arm"])
