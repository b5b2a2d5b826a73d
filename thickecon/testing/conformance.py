"""The conformance suite: subclass it with a mechanism and a strategy, and get its tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..lenses.reading import Cardinal
from ..mechanism.claim import Claim
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Outcome
from ..problems.market import Market
from ..problems.problem import Problem
from .checks import (
    SEED,
    Twin,
    check_accounts,
    check_bad_input,
    check_certificate,
    check_determinism,
    check_labels,
    check_round_trip,
    check_thin_limit,
)
from .claims import Witness, counterexample, described, lens_of, tolerance
from .immutability import check_immutability
from .pool import drawn
from .variants import thin_problem

__all__ = ["MechanismConformance"]


class MechanismConformance:
    """Ten duties of a mechanism as tests that pytest collects.

    Subclass it, name the class ``Test...``, set the attributes and write :meth:`twin`. Instances are drawn once a
    class and tried smallest first, so that what fails is shown on the smallest instance that does.

    Attributes
    ----------
    mechanisms
        Settings to test, at least one.
    problems
        A hypothesis strategy of small problems (``thickecon.testing.strategies`` has some), with whole numbers as
        values, so that ties happen.
    examples
        Instances for each duty.
    searched
        Instances searched for a witness of each refuted claim.

    Raises
    ------
    InputError
        ``mechanisms`` or ``problems`` is not set, or :meth:`twin` is not written.

    Examples
    --------
    ::

        class TestMine(MechanismConformance):
            mechanisms = (MyAuction(), MyAuction(reserve=1.0))
            problems = strategies.assignments(largest=1)

            def twin(self, mechanism, problem):
                return Twin(objective=brute_force(problem))
    """

    mechanisms: ClassVar[tuple[Mechanism, ...]] = ()
    problems: ClassVar[Any] = None
    examples: ClassVar[int] = 30
    searched: ClassVar[int] = 300

    # ---- what a subclass writes ---------------------------------------------------------------------------

    def twin(self, mechanism: Mechanism, problem: Problem) -> Twin:
        """What an independent implementation says of a thin problem: another library, brute force, a closed form.

        Raises
        ------
        InputError
            The subclass does not define it.
        """
        raise InputError("must be defined: an independent twin for the thin limit", where=f"{type(self).__name__}.twin")

    def worse(self, mechanism: Mechanism, problem: Problem, outcome: Outcome) -> Iterable[npt.ArrayLike]:
        """Allocations (rows,) that a certificate must not accept, by an independent judge; may be empty.

        For mechanisms that maximise, some are made from their objective besides. Needed where nothing is maximised.
        """
        return ()

    def witness_problems(self, mechanism: Mechanism, claim: Claim) -> Any:
        """Strategy dense in instances where the claim may fail; :attr:`problems` unless overridden.

        Witnesses of refuted claims are looked for in it, and claims that hold must hold there too.
        """
        return self.problems

    # ---- the duties ---------------------------------------------------------------------------------------

    def test_thin_limit(self) -> None:
        """T1, against the twin."""

        def duty(mechanism: Mechanism, problem: Problem) -> None:
            thin = thin_problem(problem)
            check_thin_limit(mechanism, thin, self.twin(mechanism, thin))

        self._for_all(duty)

    def test_labels(self) -> None:
        """T15."""
        self._for_all(check_labels)

    def test_immutability(self) -> None:
        """Nothing that goes in or comes out changes."""
        self._for_all(check_immutability)

    def test_determinism(self) -> None:
        """One seed, one outcome."""
        self._for_all(check_determinism)

    def test_certificate(self) -> None:
        """Certificates hold, and notice spoiled outcomes."""
        tried = [0] * len(self.mechanisms)  # by position: names may be long, equal, or change

        def duty(mechanism: Mechanism, problem: Problem) -> None:
            outcome = mechanism.run(problem, rng=SEED)
            at = next(k for k, one in enumerate(self.mechanisms) if one is mechanism)
            tried[at] += check_certificate(mechanism, problem, self.worse(mechanism, problem, outcome))

        self._for_all(duty)
        untried = [repr(one) for one, count in zip(self.mechanisms, tried, strict=True) if not count]
        assert not untried, f"no outcome could be made merely worse, write `worse`: {untried}"

    def test_bad_input(self) -> None:
        """Clear errors."""
        self._for_all(check_bad_input, 3)

    def test_round_trip(self) -> None:
        """Files keep every bit."""
        self._for_all(check_round_trip, 8)

    def test_accounts(self) -> None:
        """Accounts add up."""
        self._for_all(check_accounts)

    def test_claims_hold(self) -> None:
        """No instance contradicts a claim, nor one of those in which a witness would be looked for."""

        def duty(mechanism: Mechanism, problem: Problem) -> None:
            for claim in mechanism.claims:
                if claim.holds:
                    self._stands(claim, mechanism, problem)

        self._for_all(duty)
        for mechanism in self.mechanisms:
            for claim in mechanism.claims:
                where = self.witness_problems(mechanism, claim)
                if claim.holds and where is not self.problems:
                    pool = drawn(where, self.searched)
                    for k in np.unique(np.linspace(0, len(pool) - 1, 8).astype(int)):
                        self._stands(claim, mechanism, mechanism.wrap(pool[k]))

    def _stands(self, claim: Claim, mechanism: Mechanism, problem: Problem) -> None:
        found = counterexample(claim, mechanism, problem) or self._short_of_twin(claim, mechanism, problem)
        assert found is None, f"{mechanism!r} claims what is not so: {found}"

    def test_refuted_claims_have_witnesses(self) -> None:
        """Each claim said to fail does fail, on an instance that is shown, the smallest of those searched."""
        for mechanism in self.mechanisms:
            for claim in mechanism.claims:
                if not claim.holds:
                    witness = self.witness(mechanism, claim)
                    assert witness is not None, (
                        f"{mechanism!r} says that {claim.name} [{claim.self}] fails, but none of {self.searched}"
                        " instances refutes it: is the claim true, or can no instance of witness_problems show it?"
                    )
                    print(mechanism, witness, sep="\n")  # pytest shows it on request, -rP

    # ---- how ----------------------------------------------------------------------------------------------

    def witness(self, mechanism: Mechanism, claim: Claim) -> Witness | None:
        """The smallest of ``searched`` instances that refutes a claim, or None."""
        for given in drawn(self.witness_problems(mechanism, claim), self.searched):
            problem = mechanism.wrap(given)
            found = counterexample(claim, mechanism, problem) or self._short_of_twin(claim, mechanism, problem)
            if found is not None:
                return found
        return None

    def _short_of_twin(self, claim: Claim, mechanism: Mechanism, problem: Problem) -> Witness | None:
        """``efficient`` is also tried against the twin's optimum on the thin profile of the self it names."""
        if claim.name != "efficient" or isinstance(problem, Market):
            return None
        profile = problem.profile
        thin = problem.with_profile(profile.thin() if claim.self == "decision" else profile.laundered())
        best, reading = self.twin(mechanism, thin).objective, lens_of(claim.self).read(profile)
        if best is None or not isinstance(reading, Cardinal):
            return None
        got = mechanism.objective(problem, mechanism.run(problem, rng=SEED).taken, reading)
        if abs(got - best) <= 10 * tolerance(problem):
            return None
        return Witness(claim, problem, f"attains {got:.6g}, the twin {best:.6g}")

    def _for_all(self, duty: Callable[[Mechanism, Problem], object], examples: int | None = None) -> None:
        if not self.mechanisms or self.problems is None:
            raise InputError("must set mechanisms and problems", where=type(self).__name__)
        pool = drawn(self.problems, self.examples)
        at = np.unique(np.linspace(0, len(pool) - 1, examples or len(pool)).astype(int))
        for mechanism in self.mechanisms:
            for given in (pool[k] for k in at):
                problem = mechanism.wrap(given)
                try:
                    duty(mechanism, problem)
                except AssertionError as err:
                    raise AssertionError(f"{err}\n{mechanism!r} on {described(problem)}") from err
