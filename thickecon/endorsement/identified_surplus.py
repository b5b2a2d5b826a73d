"""Endorsed surplus where endorsement is known up to a set: bounds in the unit of values and as a share of surplus."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray
from ..errors import EvidenceError, NotApplicableError
from ..mechanism.outcome import Outcome
from ..profiles.motive import Motive
from .application import _chosen, _members
from .estimate import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from ..profiles.profile import ThickProfile

__all__ = ["endorsed_surplus"]


def endorsed_surplus(
    outcome: Outcome,
    estimate: Estimate,
    motives: Any = None,
    agents: Iterable[Hashable] | BoolArray | None = None,
    *,
    baseline: Outcome | None = None,
    level: float = 0.95,
    method: Literal["imbens-manski", "stoye"] = "imbens-manski",
) -> pd.DataFrame:
    """Endorsed surplus of an outcome, and its difference to another, if the endorsement of motives has only bounds.

    The surplus is what is taken, valued by the endorsed selves and summed: linear in endorsement, so a bound of a share
    (of pull or of people) bounds it. With s_c what motive c adds to all that is taken, its ends are the rest plus the
    sum of the least and greatest s_c E_c; the standard error of an end is the sum of |s_c| times that of the end of E_c
    (exact for one motive, an upper limit for several, however they are correlated). Payments move surplus between
    people and are not in it; the other motives are taken as the profile has them.

    Parameters
    ----------
    outcome
        What was decided.
    estimate
        Of kind "endorsement" or "population", with bounds.
    motives, agents
        As in :meth:`Estimate.apply`.
    baseline
        Another outcome on the same profile.
    level
        Of the interval, in (1/2, 1).
    method
        ``"imbens-manski"``, or ``"stoye"`` for one motive with a joint covariance of the ends.

    Returns
    -------
    DataFrame
        Rows (what, in): "outcome", with a baseline also "baseline" and "difference"; in the profile's unit and as
        "share of surplus", of the revealed surplus of the same outcome, for the difference of the baseline. Columns:
        lower and upper (the set), their standard errors (nan where the estimate gives none), low and high (an interval
        for the true surplus at ``level``; the set itself where its ends are limits of confidence already).

    Raises
    ------
    NotApplicableError
        Another kind of estimate, one without bounds, Stoye's method for several motives.
    EvidenceError
        A level or method that is none; a baseline of another profile.

    References
    ----------
    Imbens and Manski (2004), doi:10.1111/j.1468-0262.2004.00555.x; Stoye (2009), doi:10.3982/ECTA7347.

    Examples
    --------
    One item, taken for 8 of which an advert is 3; between .2 and .6 of people stand behind the advert: 5.6 to 6.8.

    >>> import thickecon as te
    >>> profile = te.ThickProfile.from_values([[8.0], [4.0]], unit="money").with_influence("advert", [3.0, 0.0])
    >>> outcome = te.auctions.SecondPrice().baseline().run(profile)
    >>> found = te.endorsement.Estimate("endorsement", ("advert",), [0.4], identified=[[0.2, 0.6]])
    >>> endorsed_surplus(outcome, found).loc[("outcome", "money"), ["lower", "upper"]].round(6).tolist()
    [5.6, 6.8]
    """
    import pandas as pd

    ends, errors = _ends(estimate, level, method)
    profile = outcome.profile
    chosen = _chosen(estimate, motives)
    columns = profile.motive_positions([m.name if isinstance(m, Motive) else str(m) for m in chosen.values()])
    at, member = list(chosen), _members(profile, agents)
    if baseline is not None and not profile.equals(baseline.profile):
        raise EvidenceError("must be on the same profile", where="endorsed_surplus(baseline)")
    if method == "stoye" and len(at) > 1:
        raise NotApplicableError("needs one motive", where="endorsed_surplus(method='stoye')",
                                 remedy="method='imbens-manski'")  # fmt: skip
    taken = {"outcome": outcome.taken}
    if baseline is not None:
        taken |= {"baseline": baseline.taken, "difference": outcome.taken - baseline.taken}
    rows: dict[tuple[str, str], FloatArray] = {}
    for what, share in taken.items():
        rest, pulls, whole = _parts(profile, share, columns, member)
        if what == "difference" and baseline is not None:
            whole = _parts(profile, baseline.taken, columns, member)[2]
        row = _row(estimate, at, rest, pulls, ends[at], errors[at], level, method)
        rows[what, profile.unit] = row
        rows[what, "share of surplus"] = row / whole if whole > 0 else np.full(6, np.nan)
    names = ["lower", "upper", "se_lower", "se_upper", "low", "high"]
    index = pd.MultiIndex.from_tuples(list(rows), names=["what", "in"])
    return pd.DataFrame(np.array(list(rows.values())), index=index, columns=names)


def _ends(estimate: Estimate, level: float, method: str) -> tuple[FloatArray, FloatArray]:
    """(P, 2) ends and their standard errors, nan where there are none."""
    if not 0.5 < level < 1:
        raise EvidenceError(f"must lie in (1/2, 1), found {level!r}", where="endorsed_surplus(level)")
    if method not in ("imbens-manski", "stoye"):
        raise EvidenceError(f"must be 'imbens-manski' or 'stoye', found {method!r}", where="endorsed_surplus(method)")
    if estimate.kind not in ("endorsement", "population"):
        raise NotApplicableError(
            f"is of kind {estimate.kind!r}, not a share", where=f"endorsed_surplus of {estimate.source.estimator}",
            remedy="apply it to a profile and compare(..., evidence=estimate, draws=...)",
        )  # fmt: skip
    if estimate.identified is None:
        raise NotApplicableError(
            "has no bounds", where=f"endorsed_surplus of {estimate.source.estimator}",
            remedy="compare(..., evidence=estimate, draws=...) gives intervals of points",
        )  # fmt: skip
    if method == "stoye" and estimate.end_covariances is None:
        raise NotApplicableError(
            "has no joint covariance of the ends", where=f"endorsed_surplus of {estimate.source.estimator}",
            remedy="method='imbens-manski'",
        )  # fmt: skip
    unknown = np.full_like(estimate.identified, np.nan)
    return estimate.identified, unknown if estimate.end_errors is None else estimate.end_errors


def _parts(
    profile: ThickProfile, taken: FloatArray, columns: IntArray, member: BoolArray
) -> tuple[float, FloatArray, float]:
    """What is endorsed for certain, (P,) what the motives add to what is taken, and revealed surplus."""
    agent = profile.rows.agent
    share = taken if profile.weights is None else taken * profile.weights[agent]
    inside = share * member[agent]
    spread = profile.endorsement.spread(profile.endorsement.theta, profile.n_agents, profile.n_motives)
    ours = profile.contributions[columns]
    theirs = spread[columns] if spread.ndim == 1 else spread[:, columns][agent].T
    counted = float(((np.asarray(theirs).reshape(len(columns), -1) * ours) @ inside).sum())
    rest = float(profile.rows.endorsed @ share) - counted
    return rest, np.asarray(ours @ inside), float(profile.rows.revealed @ share)


def _row(
    estimate: Estimate, at: list[int], rest: float, pulls: FloatArray, ends: FloatArray, errors: FloatArray,
    level: float, method: str,
) -> FloatArray:  # fmt: skip
    """Lower, upper, their errors, and the interval."""
    turned = (pulls < 0)[:, None]
    ordered, wrong = np.where(turned, ends[:, ::-1], ends), np.where(turned, errors[:, ::-1], errors)
    low, high = rest + pulls @ ordered
    s_low, s_high = np.abs(pulls) @ wrong
    if np.isnan([s_low, s_high]).any():
        return np.array([low, high, s_low, s_high, low, high])
    joint = None
    if method == "stoye" and estimate.end_covariances is not None:
        joint = estimate.end_covariances[at] * pulls[0] ** 2
        joint = joint[:, ::-1, ::-1] if pulls[0] < 0 else joint
    of_sum = Estimate(
        estimate.kind, ("surplus",), np.array([np.nan]), None, np.array([[low, high]]), np.array([[s_low, s_high]]),
        scalar=True, end_covariances=joint,
    )  # fmt: skip
    reach = of_sum.bounds_interval(level, "stoye" if joint is not None else "imbens-manski")
    return np.array([low, high, s_low, s_high, *reach])
