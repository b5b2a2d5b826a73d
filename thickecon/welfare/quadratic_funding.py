"""Quadratic funding: many small contributions draw a larger match than one large one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from .._core.arrays import FloatArray, frozen
from ..errors import InputError, NotApplicableError
from ..lenses.lens import Endorsed, Revealed
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.verdict import Verdict
from ..problems.choice import Choice
from ..problems.problem import Problem
from .kernels.quadratic import quadratic_match, within_pot
from .projects import people_of, require_no_outside

__all__ = ["QuadraticFunding"]

TOLERANCE = 1e-9


@register("welfare.QuadraticFunding")
@dataclass(frozen=True)
class QuadraticFunding(Mechanism):
    """Money for projects: each gets the square of the sum of the square roots of its contributions.

    Readings are contributions in money, or worths (``values``); negative ones are none. A project's match is what the
    rule grants on top of its contributions, (sum_i sqrt c_i)^2 - sum_i c_i, and comes from a pot. Where the pot is too
    small all matches are scaled alike; a cap bounds each, and what it takes from one raises the others, never above
    what the rule grants. Through ``Endorsed()`` only the part of a contribution that its giver stands behind is taken
    and matched.

    Payments are the contributions; ``decision.details`` has ``contributions``, ``granted`` (matches before the pot),
    ``match`` and ``funding``, each (m,).

    Parameters
    ----------
    values
        ``"contributions"``: a reading is what one person gives, and ``taken`` the share of all the money that goes to
        a project, the same for everybody. Utilities then weigh these shares, and count a gift as a cost without its
        joy. ``"worths"``: a reading a means that funding of F is worth 2 a sqrt F to one person, who gives a^2, which
        is best whatever others give; ``taken`` is 2 sqrt F. Without pot and cap the sum of worths less funding is then
        as great as it can be (Buterin, Hitzig and Weyl).
    pot
        Money for matches, at least 0; None: as much as the rule grants.
    cap
        The most that one project's match may be; None: no cap.
    lens
        How contributions are read.

    Raises
    ------
    InputError
        A pot or cap that is negative or not a number.
    ProblemError
        An agent does not evaluate some project (write 0), or doing nothing is given a worth.

    References
    ----------
    Buterin, Hitzig and Weyl (2019), doi:10.1287/mnsc.2019.3337

    Examples
    --------
    A hundred people who give 1 each, against one who gives 100: 10,000 against 100.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[1.0, 0.0], [0.0, 100.0]], weights=[100, 1], unit="money")
    >>> te.welfare.QuadraticFunding().run(p).decision.details["funding"].tolist()
    [10000.0, 100.0]
    """

    pot: float | None = None
    cap: float | None = None
    values: Literal["contributions", "worths"] = "contributions"

    title: ClassVar[str] = "Quadratic funding"
    reference: ClassVar[str] = "10.1287/mnsc.2019.3337"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Choice,)

    def __post_init__(self) -> None:
        for name in ("pot", "cap"):
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 <= value < np.inf:
                raise InputError(
                    f"must be a finite number, at least 0, or None for no limit, found {value!r}", where=name
                )
            object.__setattr__(self, name, float(value))
        if self.values not in ("contributions", "worths"):
            raise InputError(f"must be 'contributions' or 'worths', found {self.values!r}", where="values")

    @property
    def _in_full(self) -> bool:
        """Are worths read, and matches paid as granted?"""
        return self.values == "worths" and self.pot is None and self.cap is None

    @property
    def claims(self) -> tuple[Claim, ...]:
        """To give by one's worth is dominant where matches are paid in full; a pot makes rivals of projects."""
        why = {
            True: "one person's gift of a^2 is best whatever others give: the match is free to its givers",
            False: "shares of the money are had without a gift, and a pot or cap sets projects against one another",
        }[self._in_full]
        made = [Claim("truthful", "reading", self._in_full, why, "10.1287/mnsc.2019.3337")]
        if isinstance(self.lens, (Endorsed, Revealed)):
            moved = "an influence that leaves v alone moves no money"
            made.append(Claim("influence_proof", "nobody", isinstance(self.lens, Endorsed), moved, "T6"))
        return tuple(made)

    @property
    def loss_modulus(self) -> str | None:
        """T3: worths less funding is maximised where matches are paid in full."""
        return "exact only" if self._in_full else None

    def divides(self, problem: Problem) -> bool:
        """Money moves continuously with contributions."""
        return True

    def wrap(self, problem: object) -> Problem:
        """A choice whose options are projects.

        Raises
        ------
        ProblemError
            Doing nothing is given a worth.
        """
        made = super().wrap(problem)
        assert isinstance(made, Choice)
        require_no_outside(made, "QuadraticFunding")
        return made

    def _run(self, problem: Choice, readings: tuple[Cardinal], lottery: Lottery) -> Decision:
        profile = problem.profile
        given, people = self._given(problem, readings[0]), people_of(profile)
        granted = quadratic_match(given, people)
        pot, cap = (np.inf if limit is None else limit for limit in (self.pot, self.cap))
        match = within_pot(granted, pot, cap)
        contributions = people @ given
        funding: FloatArray = contributions + match
        details = {
            "contributions": frozen(contributions),
            "granted": granted,
            "match": match,
            "funding": frozen(funding),
        }
        taken = np.tile(self._enjoyed(funding), profile.n_agents)
        return Decision(taken, payments=given.sum(axis=1), details=details)

    def _given(self, problem: Problem, reading: Cardinal) -> FloatArray:
        """(n, m) what one person of each agent gives."""
        profile = problem.profile
        made: FloatArray = np.maximum(reading.values, 0.0).reshape(profile.n_agents, profile.n_options)
        return np.square(made) if self.values == "worths" else made

    def _enjoyed(self, funding: FloatArray) -> FloatArray:
        """(m,) what everybody has of each project: its share of the money, or 2 sqrt F."""
        if self.values == "worths":
            return 2.0 * np.sqrt(funding)
        total = float(funding.sum())
        return funding / total if total > 0 else np.zeros(len(funding))

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum of worths less all funding, where worths are read.

        Raises
        ------
        NotApplicableError
            Contributions are read, which say nothing of worth.
        """
        if self.values != "worths":
            raise NotApplicableError(
                "contributions do not say what funding is worth", where="objective", remedy="use values='worths'"
            )
        profile = problem.profile
        table = taken.reshape(profile.n_agents, profile.n_options)
        worth = people_of(profile) @ (table * reading.values.reshape(table.shape))
        return float((worth - np.square(table.max(axis=0) / 2.0)).sum())

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        reading, profile = outcome.readings[0], outcome.profile
        assert isinstance(reading, Cardinal)
        given, people = self._given(outcome.problem, reading), people_of(profile)
        funding, table = outcome.decision.details["funding"], outcome.taken.reshape(given.shape)
        wanted = self._enjoyed(funding)
        off = float(np.abs(table - wanted).max(initial=0.0)) / max(1.0, float(wanted.max(initial=0.0)))
        off = off if np.isfinite(off) else np.inf
        match = funding - people @ given
        return (
            Verdict("feasible", "nobody", off <= TOLERANCE, off, TOLERANCE, statement="one division for everybody"),
            self._within(match),
            self._by_rule(given, people, match),
            self._samuelson(given, people, funding),
            self._paid(given, outcome.payments),
        )

    def _paid(self, given: FloatArray, payments: FloatArray) -> Verdict:
        off = np.abs(payments - given.sum(axis=1))
        gap = float(np.nan_to_num(off, nan=np.inf).max(initial=0.0))
        tol = TOLERANCE * max(1.0, float(given.sum()))
        return Verdict("payments", "reading", gap <= tol, gap, tol, statement="each pays what it gives, nothing else")

    def _within(self, match: FloatArray) -> Verdict:
        over = max(0.0, -float(match.min(initial=0.0)))
        if self.pot is not None:
            over = max(over, float(match.sum()) - self.pot)
        if self.cap is not None:
            over = max(over, float(match.max(initial=0.0)) - self.cap)
        tol = TOLERANCE * max(1.0, float(np.abs(match).sum()))
        text = "matches are within pot and cap, and take nothing away"
        return Verdict("within_pot", "nobody", over <= tol, over, tol, statement=text)

    def _by_rule(self, given: FloatArray, people: FloatArray, match: FloatArray) -> Verdict:
        """What each person grants with each other, summed; scaled alike below the cap, and not less than can be."""
        roots = np.sqrt(given)
        everybody = people @ roots
        pairs = np.einsum("ix,ix,i->x", roots, everybody - roots, people)
        granted = np.maximum(pairs, 0.0)
        size = max(1.0, float(granted.sum()))
        cap = np.inf if self.cap is None else self.cap
        below = (granted > 1e-12 * size) & (match < cap - TOLERANCE * size)
        scale = match[below] / granted[below]
        k = float(scale.max(initial=0.0)) if len(scale) else 1.0
        gap = float(np.abs(match - np.minimum(cap, k * granted)).max(initial=0.0)) / size
        gap = max(gap, k - 1.0)
        spare = np.inf if self.pot is None else self.pot - float(match.sum())
        if len(scale) and k < 1 - TOLERANCE and spare > TOLERANCE * size:
            gap = max(gap, min(1 - k, spare / size))
        text = "each match is what pairs of contributors grant, scaled alike below the cap, no more than need be"
        return Verdict("quadratic", "reading", gap <= 1e-8, gap, 1e-8, statement=text)

    def _samuelson(self, given: FloatArray, people: FloatArray, funding: FloatArray) -> Verdict:
        """Checked where the full match was paid: a worth of 2 sqrt(c_i F), of which c_i is the best gift."""
        text = "one more unit of money is worth one in all, to people to whom what they gave was the best gift"
        here = funding > 0
        roots = np.sqrt(given[:, here])
        full = np.square(people @ roots)
        if not here.any() or np.abs(full - funding[here]).max() > TOLERANCE * float(full.max()):
            return Verdict("samuelson", "reading", None, statement=text + "; pot or cap leave projects short of it")
        gap = float(np.abs(people @ (roots / np.sqrt(funding[here])) - 1.0).max())
        return Verdict("samuelson", "reading", gap <= TOLERANCE, gap, TOLERANCE, statement=text)
