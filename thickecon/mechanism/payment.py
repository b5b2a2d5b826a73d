"""Mechanisms with payments: whose report it is, and how the wedge is charged (T4, T18, T19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from .._core.arrays import FloatArray, frozen
from ..errors import InputError, NotApplicableError
from ..lenses.lens import Endorsed, PartialCredit, Revealed
from ..lenses.reading import Cardinal
from ..problems.problem import Problem
from ..profiles.summation import round_to
from .claim import Claim
from .mechanism import Mechanism, Reports, report_vector

__all__ = ["Charge", "PaymentMechanism", "Reporting", "Scores"]

Reporting = Literal["decision", "endorsed", "observed"]
Charge = Literal["affine", "clarke"]


@dataclass(frozen=True, eq=False)
class Scores(Cardinal):
    """What the rule is applied to, relative to doing nothing: r - k (d - L) on the grid.

    Attributes
    ----------
    offset
        (rows,) the wedge d - L that the charge adds back, 0 for Clarke charges.
    """

    offset: FloatArray


@dataclass(frozen=True)
class PaymentMechanism(Mechanism):
    """Winner determination on scores, then charges.

    Parameters
    ----------
    reporting
        Whose report it is. ``"decision"``: agents report with their decision self and the wedge is taken off,
        scores are r - (d - L). ``"endorsed"``: agents report what they endorse, scores are r. ``"observed"``:
        v is verified and reports are ignored, scores are L.
    charge
        ``"clarke"``: the externality on the scores. ``"affine"``: the charge of the affine maximiser with
        offsets -(d - L), which makes truth dominant for decision selves (T18). None: affine for
        decision-self reports, clarke otherwise.
    """

    reporting: Reporting = field(default="decision", kw_only=True)
    charge: Charge | None = field(default=None, kw_only=True)

    standard: ClassVar[Mapping[str, Any]] = {"reporting": "decision", "charge": "clarke"}

    def __post_init__(self) -> None:
        if self.reporting not in ("decision", "endorsed", "observed"):
            raise InputError(
                f"must be 'decision', 'endorsed' or 'observed', found {self.reporting!r}", where="reporting"
            )
        if self.charge not in (None, "affine", "clarke"):
            raise InputError(f"must be 'affine', 'clarke' or None, found {self.charge!r}", where="charge")

    @property
    def charging(self) -> Charge:
        """The charge in force."""
        return self.charge or ("affine" if self.reporting == "decision" else "clarke")

    def readings(self, problem: Problem, reports: Reports = None) -> tuple[Scores]:
        """Scores and offsets on the profile's grid, all relative to doing nothing.

        Raises
        ------
        InputError
            Reports of the wrong shape, or not finite; also where they are ignored.
        """
        profile, grid = problem.profile, problem.profile.resolution
        told = None if reports is None else round_to(report_vector(reports, profile), grid)
        read, revealed = self.read(profile, self.lens), Revealed().read(profile)
        assert isinstance(read, Cardinal)
        agent = profile.index.agent
        wedge = (revealed.values - revealed.outside[agent]) - (read.values - read.outside[agent])
        if self.reporting == "observed" or (told is None and self.reporting == "decision"):
            score = read.values - read.outside[agent]
        else:
            own = revealed if self.reporting == "decision" else Endorsed().read(profile)
            score = (own.values if told is None else told) - own.outside[agent]
            if self.reporting == "decision":
                score = score - wedge
        offset = wedge if self.charging == "affine" else wedge * 0.0
        zero = frozen(read.outside * 0.0, copy=False)
        made = round_to(score, grid)
        return (Scores(profile, self.lens, made, zero, offset=round_to(offset, grid)),)

    def dominant_reports(self, problem: object, self_: Literal["decision", "endorsed"] = "decision") -> FloatArray:
        """(rows,) the report that dominates for agents who act with one self; T4 (b) for the unravelling.

        The rule serves a self u truthfully iff its scores are u (Clarke) or u less the offset (affine), so the
        dominant report is u plus what the rule takes off, less what the charge adds back.

        Raises
        ------
        NotApplicableError
            Reports are ignored.
        InputError
            ``self_`` is neither self.
        """
        if self_ not in ("decision", "endorsed"):
            raise InputError(f"must be 'decision' or 'endorsed', found {self_!r}", where="self_")
        if self.reporting == "observed":
            raise NotApplicableError("reports are ignored under reporting='observed'", where="dominant_reports")
        made = self.wrap(problem)
        profile = made.profile
        agent = profile.index.agent
        own = (Revealed() if self_ == "decision" else Endorsed()).read(profile)
        scores = self.readings(made)[0]
        base = (Revealed() if self.reporting == "decision" else Endorsed()).read(profile)
        lens = self.read(profile, self.lens)
        assert isinstance(lens, Cardinal)
        revealed = Revealed().read(profile)
        wedge = (revealed.values - revealed.outside[agent]) - (lens.values - lens.outside[agent])
        taken_off = wedge if self.reporting == "decision" else 0.0
        net = own.values - own.outside[agent] + taken_off - scores.offset
        return round_to(net + base.outside[agent], profile.resolution)

    @property
    def scores_are(self) -> Literal["decision", "endorsed", "reading"]:
        """What the scores of truthful agents of the named self amount to: d, v, or neither."""
        if self.reporting == "endorsed" or isinstance(self.lens, Endorsed):
            return "endorsed"
        return "decision" if self._sees_all else "reading"

    @property
    def _sees_all(self) -> bool:
        """Is the reading d whatever the profile, so that there is no wedge to charge?"""
        full = isinstance(self.lens, PartialCredit) and self.lens.influence == self.lens.value == 1.0
        return full or isinstance(self.lens, Revealed)

    def _incentive_claims(self) -> tuple[Claim, ...]:
        """Claims of a rule that is efficient on its scores (T4, T5, T6, T18, T19)."""
        thin, mine = self._sees_all, self.reporting
        affine = self.charging == "affine" and not thin
        how = f"{mine}-self reports, {'affine' if affine else 'Clarke'} charge"
        fits = {"decision": affine or thin, "endorsed": not affine, "observed": True}[mine]
        proof = not affine and (mine == "endorsed" or (mine == "observed" and self.scores_are == "endorsed"))
        claims = [
            Claim(
                "truthful",
                "decision" if mine != "endorsed" else "endorsed",
                fits,
                "reports are ignored" if mine == "observed" else f"truth is dominant for the self that reports: {how}",
                "T4, T18",
            ),
            Claim(
                "influence_proof",
                "nobody",
                proof,
                "where the named self reports as suits it, an influence that leaves v alone moves nothing",
                "T6, T19",
            ),
        ]
        for self_ in ("decision", "endorsed"):
            served = self.scores_are == self_
            claims += [
                Claim("efficient", self_, served, "truthful reports of the named self maximise its sum", "T4"),
                Claim("participation", self_, served and not affine, "truthful agents do not end below outside", "T5"),
            ]
        return tuple(claims)
