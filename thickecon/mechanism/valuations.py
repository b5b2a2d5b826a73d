"""Valuations as a lens reads them, as a thin profile: what influences are looked for in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._core.arrays import FloatArray, frozen
from ..errors import NotApplicableError
from ..lenses.lens import Endorsed, Lens
from ..lenses.reading import Cardinal, Set
from ..profiles.endorsement import Endorsement
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile
from ..profiles.samplers.plant import plant

__all__ = ["as_read", "shifted"]


def as_read(profile: ThickProfile, lens: Lens) -> ThickProfile:
    """The thin profile of what ``lens`` reads, off the grid, on which every comparison is made as before.

    Of a whole identified set it is the point estimate.

    Raises
    ------
    NotApplicableError
        The lens gives no values, or does not read them as they stand when nothing but values is there.
    """
    remedy = "use lens=Endorsed() or lens=Revealed()"
    plain = replace(profile, resolution_override=0.0)
    reading = lens.read(plain)
    if isinstance(reading, Set):
        lens = Endorsed()
        reading = lens.read(plain)
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


def shifted(profile: ThickProfile, wedge: FloatArray) -> ThickProfile:
    """``profile`` with ``wedge`` (rows,) taken off every admissible reading: the identified set moves as a whole."""
    moved = plant(profile, -wedge, Motive("influence taken out"), 1.0)
    return replace(moved, resolution_override=profile.resolution)
