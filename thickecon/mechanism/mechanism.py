"""What every mechanism is: frozen parameters, a lens, and one run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, frozen, require_finite, shape_text
from .._core.rng import RNG
from ..errors import InputError, LensError, NotApplicableError
from ..lenses.lens import Endorsed, Lens, Revealed
from ..lenses.reading import Cardinal, Ordinal, Partial, Reading, Set, names
from ..problems.problem import Problem
from ..problems.wrap import as_problem
from ..profiles.profile import ThickProfile
from ..profiles.summation import round_to
from .claim import Claim
from .lottery import Lottery
from .outcome import Decision, Outcome
from .provenance import Provenance, package_version
from .verdict import Verdict

if TYPE_CHECKING:
    from .yardsticks import Yardstick

__all__ = ["LinearObjective", "Mechanism", "Readings", "Reports", "report_vector", "require_mechanism"]

Readings = tuple[Reading, ...]
Reports = npt.ArrayLike | ThickProfile | None


@dataclass(frozen=True, eq=False)
class LinearObjective:
    """A sum over rows.

    Attributes
    ----------
    values
        (rows,) what taking a row in full adds.
    multiplier
        (rows,) by how much the sum moves when the row's reading moves by one unit: the people an agent stands for.
    """

    values: FloatArray
    multiplier: FloatArray


@dataclass(frozen=True)
class Mechanism(ABC):
    """A rule from readings to outcomes; SIDT is its setting ``lens=Revealed()``.

    Subclasses are frozen dataclasses of parameters and write :meth:`_run` and :meth:`_certify`.

    Attributes
    ----------
    lens
        How profiles are read.
    name, title, reference
        Of the catalogue; ``reference`` is a DOI.
    reads
        Kinds of reading it can use.
    problem_kinds
        Kinds of problem it decides; a bare profile is wrapped in the first.
    standard
        Parameters of its SIDT setting besides the lens.
    yardsticks
        What it adds to every comparison.
    """

    lens: Lens = field(default=Endorsed(), kw_only=True)

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    reads: ClassVar[tuple[type[Reading], ...]] = (Cardinal,)
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = ()
    standard: ClassVar[Mapping[str, Any]] = {}
    yardsticks: ClassVar[tuple[Yardstick, ...]] = ()

    # ---- what a subclass writes ---------------------------------------------------------------------------

    @abstractmethod
    def _run(self, problem: Any, readings: Any, lottery: Lottery) -> Decision:
        """What is decided, from the readings and the lottery alone."""

    @abstractmethod
    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        """Properties of an outcome, recomputed from its numbers."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What this instance promises, and what is known to fail; each with its self."""
        return ()

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) feasible ``taken`` with the greatest sum of ``row_weights`` times taken.

        Raises
        ------
        NotApplicableError
            The mechanism does not choose from a set by maximisation.
        """
        raise NotApplicableError(f"{self.name} is not a maximiser", where="optimise")

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """W of an outcome under a reading, for mechanisms that maximise one.

        Raises
        ------
        NotApplicableError
            The mechanism maximises nothing.
        """
        raise NotApplicableError(f"{self.name} maximises no welfare function", where="objective")

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """The coefficients of rows whose sum the allocation maximises, for mechanisms that maximise a sum.

        Raises
        ------
        NotApplicableError
            The allocation does not maximise a sum over rows.
        """
        raise NotApplicableError(f"{self.name} does not maximise a sum over rows", where="linear_objective")

    @property
    def loss_modulus(self) -> str | None:
        """How W responds to wedges (T3): "sum", "sets" (a sum over a set of options that all share), "max", "exact
        only", or None where the bound is not applicable.
        """
        return None

    @property
    def largest_share(self) -> float:
        """The most of a row that an agent can take of its first unit: 1, or the clicks of the best slot."""
        return 1.0

    def divides(self, problem: Problem) -> bool:
        """Does its allocation of this problem move continuously with the readings?"""
        return False

    # ---- running ------------------------------------------------------------------------------------------

    def wrap(self, problem: object) -> Problem:
        """The problem itself, or a bare profile wrapped in the kind this mechanism decides."""
        return as_problem(problem, self.problem_kinds, self.name or type(self).__name__)

    def run(self, problem: object, *, reports: Reports = None, rng: RNG = None) -> Outcome:
        """Decide.

        Parameters
        ----------
        problem
            A problem of one of ``problem_kinds``, or a profile.
        reports
            What agents say instead of the truth: (n, m), (rows,) or a profile of the same rows. For payment
            mechanisms see ``reporting``; elsewhere it replaces the reading. Rounded to the profile's grid.
        rng
            Seed or Generator of the lottery, which is drawn first, needed or not.

        Raises
        ------
        ProblemError
            A problem of another kind.
        LensError
            The lens returns what this mechanism cannot read; the message names one that would do.
        InputError
            Reports of the wrong shape, or not finite.
        """
        made = self.wrap(problem)
        lottery = Lottery.draw(rng, made.profile.n_agents)
        readings = self.readings(made, reports)
        decision = self._run(made, readings, lottery)
        provenance = Provenance(
            mechanism=repr(self),
            lens=self.lens.describe(),
            seed=lottery.seed,
            version=package_version(),
            stamp="" if reports is None else "reports",
            problem=made,
        )
        return Outcome(self, made, readings, decision, provenance)

    def readings(self, problem: Problem, reports: Reports = None) -> Readings:
        """The problem's profiles through the lens; the first is that of ``problem.profile``.

        Raises
        ------
        NotApplicableError
            Reports for a reading that is not cardinal.
        """
        reading = self.read(problem.profile, self.lens)
        if reports is not None:
            if not isinstance(reading, Cardinal):
                raise NotApplicableError(f"reports need a cardinal reading, {self.lens.title} gives {reading.kind}")
            values = round_to(report_vector(reports, problem.profile), problem.profile.resolution)
            reading = replace(reading, values=values)
        return (reading,)

    def read(self, profile: ThickProfile, lens: Lens) -> Reading:
        """``profile`` through ``lens``.

        Raises
        ------
        LensError
            Not a lens; the reading is of a kind this mechanism cannot use; or it uses sums of values and the profile
            has rankings only.
        """
        if not isinstance(lens, Lens):
            found = lens.__name__ if isinstance(lens, type) else repr(lens)
            raise LensError(f"must be a lens, found {found}", where="lens", remedy="for example lens=te.Endorsed()")
        reading = lens.read(profile)
        if not isinstance(reading, self.reads):
            raise LensError(
                f"{self.name} reads {names(self.reads)}; the reading of {lens.title} is {reading.kind}",
                where="lens",
                remedy=_remedy(reading),
            )
        if profile.unit == "ordinal" and not any(issubclass(Ordinal, kind) for kind in self.reads):
            raise LensError(
                f"{self.name} uses values, and of rankings only the order means something",
                where="profile.unit",
                remedy="use a mechanism that reads orders (deferred acceptance, voting rules), or give valuations",
            )
        return reading

    def baseline(self) -> Self:
        """The same mechanism in its SIDT setting."""
        return replace(self, lens=Revealed(), **self.standard)


def _remedy(reading: Reading) -> str:
    if isinstance(reading, Ordinal):
        return "use a cardinal lens (Endorsed, Revealed, PartialCredit), or a mechanism that reads orders"
    if isinstance(reading, Partial):
        return "complete it with lens.read(profile).linearise(by=Endorsed()), or use Endorsed()"
    if isinstance(reading, Set):
        return "use Allocate(..., ambiguity='worst' or 'regret'), or Endorsed() for the point estimate"
    return "use a lens that ranks, such as Endorsed()"


def require_mechanism(thing: object, where: str) -> Mechanism:
    """``thing`` itself if it is a mechanism with its parameters.

    Raises
    ------
    InputError
        A class, or something else.
    """
    if isinstance(thing, Mechanism):
        return thing
    if isinstance(thing, type) and issubclass(thing, Mechanism):
        raise InputError(
            f"must be a mechanism with its parameters, found the class {thing.__name__}",
            where=where,
            remedy=f"write {thing.__name__}()",
        )
    raise InputError(f"must be a mechanism, found {type(thing).__name__}", where=where)


def report_vector(reports: npt.ArrayLike | ThickProfile | None, profile: ThickProfile) -> FloatArray:
    """(rows,) reports from a vector, an (n, m) table (nan where there is no row) or a profile of the same rows.

    Raises
    ------
    InputError
        Another shape, or entries that are not finite.
    """
    if isinstance(reports, ThickProfile):
        if len(reports.index) != len(profile.index):
            raise InputError(f"must have {len(profile.index)} rows, found {len(reports.index)}", where="reports")
        return reports.rows.revealed
    given = as_floats(np.asarray(reports), "reports")
    rows, shape = len(profile.index), (profile.n_agents, profile.n_options)
    if given.shape == shape:
        given = given[profile.index.agent, profile.index.option]
    elif given.shape != (rows,):
        raise InputError(
            f"must have shape {shape_text(shape)} or ({rows},), found {shape_text(given.shape)}", where="reports"
        )
    require_finite(given, "reports")
    return frozen(given)
