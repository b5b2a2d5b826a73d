"""The planner's picture of a simulated truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from .._core.arrays import frozen
from ..errors import ProfileError
from .endorsement import Endorsement, as_endorsement
from .profile import ThickProfile

__all__ = ["observe"]


def observe(
    truth: ThickProfile, reporting_self: Literal["decision", "endorsed"] = "decision", evidence: Any = None
) -> ThickProfile:
    """What a planner has: reports of one self, and an estimate of endorsement.

    Parameters
    ----------
    truth
        The simulated truth (R, E).
    reporting_self
        ``"decision"``: agents report d, contributions stay. ``"endorsed"``: agents report v, so each contribution
        is what the agent stands behind and nothing is left to subtract unless the evidence says so.
    evidence
        An :class:`Endorsement`, an array of shares, anything with ``apply(profile) -> ThickProfile`` (an estimate),
        or None: no evidence, everything that is reported counts.

    Returns
    -------
    ThickProfile
        ``revealed`` is the report, the endorsement is the estimate with its error; the grid is the truth's.

    Raises
    ------
    ProfileError
        ``reporting_self`` is neither self.
    """
    if reporting_self == "decision":
        seen = truth
    elif reporting_self == "endorsed":
        e = truth.endorsement
        matrix = e.spread(e.theta, truth.n_agents, truth.n_motives)
        shares = matrix[:, None] if matrix.ndim == 1 else np.take(matrix, truth.index.agent, axis=0).T
        outside = truth.outside
        if outside is not None and outside.ndim == 2:
            outside = frozen(outside * matrix)
        seen = replace(truth, contributions=frozen(truth.contributions * shares, copy=False), outside=outside)
    else:
        raise ProfileError(f"must be 'decision' or 'endorsed', found {reporting_self!r}", where="reporting_self")
    if evidence is None:
        made = Endorsement(np.ones((1, 1)))
    elif hasattr(evidence, "apply") and not isinstance(evidence, Endorsement):
        # the truth's endorsement is not evidence; an estimated wedge is moved out of what is reported, which is thin
        blank = replace(seen, endorsement=Endorsement(np.ones((1, 1))), resolution_override=truth.resolution)
        wedges = getattr(evidence, "kind", None) == "contribution"
        applied: ThickProfile = evidence.apply(blank.thin() if wedges else blank)
        return replace(applied, resolution_override=truth.resolution)
    else:
        made = as_endorsement(evidence, None, truth.n_agents, truth.n_motives)
    return replace(seen, endorsement=made, resolution_override=truth.resolution)
