"""The conformance suite: subclass it with a mechanism and a strategy, and get its tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from .._core.optional import require
from ..errors import InputError
from ..mechanism.claim import Claim
from ..mechanism.mechanism import Mechanism
from ..problems.problem import Problem
from .checks import (
    Twin,
    check_accounts,
    check_bad_input,
    check_certificate,
    check_determinism,
    check_immutability,
    check_labels,
    check_round_trip,
    check_thin_limit,
)
from .claims import Witness, counterexample

__all__ = ["MechanismConformance"]


class MechanismConformance:
    """Ten duties of a mechanism as tests that pytest collects.

    Subclass it, name the class ``Test...`` and set:

    Attributes
    ----------
    mechanisms
        Settings to test, at least one.
    problems
        A hypothesis strategy of small problems (``thickecon.testing.strategies`` has some), with integer values, so
        that ties happen.
    examples
        Instances for each duty.
    searched
        Instances searched for a witness of each refuted claim.

    Examples
    --------
    ::

        class TestMine(MechanismConformance):
            mechanisms = (MyAuction(), MyAuction(reserve=1.0))
            problems = strategies.assignments(supply=1)

            def twin(self, mechanism, problem):
                return Twin(objective=brute_force(problem))
    """

    mechanisms: ClassVar[tuple[Mechanism, ...]] = ()
    problems: ClassVar[Any] = None
    examples: ClassVar[int] = 25
    searched: ClassVar[int] = 300

    def twin(self, mechanism: Mechanism, problem: Problem) -> Twin:
        """What an independent implementation says of a thin problem: another library, brute force, a closed form.

        Raises
        ------
        InputError
            The subclass does not define it.
        """
        raise InputError("must be defined: an independent twin for the thin limit", where=f"{type(self).__name__}.twin")

    # ---- the duties ---------------------------------------------------------------------------------------

    def test_thin_limit(self) -> None:
        """T1, against the twin."""

        def duty(mechanism: Mechanism, problem: Problem) -> None:
            from .checks import _thin

            thin = _thin(problem)
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
        self._for_all(check_certificate)

    def test_bad_input(self) -> None:
        """Clear errors."""
        self._for_all(check_bad_input, 3)

    def test_round_trip(self) -> None:
        """Files keep every bit."""
        self._for_all(check_round_trip, 10)

    def test_accounts(self) -> None:
        """Accounts add up."""
        self._for_all(check_accounts)

    def test_claims_hold(self) -> None:
        """No instance contradicts a claim."""

        def duty(mechanism: Mechanism, problem: Problem) -> None:
            for claim in mechanism.claims:
                if claim.holds:
                    found = counterexample(claim, mechanism, problem)
                    assert found is None, f"{mechanism!r}: {found}"

        self._for_all(duty)

    def test_refuted_claims_have_witnesses(self) -> None:
        """Each claim said to fail does fail, on a smallest instance that is shown."""
        for mechanism in self.mechanisms:
            for claim in mechanism.claims:
                if not claim.holds:
                    witness = self.witness(mechanism, claim)
                    assert witness is not None, f"{mechanism!r}: no instance refutes {claim.name} [{claim.self}]"
                    print(witness)  # pytest shows it on request, -rP

    # ---- how ----------------------------------------------------------------------------------------------

    def witness(self, mechanism: Mechanism, claim: Claim) -> Witness | None:
        """A minimal instance that refutes a claim, or None within ``searched`` instances."""
        hypothesis = require("hypothesis", "dev")
        limits = hypothesis.settings(
            max_examples=self.searched, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        try:
            problem = hypothesis.find(
                self.problems, lambda made: counterexample(claim, mechanism, made) is not None, settings=limits
            )
        except hypothesis.errors.NoSuchExample:
            return None
        return counterexample(claim, mechanism, problem)

    def _for_all(self, duty: Any, examples: int | None = None) -> None:
        if not self.mechanisms or self.problems is None:
            raise InputError("must set mechanisms and problems", where=type(self).__name__)
        hypothesis = require("hypothesis", "dev")
        for mechanism in self._each():
            limits = hypothesis.settings(
                max_examples=examples or self.examples, deadline=None, database=None, derandomize=True,
                suppress_health_check=list(hypothesis.HealthCheck),
            )

            def run(problem: Problem, mechanism: Mechanism = mechanism) -> None:
                duty(mechanism, mechanism.wrap(problem))

            limits(hypothesis.given(self.problems)(_one_argument(run)))()

    def _each(self) -> Iterable[Mechanism]:
        return self.mechanisms


def _one_argument(run: Any) -> Any:
    def example(problem: Problem) -> None:
        run(problem)

    return example
