"""Add an influence to a simulated truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..._core.arrays import FloatArray, frozen
from ..edits import _append_unknown, _new_motive
from ..endorsement import Evidence
from ..motive import Motive
from ..profile import ThickProfile
from .arguments import number

__all__ = ["plant"]


def plant(profile: ThickProfile, lift: FloatArray, motive: Motive, endorsement: float) -> ThickProfile:
    """``profile`` with one more motive, whose contribution is ``lift`` and whose endorsement is known.

    Unlike :meth:`ThickProfile.with_influence`, which takes a wedge out of reports that already contain it, this
    moves what the agents want: the revealed value of a row rises by ``lift``, the endorsed one by
    ``endorsement * lift``. The comparison grid is that of the larger contributions, unless the profile fixes it.

    Parameters
    ----------
    lift
        (rows,) in the profile's unit (in ranks, if the profile is ordinal).
    motive
        New; its name must not be in the profile.
    endorsement
        Share of the lift that every agent stands behind, in [0, 1].

    Raises
    ------
    InputError
        Endorsement outside [0, 1].
    ProfileError
        The profile has a motive of that name.
    """
    share = number(endorsement, "endorsement", 0.0, 1.0)
    outside = profile.outside
    if outside is not None and outside.ndim == 2:
        outside = frozen(np.concatenate([outside, np.zeros((profile.n_agents, 1))], axis=1))
    return replace(
        profile,
        contributions=frozen(np.concatenate([profile.contributions, lift[None]]), copy=False),
        endorsement=_append_unknown(profile, share, 0.0, Evidence(f"planted: {motive.name}", share)),
        motives=(*profile.motives, _new_motive(profile, motive)),
        outside=outside,
    )
