"""Your own data: a problem file, and what is known of the endorsement of its motives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import InputError
from ...lenses.lens import Endorsed, Revealed
from ...mechanism.yardsticks import default_yardsticks, measure
from ...problems.io import read_file
from ...problems.problem import Problem
from ...profiles.profile import ThickProfile
from ..scenario import Measure, Scenario, knob, scenario
from ..seeds import Draws
from ..store.evidence_file import read_evidence

if TYPE_CHECKING:
    from ...mechanism.mechanism import Mechanism

__all__ = ["OwnProblem"]

AMBIGUITY = {"worst": "worst", "regret": "regret"}
"""Arms that read the whole identified set, and how."""


@scenario("own_problem")
@dataclass(frozen=True)
class OwnProblem(Scenario):
    """A problem from a file, decided by the mechanism that the suite names.

    There is no truth in field data. A world is one draw from what the evidence leaves open (its covariance or
    interval); ``thick`` decides on the point estimate, ``oracle`` on the draw, and all arms are judged by the draw.
    Mechanisms that take ``ambiguity``, as ``welfare.Allocate`` does, also have ``worst``, which takes what is
    greatest in the worst case of the identified set, and ``regret``, which takes what has the least largest regret.
    That evidence is unbiased is assumed, not tested.
    """

    problem: str = knob("", "path of a problem or profile file (.json, .parquet)")
    evidence_file: str = knob("", "path of a CSV (motive, endorsement, standard_error); empty: what the problem says")
    content: str = knob("", "sha256 of the problem and its evidence; filled in, and held to if given")

    section: ClassVar[str] = "own"
    title: ClassVar[str] = "Your own problem"
    question: ClassVar[str] = "What does the evidence at hand buy, given its error?"
    premise: ClassVar[str] = "As the problem and evidence files say: each motive counts by its endorsement."
    loses: ClassVar[str] = "Where the evidence is so poor that its error moves more than the correction does."
    source: ClassVar[str] = "the problem file and the evidence file"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "thick", "worst", "regret", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed_welfare", "more", "sum of what agents stand behind, before payments"),
        Measure("objective", "more", "the mechanism's own objective on what agents stand behind"),
        Measure("revealed_welfare", "more", "sum of what a market sees, before payments"),
        Measure("least_endorsed", "more", "endorsed utility of the worst-off agent"),
        Measure("gini_endorsed", "less", "Gini coefficient of endorsed utilities"),
        Measure("participation_decision", "more", "share who end no worse than doing nothing in d"),
        Measure("participation_endorsed", "more", "share who end no worse than doing nothing in v"),
        Measure("revenue", None, "sum of payments"),
        Measure("surplus_endorsed", "more", "endorsed utilities less payments, summed"),
        Measure("surplus_decision", "more", "revealed utilities less payments, summed"),
    )
    evidence: ClassVar[str | None] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.problem:
            return
        found = _seen(self.problem, self.evidence_file).content_hash
        if self.content and self.content != found:
            raise InputError(
                "the files are not those of the store", where="own_problem.content", remedy="start a new store"
            )
        object.__setattr__(self, "content", found)

    @classmethod
    def arms_with(cls, mechanism: Mechanism | None) -> tuple[str, ...]:
        """Without those that read the identified set, where the mechanism cannot.

        Parameters
        ----------
        mechanism
            What decides.
        """
        return cls.arms if hasattr(mechanism, "ambiguity") else tuple(arm for arm in cls.arms if arm not in AMBIGUITY)

    def draw(self, draws: Draws) -> Any:
        """What the planner sees, and one of the worlds it may be in.

        Raises
        ------
        InputError
            No problem or no mechanism is named.
        """
        if not self.problem or self.mechanism is None:
            missing = "problem" if not self.problem else "mechanism"
            raise InputError(f"needs a {missing}", where="own_problem", remedy=f"{missing} = '...' in the suite")
        seen = self.mechanism.wrap(_seen(self.problem, self.evidence_file))
        (drawn,) = seen.profile.endorsement.draws(1, draws.generator("evidence"))
        return seen, seen.with_profile(seen.profile.with_endorsement(drawn))

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """The mechanism in one arm, judged by the draw."""
        seen, truth = world
        mechanism = self.mechanism
        assert mechanism is not None
        if arm == "sidt":
            mechanism = mechanism.baseline()
        elif arm in AMBIGUITY:
            mechanism = replace(mechanism, ambiguity=AMBIGUITY[arm])  # type: ignore[call-arg]
        outcome = mechanism.run(truth if arm == "oracle" else seen, rng=draws.generator("mechanism"))
        found = measure(outcome, truth, default_yardsticks(mechanism))
        found.setdefault("endorsed_welfare", float(outcome.utilities(Endorsed(), truth).sum()))
        found.setdefault("revealed_welfare", float(outcome.utilities(Revealed(), truth).sum()))
        return {item.name: found[item.name] for item in self.measures if item.name in found}


@lru_cache(maxsize=16)
def _seen(problem: str, evidence: str) -> Problem | ThickProfile:
    """The planner's picture: what the file holds, with the endorsement of the evidence file."""
    found = read_file(problem)
    if not evidence:
        return found
    profile = found.profile if isinstance(found, Problem) else found
    known = profile.with_endorsement(read_evidence(evidence, profile))
    return found.with_profile(known) if isinstance(found, Problem) else known
