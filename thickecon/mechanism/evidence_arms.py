"""Arms for evidence with an error: the posterior mean, caution, the worst case and least regret (T9, T12)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .._core.arrays import FloatArray
from ..errors import InputError, NotApplicableError
from ..lenses.lens import Endorsed
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from .mechanism import Mechanism

__all__ = ["EVIDENCE_ARMS", "cautious_arm", "evidence_arm", "shrunk_profile"]

EVIDENCE_ARMS = ("shrunk", "cautious", "worst", "regret")


def shrunk_profile(profile: ThickProfile) -> ThickProfile:
    """The profile with posterior means of its unknowns.

    Each theta is drawn towards 1, what the standard reading takes it for: 1 + k (theta - 1), k = tau^2 / (tau^2 + s^2),
    s its standard error and tau^2 the variance of unknowns around 1, estimated from them all as the mean of
    (theta - 1)^2 - s^2, at least 0. With few unknowns tau is rough: that has its price, and nothing is better known.

    Parameters
    ----------
    profile
        With a covariance of its endorsement.

    Raises
    ------
    NotApplicableError
        The endorsement has no standard errors.
    """
    e = profile.endorsement
    if e.covariance is None:
        raise NotApplicableError(
            "the evidence has no standard errors", where="arm 'shrunk'", remedy="apply an estimate with a covariance"
        )
    error = e.standard_error
    known = error > 0
    tau2 = max(0.0, float(((e.theta - 1.0) ** 2 - error**2)[known].mean())) if known.any() else 0.0
    weight = np.divide(tau2, tau2 + error**2, out=np.ones_like(error), where=known)
    return profile.with_endorsement(e.at_theta(1.0 + weight * (e.theta - 1.0)))


def cautious_arm(mechanism: Mechanism, seen: Problem, seed: int, level: float = 0.05) -> tuple[Mechanism, Problem]:
    """What the cautious planner runs: thick on half of the evidence if the other half shows a gain, else SIDT.

    The estimate is split into two independent ones, theta + z and theta - z with z of its own law (each then has twice
    its variance). Thick decides by the first. The second tests W_v(x_thick) - W_v(x_sidt), linear in theta, one-sided
    at ``level``: the chance of laundering where it is at most 0 is at most that (T9).

    Parameters
    ----------
    mechanism
        In its thick setting.
    seen
        The planner's picture.
    seed
        Of the split, and of the trial runs.
    level
        One-sided.

    Raises
    ------
    NotApplicableError
        The endorsement has no standard errors.
    """
    profile = seen.profile
    e = profile.endorsement
    if e.covariance is None:
        raise NotApplicableError(
            "the evidence has no standard errors", where="arm 'cautious'", remedy="apply an estimate with a covariance"
        )
    from scipy.special import ndtri

    from .._core.rng import generator

    matrix = np.diag(e.covariance) if e.covariance.ndim == 1 else e.covariance
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = (root @ generator(seed).standard_normal(len(matrix))).reshape(e.theta.shape)
    choose = seen.with_profile(profile.with_endorsement(e.at_theta(e.theta + noise)))
    test = e.theta - noise
    baseline = mechanism.baseline()
    moved = mechanism.run(choose, rng=seed).taken - baseline.run(seen, rng=seed).taken
    slope = _slope(profile, moved)
    sure = _sure(profile, moved)
    gain = sure + float(slope.ravel() @ test.ravel())
    error = float(np.sqrt(2.0 * slope.ravel() @ matrix @ slope.ravel()))
    if gain > -float(ndtri(level)) * error:
        return mechanism, choose
    return baseline, seen


def _slope(profile: ThickProfile, moved: FloatArray) -> FloatArray:
    """(G, P) by how much a unit of theta changes summed endorsed value when allocation moves."""
    e, index = profile.endorsement, profile.index
    weights = np.ones(profile.n_agents) if profile.weights is None else profile.weights
    group = np.zeros(profile.n_agents, dtype=np.intp) if e.group is None else e.group
    made = np.zeros(e.theta.shape)
    for motive, column in enumerate(e.columns(profile.n_motives)):
        pull = profile.contributions[motive] * moved * weights[index.agent]
        np.add.at(made[:, column], group[index.agent], pull)
    return made


def _sure(profile: ThickProfile, moved: FloatArray) -> float:
    """What changes whatever theta is: worth of doing nothing, where it has one."""
    if profile.outside is None:
        return 0.0
    index = profile.index
    weights = np.ones(profile.n_agents) if profile.weights is None else profile.weights
    reading = Endorsed().read(profile)
    had = np.bincount(index.agent, moved, minlength=profile.n_agents)
    return float(-(weights * np.clip(had, -1.0, 1.0)) @ reading.outside)


def evidence_arm(name: str, mechanism: Mechanism, seen: Problem, seed: int) -> tuple[Mechanism, Problem]:
    """The mechanism and picture of a named arm for evidence with an error.

    Parameters
    ----------
    name
        ``"shrunk"``, ``"cautious"``, ``"worst"`` (greatest worst case over the identified set) or ``"regret"`` (least
        largest regret over it); the last two for mechanisms that take ``ambiguity``.
    mechanism, seen
        In its thick setting, and the planner's picture.
    seed
        For ``"cautious"``.

    Raises
    ------
    NotApplicableError
        The evidence has no error, or the mechanism no such setting.
    InputError
        Another name.
    """
    if name == "shrunk":
        return mechanism, seen.with_profile(shrunk_profile(seen.profile))
    if name == "cautious":
        return cautious_arm(mechanism, seen, seed)
    if name not in ("worst", "regret"):
        raise InputError(f"must be one of {', '.join(EVIDENCE_ARMS)}, found {name!r}", where="arms")
    if not hasattr(mechanism, "ambiguity"):
        raise NotApplicableError(
            f"{mechanism.title} cannot decide by a whole identified set",
            where=f"arm {name!r}",
            remedy="te.welfare.Allocate can; or choose arms 'shrunk' or 'cautious'",
        )
    options: Any = {"ambiguity": name}
    return replace(mechanism, **options), seen
