"""All audits of a mechanism, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ..._core.rng import RNG
from ...errors import InputError, NotApplicableError, UnknownNameError
from ...mechanism.mechanism import Mechanism
from ...mechanism.verdict import Verdict
from .bidders_and_bids import revenue_monotonicity
from .budget import budget_balance
from .coalitions import core
from .envy import envy_freeness
from .expected_incentives import bayesian_incentives
from .false_names import false_names_gain
from .incentives import dominant_strategy
from .pairs import collusion_of_two
from .participation import individual_rationality, no_renege
from .pull import influence_gain
from .stage import Honest, Self, stages_of
from .type_space import TypeSpace
from .welfare_loss import efficiency

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AXIOMS", "Audit", "audit"]

SELVES: tuple[Self, ...] = ("decision", "endorsed")

AXIOMS = (
    "dominant_strategy",
    "bayesian_incentives",
    "individual_rationality",
    "interim_rationality",
    "no_renege",
    "no_deficit",
    "balanced",
    "expected_balanced",
    "efficiency",
    "core",
    "revenue_monotone_in_bidders",
    "revenue_monotone_in_bids",
    "false_names",
    "collusion_of_two",
    "influence_gain",
    "envy_freeness",
    "envy_free_prices",
)
"""What :func:`audit` looks at, in the order of its table."""

STATES = {True: "holds", False: "fails"}


@dataclass(frozen=True, eq=False)
class Audit:
    """Verdicts on one mechanism. Made by :func:`audit`.

    Attributes
    ----------
    mechanism
        What was audited.
    verdicts
        In the order of ``AXIOMS``, for each self that an axiom speaks of.
    skipped
        (axiom, self) -> why it does not apply.
    """

    mechanism: Mechanism
    verdicts: tuple[Verdict, ...]
    skipped: dict[tuple[str, str], str]

    @property
    def failures(self) -> tuple[Verdict, ...]:
        """Those that fail, each with a witness."""
        return tuple(verdict for verdict in self.verdicts if verdict.holds is False)

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.verdicts)

    def __getitem__(self, name: str | tuple[str, str]) -> Verdict:
        """The verdict by the axiom's name, or (name, self); the first of several selves.

        Raises
        ------
        UnknownNameError
            Not audited, or not applicable.
        """
        wanted, self_ = (name, None) if isinstance(name, str) else name
        for verdict in self.verdicts:
            if verdict.name == wanted and self_ in (None, verdict.self):
                return verdict
        why = next((text for (axiom, _), text in self.skipped.items() if axiom == wanted), "")
        raise UnknownNameError(
            f"no verdict on {name!r}" + (f": {why}" if why else ""),
            where="Audit",
            remedy=f"one of {', '.join(sorted({verdict.name for verdict in self.verdicts}))}",
        )

    def to_frame(self) -> pd.DataFrame:
        """A row an axiom and self: state, gap, tolerance, witness, how it was looked for; what does not apply last.

        "none found": a search found no failure, which proves nothing.
        """
        import pandas as pd

        rows: list[tuple[Any, ...]] = [
            (
                verdict.name,
                verdict.self,
                "none found" if verdict.holds is None else STATES[verdict.holds],
                verdict.gap,
                verdict.tol,
                "" if verdict.witness is None else str(verdict.witness),
                verdict.statement,
            )
            for verdict in self.verdicts
        ]
        rows += [(*key, "not applicable", None, None, "", why) for key, why in self.skipped.items()]
        columns = ["axiom", "self", "state", "gap", "tolerance", "witness", "statement"]
        frame = pd.DataFrame(rows, columns=columns).set_index(["axiom", "self"])
        return frame.astype({"gap": float, "tolerance": float})

    def to_latex(self, *, witnesses: bool = False) -> str:
        """A booktabs table of states and gaps.

        Parameters
        ----------
        witnesses
            Also a column of witnesses, in words.
        """
        from ...mechanism.tables import latex

        frame = self.to_frame()
        return latex(frame[["state", "gap", *(["witness"] if witnesses else [])]])

    def __repr__(self) -> str:
        count = {state: sum(v.holds is state for v in self.verdicts) for state in (True, False, None)}
        name = self.mechanism.name or type(self.mechanism).__name__
        return f"Audit({name}: {count[True]} hold, {count[False]} fail, {count[None]} none found)"

    def _repr_html_(self) -> str:
        from ...mechanism.tables import html

        return f"<p>{self!r}</p>" + html(self.to_frame())


def audit(
    mechanism: Mechanism,
    problem: object,
    *,
    axioms: Sequence[str] | None = None,
    selves: Sequence[Self] = SELVES,
    honest: Honest = "asked",
    objective: Any = "revenue",
    evaluations: int = 100,
    rng: RNG = 0,
) -> Audit:
    """Every axiom that applies, for each self, with one lottery.

    Parameters
    ----------
    mechanism
        Any; audits that do not apply are listed as such.
    problem
        A problem, a profile, or a :class:`TypeSpace`, which Bayesian and interim audits need.
    axioms
        Names of ``AXIOMS``; None: all.
    selves
        Whose gains.
    honest
        What is said if nobody deviates, see ``Honest``.
    objective
        Of the influencer.
    evaluations
        Runs of each search, for each agent, pair or state.
    rng
        Seed.

    Raises
    ------
    InputError
        No self.
    UnknownNameError
        An axiom that is not there.

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[8.0], [6.0]]).with_influence("advert", [[5.0], [0.0]])
    >>> found = audit(te.auctions.SecondPrice().baseline(), p, axioms=["no_renege", "efficiency"])
    >>> found.to_frame()["state"].tolist(), found["no_renege"].gap
    (['fails', 'holds', 'fails'], 3.0)
    """
    wanted = AXIOMS if axioms is None else tuple(axioms)
    for name in wanted:
        if name not in AXIOMS:
            raise UnknownNameError(f"no axiom {name!r}", where="axioms", remedy=f"one of {', '.join(AXIOMS)}")
    if not selves:
        raise InputError("must name at least one self", where="selves")
    stages_of(mechanism, problem, rng)  # what cannot be run at all is said once, by its own error
    verdicts, skipped = [], {}
    for name in AXIOMS:
        if name not in wanted:
            continue
        for self_, look in _audits(name, mechanism, problem, selves, honest, objective, evaluations, rng):
            if look is None:
                skipped[name, self_] = "needs a type space: what others may be, with what chance"
                continue
            try:
                verdicts.append(look())
            except NotApplicableError as err:
                skipped[name, self_] = str(err)
    return Audit(mechanism, tuple(verdicts), skipped)


def _audits(
    name: str, mechanism: Mechanism, problem: object, selves: Sequence[Self], honest: Honest, objective: Any,
    evaluations: int, rng: RNG,
) -> Iterator[tuple[str, Callable[[], Verdict] | None]]:  # fmt: skip
    """(self, audit) for each self that an axiom speaks of; no audit where a type space is missing."""
    spaces = isinstance(problem, TypeSpace)
    said: dict[str, Any] = {"honest": honest, "rng": rng}
    tried: dict[str, Any] = {**said, "evaluations": evaluations}
    nobody: dict[str, Callable[[], Verdict]] = {
        "no_deficit": partial(budget_balance, mechanism, problem, kind="no_deficit", **said),
        "balanced": partial(budget_balance, mechanism, problem, kind="balanced", **said),
        "expected_balanced": partial(budget_balance, mechanism, problem, kind="expected_balanced", **said),
        "revenue_monotone_in_bidders": partial(revenue_monotonicity, mechanism, problem, kind="bidder", **tried),
        "revenue_monotone_in_bids": partial(revenue_monotonicity, mechanism, problem, kind="bid", **tried),
        "influence_gain": partial(
            influence_gain, mechanism, problem, objective=objective, evaluations=evaluations, rng=rng
        ),
    }
    by_self: dict[str, Callable[..., Verdict]] = {
        "dominant_strategy": partial(dominant_strategy, mechanism, problem, **tried),
        "bayesian_incentives": partial(bayesian_incentives, mechanism, problem, **tried),
        "individual_rationality": partial(individual_rationality, mechanism, problem, **said),
        "interim_rationality": partial(individual_rationality, mechanism, problem, stage="interim", **said),
        "efficiency": partial(efficiency, mechanism, problem, **said),
        "core": partial(core, mechanism, problem, **said),
        "false_names": partial(false_names_gain, mechanism, problem, **tried),
        "collusion_of_two": partial(collusion_of_two, mechanism, problem, **tried),
        "envy_freeness": partial(envy_freeness, mechanism, problem, kind="others", **said),
        "envy_free_prices": partial(envy_freeness, mechanism, problem, kind="prices", **said),
    }
    if name == "no_renege":
        yield "endorsed", partial(no_renege, mechanism, problem, **said)
    elif name in nobody:
        yield "nobody", nobody[name] if spaces or not name.startswith("expected") else None
    else:
        needs = name in ("bayesian_incentives", "interim_rationality")
        for self_ in selves:
            yield self_, partial(by_self[name], self_=self_) if spaces or not needs else None
