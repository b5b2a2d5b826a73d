"""The framing experiment, simulated on the same market among students whom the campaign did not reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._core.rng import RNG
from ...endorsement.framed_choice_simulation import simulate_framed_choices
from ...errors import InputError
from .plant import Plant, Scale

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["INTENSITY", "run_experiment"]

INTENSITY = {"for": 1.0, "neutral": 0.0, "against": -1.0}
"""Strength of the frame in each arm, in units of the promotion."""


def run_experiment(plant: Plant, scale: Scale, sets_per_student: int, menu_size: int, rng: RNG) -> pd.DataFrame:
    """Choices from menus in three arms: promoted, neutral, and against.

    Invited are the students whom the campaign did not reach and who can take at least ``menu_size`` courses: their
    reports are not bent, so points without the frame are known for them. Each menu is put into an arm at random; in
    the arm "for" the promoted courses in it are shown as the campaign shows them, in "against" the other way round.
    Choices follow a logit with the scale that was fitted to the points.

    Parameters
    ----------
    plant, scale
        The campaign, and points for one unit of log odds.
    sets_per_student, menu_size
        Size of the experiment.
    rng
        Seed.

    Returns
    -------
    DataFrame
        Layout ChoiceSets: agent, set, option, chosen, value, frame, arm, and ``promotion``, the signed intensity of
        the frame on each option.

    Raises
    ------
    InputError
        Nobody can be invited.
    """
    profile = plant.market.profile
    table = profile.revealed
    invited = ~plant.reached & ((~np.isnan(table)).sum(axis=1) >= menu_size)
    if not invited.any():
        raise InputError(f"no student outside the campaign can take {menu_size} courses", where="run_experiment")
    framed = np.isin(np.asarray(profile.options, dtype=object), np.asarray(plant.courses, dtype=object))
    data = simulate_framed_choices(
        table[invited],
        scale.points,
        np.where(framed, plant.shift, 0.0),
        sets_per_agent=sets_per_student,
        menu_size=menu_size,
        agents=[profile.agents[int(i)] for i in np.flatnonzero(invited)],
        options=list(profile.options),
        rng=rng,
    )
    shown = data["option"].isin(plant.courses)
    return data.assign(promotion=data["arm"].map(INTENSITY).where(shown, 0.0))
