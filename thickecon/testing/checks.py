"""What every mechanism owes, one function a duty; each raises AssertionError with the place and the numbers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError, LensError, NotApplicableError, ThickEconError
from ..lenses.lens import LENSES, Endorsed, Lens
from ..lenses.reading import Cardinal
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Outcome
from ..problems.io import read_problem
from ..problems.market import Market
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile

__all__ = [
    "Twin",
    "check_accounts",
    "check_bad_input",
    "check_certificate",
    "check_determinism",
    "check_immutability",
    "check_labels",
    "check_round_trip",
    "check_thin_limit",
]

SEED = 20_240_501


@dataclass(frozen=True, eq=False)
class Twin:
    """What an independent implementation says of a thin problem; None: it does not say.

    Attributes
    ----------
    taken
        (rows,) the allocation, where it is unique.
    payments
        (n,) what agents pay.
    objective
        The greatest value of the mechanism's objective, where allocations may tie.
    accepts
        A predicate on the allocation (for example: one of the optima found by brute force).
    """

    taken: npt.ArrayLike | None = None
    payments: npt.ArrayLike | None = None
    objective: float | None = None
    accepts: Callable[[npt.NDArray[np.float64]], bool] | None = None


def check_thin_limit(mechanism: Mechanism, problem: Problem, twin: Twin, tol: float = 1e-6) -> None:
    """T1: on a thin profile the mechanism gives its classic counterpart's outcome, whatever lens it reads through."""
    thin = _thin(problem)
    outcome, sidt = mechanism.run(thin, rng=SEED), mechanism.baseline().run(thin, rng=SEED)
    assert np.allclose(outcome.taken, sidt.taken, atol=tol), "thin profile: the lens changed the allocation"
    assert np.allclose(outcome.payments, sidt.payments, atol=tol), "thin profile: the lens changed the payments"
    said = (twin.taken, twin.payments, twin.objective, twin.accepts)
    assert any(part is not None for part in said), "the twin says nothing: there is nothing to compare with"
    if twin.taken is not None:
        assert np.allclose(outcome.taken, twin.taken, atol=tol), f"taken {outcome.taken}, twin {twin.taken}"
    if twin.payments is not None:
        assert np.allclose(outcome.payments, twin.payments, atol=tol), f"pays {outcome.payments}, twin {twin.payments}"
    if twin.objective is not None:
        reading = outcome.readings[0]
        assert isinstance(reading, Cardinal)
        worth = mechanism.objective(thin, outcome.taken, reading)
        scale = max(1.0, abs(twin.objective))
        assert abs(worth - twin.objective) <= tol * scale, f"objective {worth}, twin {twin.objective}"
    if twin.accepts is not None:
        assert twin.accepts(outcome.taken), f"the twin does not accept {outcome.taken}"


def _thin(problem: Problem) -> Problem:
    if isinstance(problem, Market):
        return problem.with_sides(problem.profile.thin(), problem.receivers.thin())
    return problem.with_profile(problem.profile.thin())


def check_labels(mechanism: Mechanism, problem: Problem) -> None:
    """T15: renaming, reordering or splitting motives changes no outcome, ties included."""
    profile = problem.profile
    base = mechanism.run(problem, rng=SEED)
    first = profile.motives[0].name
    names = [motive.name for motive in profile.motives]
    variants = {
        "renamed": profile.split(first, {"another name": 1.0}),
        "reordered": profile.restrict(motives=names[::-1]),
        "split in decimals": profile.split(first, {"a tenth": 0.1, "two tenths": 0.2, "the rest": 0.7}),
        "split with opposite signs": profile.split(first, {"more than all": 1.3, "less than none": -0.3}),
    }
    for label, made in variants.items():
        moved = mechanism.run(_with_same_grid(problem, made), rng=SEED)
        same = np.array_equal(base.taken, moved.taken)
        if mechanism.divides(problem):  # solvers see the same bits, but need not stop at the same iterate
            same = np.allclose(base.taken, moved.taken, atol=1e-5)
        assert same, f"motives {label}: taken {base.taken} became {moved.taken}"
        assert np.allclose(base.payments, moved.payments, atol=1e-9), f"motives {label}: payments changed"


def _with_same_grid(problem: Problem, profile: ThickProfile) -> Problem:
    return problem.with_profile(replace(profile, resolution_override=problem.profile.resolution))


def check_immutability(mechanism: Mechanism, problem: Problem) -> None:
    """Running changes nothing that goes in, and nothing that comes out can be changed."""
    before = (problem.content_hash, repr(mechanism))
    fresh = _arrays(problem)
    copies = [array.copy() for array in fresh]
    outcome = mechanism.run(problem, rng=SEED)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(fresh, copies, strict=True)), "an input array changed"
    assert (problem.content_hash, repr(mechanism)) == before, "the problem or the mechanism changed"
    for name in ("taken", "payments", "shares"):
        assert not getattr(outcome, name).flags.writeable, f"outcome.{name} can be written to"
    for thing, attribute in ((mechanism, "lens"), (outcome, "decision")):
        try:
            setattr(thing, attribute, None)
        except FrozenInstanceError:
            continue
        raise AssertionError(f"{type(thing).__name__}.{attribute} can be replaced")


def _arrays(thing: Any) -> list[npt.NDArray[Any]]:
    made: list[npt.NDArray[Any]] = []
    for item in fields(thing):
        value = getattr(thing, item.name)
        if isinstance(value, np.ndarray):
            made.append(value)
        elif isinstance(value, ThickProfile):
            made += [value.contributions, value.index.agent, value.endorsement.theta]
    return made


def check_determinism(mechanism: Mechanism, problem: Problem) -> None:
    """The same seed gives the same outcome; so does a Generator started from it; the global state plays no part."""
    runs = [mechanism.run(problem, rng=SEED)]
    np.random.seed(1)  # noqa: NPY002 - the point is that it must not matter
    runs += [mechanism.run(problem, rng=SEED), mechanism.run(problem, rng=np.random.default_rng(SEED))]
    for other in runs[1:]:
        assert np.array_equal(runs[0].taken, other.taken), "one seed, two allocations"
        assert np.array_equal(runs[0].payments, other.payments), "one seed, two vectors of payments"


def check_certificate(mechanism: Mechanism, problem: Problem) -> None:
    """The certificate says something, holds for the outcome, and fails for outcomes that are spoiled."""
    outcome = mechanism.run(problem, rng=SEED)
    checked = [verdict for verdict in outcome.certificate if verdict.holds is not None]
    assert checked, "nothing was checked"
    failed = [str(verdict) for verdict in checked if not verdict.holds]
    assert not failed and outcome.certified, f"fails: {failed}"
    everything = np.full(len(outcome.taken), 2.0 + problem.profile.n_agents)
    if len(everything):
        assert not _spoiled(outcome, everything).certified, "everybody takes everything, and the certificate holds"


def _spoiled(outcome: Outcome, taken: npt.NDArray[np.float64]) -> Outcome:
    made = replace(outcome, decision=replace(outcome.decision, taken=taken))
    try:
        made.certified  # noqa: B018 - a certificate may refuse to read what is not an allocation at all
    except NotApplicableError:
        return _Refused(made)  # type: ignore[return-value]
    return made


class _Refused:
    certified = False

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def check_bad_input(mechanism: Mechanism, problem: Problem) -> None:
    """Wrong problems, lenses, reports and seeds get an error of ours that says what must hold."""
    for bad in (None, 7, "a problem", [[1.0, 2.0]], np.ones((2, 2))):
        _refuses(lambda bad=bad: mechanism.run(bad, rng=SEED), InputError, f"the problem {bad!r}")  # type: ignore[misc]
    _refuses(lambda: mechanism.run(problem, rng="seed"), InputError, "rng='seed'")  # type: ignore[arg-type]
    for name in LENSES.names():
        lens = _lens(name)
        if not isinstance(lens.read(problem.profile), mechanism.reads):
            _refuses(lambda lens=lens: replace(mechanism, lens=lens).run(problem, rng=SEED), LensError, name)  # type: ignore[misc]
    if isinstance(Endorsed().read(problem.profile), mechanism.reads):
        rows = len(problem.profile.index)
        for reports in (np.ones(rows + 1), np.full(rows, np.nan) if rows else np.ones(3), "high"):
            _refuses(lambda r=reports: mechanism.run(problem, reports=r, rng=SEED), ThickEconError, "reports")  # type: ignore[misc]


def _lens(name: str) -> Lens:
    return LENSES[name]()


def _refuses(call: Callable[[], object], kind: type[ThickEconError], what: str) -> None:
    try:
        call()
    except kind as err:
        assert len(str(err)) > 20, f"{what}: the message says too little: {err}"
        return
    except Exception as err:  # noqa: BLE001 - any other exception is the finding
        raise AssertionError(f"{what}: {type(err).__name__} instead of {kind.__name__}: {err}") from err
    raise AssertionError(f"{what} was accepted")


def check_round_trip(mechanism: Mechanism, problem: Problem) -> None:
    """A problem read from its file gives the same outcome to the bit, and the outcome's own file is complete."""
    outcome = mechanism.run(problem, rng=SEED)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "problem.json"
        problem.save(place)
        read = read_problem(place)
        assert read.content_hash == problem.content_hash, "the problem changed on its way through the file"
        again = mechanism.run(read, rng=SEED)
        assert np.array_equal(outcome.taken, again.taken), "the outcome changed on its way through the file"
        assert np.array_equal(outcome.payments, again.payments), "payments changed on their way through the file"
        place = Path(folder) / "outcome.json"
        outcome.save(place)
        written = json.loads(place.read_text(encoding="utf-8"))
    assert len(written["taken"]) == int((outcome.taken != 0).sum()), "rows are missing in the outcome's file"
    assert len(written["certificate"]) == len(outcome.certificate), "verdicts are missing in the outcome's file"


def check_accounts(mechanism: Mechanism, problem: Problem) -> None:
    """Accounts against SIDT add up to the difference in summed endorsed utility, to 1e-12 of the largest."""
    if problem.profile.unit == "ordinal":
        return
    thick, sidt = mechanism.run(problem, rng=SEED), mechanism.baseline().run(problem, rng=SEED)
    table = thick.accounts(sidt).to_numpy()
    utilities = thick.utilities() - sidt.utilities()
    scale = max(1.0, float(np.abs(table).max(initial=0.0)), float(np.abs(thick.utilities()).max(initial=0.0)))
    gap = np.abs(table.sum(axis=1) - utilities).max(initial=0.0)
    assert gap <= 1e-12 * scale * (1 + table.shape[1]), f"accounts differ from utilities by {gap}"
