"""Valuations as a lens reads them, as a thin profile: what influences are looked for in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._core.arrays import frozen
from ..errors import NotApplicableError
from ..lenses.lens import Lens
from ..lenses.reading import Cardinal
from ..profiles.endorsement import Endorsement
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile

__all__ = ["as_read"]


def as_read(profile: ThickProfile, lens: Lens) -> ThickProfile:
    """The thin profile of what ``lens`` reads, off the grid, on which every comparison is made as before.

    Raises
    ------
    NotApplicableError
        The lens gives no values, or does not read them as they stand when nothing but values is there.
    """
    remedy = "use lens=Endorsed() or lens=Revealed()"
    reading = lens.read(replace(profile, resolution_override=0.0))
    if not isinstance(reading, Cardinal):
        raise NotApplicableError(
            f"an influence is measured in values, {lens.title} gives a reading of kind {reading.kind!r}",
            where="sensitivity",
            remedy=remedy,
        )
    made = replace(
        profile,
        contributions=frozen(reading.values[None]),
        endorsement=Endorsement(np.ones((1, 1))),
        motives=(Motive("value"),),
        outside=None if profile.outside is None else reading.outside,
        resolution_override=profile.resolution,
    )
    again = lens.read(made)
    assert isinstance(again, Cardinal)
    if not np.allclose(again.values, reading.values, rtol=1e-9, atol=2 * profile.resolution):
        raise NotApplicableError(f"{lens!r} gives only part of a value", where="sensitivity", remedy=remedy)
    return made
