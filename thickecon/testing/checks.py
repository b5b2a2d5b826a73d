"""What every mechanism owes, one function a duty; each raises AssertionError with the place and the numbers.

Each can be called on its own with one mechanism and one problem; the suite calls them on many.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from ..errors import InputError, LensError, NotApplicableError, ProblemError, ThickEconError
from ..lenses.lens import LENSES, Endorsed
from ..lenses.reading import Cardinal
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Outcome
from ..mechanism.outcome_file import outcome_document
from ..problems.bids import Bids
from ..problems.choice import Choice
from ..problems.io import read_problem
from ..problems.market import Market
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from .variants import relabelled, thin_problem, tied_problem

__all__ = [
    "SEED",
    "Twin",
    "check_accounts",
    "check_bad_input",
    "check_certificate",
    "check_determinism",
    "check_labels",
    "check_round_trip",
    "check_thin_limit",
    "spoiled_by_objective",
    "spoiled_payments",
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
    accepts: Callable[[FloatArray], bool] | None = None


def check_thin_limit(mechanism: Mechanism, problem: Problem, twin: Twin, tol: float = 1e-6) -> None:
    """T1: on a thin profile the mechanism gives its classic counterpart's outcome, whatever lens it reads through.

    Parameters
    ----------
    mechanism, problem
        What is run; of the problem, its thin version.
    twin
        What an implementation that shares no code with the mechanism says of the thin problem.
    tol
        Of shares and payments, and of the objective relative to its size (at least 1).

    Raises
    ------
    AssertionError
        The outcome differs from that of the SIDT setting, or from the twin; or the twin says nothing.
    """
    thin = thin_problem(problem)
    outcome, sidt = mechanism.run(thin, rng=SEED), mechanism.baseline().run(thin, rng=SEED)
    for name in ("taken", "payments"):
        one, two = getattr(outcome, name), getattr(sidt, name)
        assert np.allclose(one, two, atol=tol), f"thin profile: the lens changed {name} from {two} to {one}"
    said = (twin.taken, twin.payments, twin.objective, twin.accepts)
    assert any(part is not None for part in said), "the twin says nothing: there is nothing to compare with"
    for title in ("taken", "payments"):
        expected, got = getattr(twin, title), getattr(outcome, title)
        if expected is not None:
            assert np.allclose(got, expected, atol=tol), f"{title} {got}, the twin says {np.asarray(expected)}"
    if twin.objective is not None:
        reading = outcome.readings[0]
        assert isinstance(reading, Cardinal), "an objective needs a cardinal reading; use Twin(accepts=)"
        worth = mechanism.objective(thin, outcome.taken, reading)
        scale = max(1.0, abs(twin.objective))
        assert abs(worth - twin.objective) <= tol * scale, f"objective {worth}, the twin says {twin.objective}"
    if twin.accepts is not None:
        assert twin.accepts(outcome.taken), f"the twin does not accept the allocation {outcome.taken}"


def check_labels(mechanism: Mechanism, problem: Problem) -> None:
    """T15: renaming, reordering or splitting motives, or renaming agents and options, changes no outcome.

    Ties show a mechanism that adds up contributions by itself. They are frequent among whole numbers; where the
    mechanism takes it, the problem with all rows worth the same is tried besides.

    Raises
    ------
    AssertionError
        Some variant of the problem has another outcome.
    """
    _same_for_all(mechanism, problem, relabelled(problem))
    tied = tied_problem(problem)
    variants = relabelled(tied)
    _same_for_all(
        mechanism, tied, {name: variants[name] for name in ("motives reordered", "every motive split in decimals")}
    )


def _same_for_all(mechanism: Mechanism, problem: Problem, variants: Mapping[str, Problem]) -> None:
    base = mechanism.run(problem, rng=SEED)
    for label, made in variants.items():
        moved = mechanism.run(made, rng=SEED)
        same = np.array_equal(base.taken, moved.taken)
        if mechanism.divides(problem):  # solvers see the same bits, but need not stop at the same iterate
            same = np.allclose(base.taken, moved.taken, atol=1e-5)
        assert same, f"{label}: taken {base.taken} became {moved.taken}"
        assert np.allclose(base.payments, moved.payments, atol=1e-9), (
            f"{label}: payments {base.payments} became {moved.payments}"
        )


def check_determinism(mechanism: Mechanism, problem: Problem) -> None:
    """The same seed gives the same outcome; so does a Generator started from it; global generators play no part.

    Certificates are part of what is compared: some search, and a search must start from numbers of its own.

    Raises
    ------
    AssertionError
        Two runs differ, or a run or a certificate moves the state of ``numpy.random`` or ``random``.
    """
    import random  # noqa: TID251 - watched, not used

    before = np.random.get_state(), random.getstate()  # noqa: NPY002
    first = mechanism.run(problem, rng=SEED)
    told = [str(verdict) for verdict in first.certificate]
    after = np.random.get_state(), random.getstate()  # noqa: NPY002
    assert repr(before) == repr(after), (
        "the run or its certificate touched a global random generator; use the lottery it is given"
    )
    for title, seed in (("again", SEED), ("from a Generator", np.random.default_rng(SEED))):  # noqa: TID251 - the caller's own
        other = mechanism.run(problem, rng=seed)
        for name in ("taken", "payments"):
            one, two = getattr(first, name), getattr(other, name)
            assert np.array_equal(one, two), f"one seed, run {title}: {name} {one} became {two}"
        now = [str(verdict) for verdict in other.certificate]
        assert told == now, f"one seed, run {title}: certificate {told} became {now}"


def check_certificate(mechanism: Mechanism, problem: Problem, worse: Iterable[npt.ArrayLike] = ()) -> int:
    """The certificate says something, holds for the outcome, and fails for allocations that are spoiled.

    Spoiled are: what is no allocation at all (everybody takes everything several times over, negative shares, nan),
    whatever ``worse`` lists, and, for maximisers, what :func:`spoiled_by_objective` finds. Where there is money,
    payments too: nan, and one agent's moved up or down by a thousand times all there is to win.

    Parameters
    ----------
    mechanism, problem
        What is run.
    worse
        (rows,) allocations that an independent judge calls infeasible, unstable or not optimal.

    Returns
    -------
    int
        How many allocations were merely worse (feasible or not), besides those that are none at all. A certificate
        has not been tried until this was positive on some problem.

    Raises
    ------
    AssertionError
        Nothing was checked, the outcome's certificate fails, or a spoiled outcome's holds.
    """
    outcome = mechanism.run(problem, rng=SEED)
    checked = [verdict for verdict in outcome.certificate if verdict.holds is not None]
    assert checked, "nothing was checked: the certificate is empty, or every verdict says 'not checked'"
    failed = [str(verdict) for verdict in checked if not verdict.holds]
    assert not failed, f"taken {outcome.taken}: {'; '.join(failed)}"
    assert outcome.certified, "every verdict holds, and yet the outcome is not certified"
    rows = len(outcome.taken)
    none_at_all = (2.0 + problem.profile.n_agents, -1.0, np.nan) if rows else ()
    for share in none_at_all:
        taken = np.full(rows, share)
        if np.allclose(taken, outcome.taken):  # amounts rather than shares, and this is the right one
            continue
        assert not _certified(outcome, taken=taken), f"the certificate holds where every row has a share of {share:g}"
    for paid in spoiled_payments(outcome):
        assert not _certified(outcome, payments=paid), f"payments {outcome.payments}: the certificate holds for {paid}"
    tried = 0
    for spoilt in [*worse, *spoiled_by_objective(outcome)]:
        taken = np.asarray(spoilt, dtype=np.float64)
        tried += 1
        assert not _certified(outcome, taken=taken), f"the certificate of {outcome.taken} also holds for {taken}"
    return tried


def spoiled_by_objective(outcome: Outcome) -> list[FloatArray]:
    """Allocations that the mechanism's own objective calls worse: nothing, and the outcome without a row it takes.

    Empty where the mechanism maximises nothing. Where rows must be taken (a choice of one option), these are
    infeasible, which a certificate must notice too.
    """
    reading = outcome.readings[0]
    if not isinstance(reading, Cardinal):
        return []
    here = np.flatnonzero(outcome.taken > 1e-3)
    candidates = [np.zeros(len(outcome.taken))]
    for row in here[:8]:
        dropped = np.array(outcome.taken)
        dropped[row] = 0.0
        candidates.append(dropped)
    try:
        top = outcome.mechanism.objective(outcome.problem, outcome.taken, reading)
        worth = [outcome.mechanism.objective(outcome.problem, taken, reading) for taken in candidates]
    except NotApplicableError:
        return []
    margin = 1e-3 * max(1.0, abs(top))
    return [taken for taken, w in zip(candidates, worth, strict=True) if not w >= top - margin]


def spoiled_payments(outcome: Outcome) -> list[FloatArray]:
    """Payments that no rule would ask: nan, and the first agent's beyond anything there is to win, either way."""
    n = outcome.profile.n_agents
    if not outcome.with_money or not n:
        return []
    beyond = 1e3 * (1.0 + float(np.abs(outcome.profile.contributions).sum()) + float(np.abs(outcome.payments).sum()))
    first = beyond * np.eye(n)[0]
    return [np.full(n, np.nan), outcome.payments + first, outcome.payments - first]


def _certified(outcome: Outcome, **spoilt: Any) -> bool:
    made = replace(outcome, decision=replace(outcome.decision, **spoilt))
    try:
        return made.certified
    except NotApplicableError:  # a certificate may refuse to read what is no allocation at all
        return False


def check_bad_input(mechanism: Mechanism, problem: Problem) -> None:
    """Wrong problems, lenses, reports and seeds get an error of ours that says what must hold.

    A lens that the mechanism says it can read either works or gets such an error too.

    Raises
    ------
    AssertionError
        Something wrong was accepted, got an error of another kind, or a message of less than 20 letters.
    """

    def run(what: str, kind: type[ThickEconError], given: object = problem, **others: Any) -> None:
        made = replace(mechanism, lens=others.pop("lens", mechanism.lens))
        others.setdefault("rng", SEED)
        _refuses(lambda: made.run(given, **others), kind, what)

    for bad in (None, 7, "a problem", [[1.0, 2.0]], np.ones((2, 2))):
        run(f"the problem {bad!r}", InputError, bad)
    for foreign in _of_other_kinds(mechanism):
        run(f"a {foreign.kind}", ProblemError, foreign)
    run("rng='seed'", InputError, rng="seed")
    for name in LENSES.names():
        lens = LENSES[name]()
        if not isinstance(lens.read(problem.profile), mechanism.reads):
            run(f"the lens {name}", LensError, lens=lens)
        else:
            _works_or_refuses(replace(mechanism, lens=lens), problem, f"the lens {name}")
    if isinstance(Endorsed().read(problem.profile), mechanism.reads):
        rows = len(problem.profile.index)
        wrong: list[tuple[str, object]] = [("of another shape", np.ones(rows + 1)), ("of words", "high")]
        last = np.arange(rows) == rows - 1  # one bad entry is easier to overlook than all
        wrong += [(f"with {bad:g}", np.where(last, bad, 1.0)) for bad in (np.nan, np.inf)] if rows else []
        for title, reports in wrong:
            run(f"reports {title}", ThickEconError, reports=reports)


def _of_other_kinds(mechanism: Mechanism) -> list[Problem]:
    """Sound problems that the mechanism does not say it decides, nor can be taken for one that it does.

    An assignment may be, for a market or bids; nothing may be for a choice, and a choice for nothing.
    """
    profile = ThickProfile.from_values([[2.0, 1.0], [1.0, 2.0]])
    every = (Choice(profile), Market(profile, ThickProfile.from_values([[1.0, 2.0], [2.0, 1.0]])), Bids(profile))
    return [made for made in every if not isinstance(made, mechanism.problem_kinds)]


def _refuses(call: Callable[[], object], kind: type[ThickEconError], what: str) -> None:
    try:
        call()
    except kind as err:
        assert len(str(err)) > 20, f"{what}: the message says too little: {err}"
        return
    except Exception as err:
        raise AssertionError(f"{what}: {type(err).__name__} instead of {kind.__name__}: {err}") from err
    raise AssertionError(f"{what} was accepted, {kind.__name__} was to be raised")


def _works_or_refuses(mechanism: Mechanism, problem: Problem, what: str) -> None:
    try:
        mechanism.run(problem, rng=SEED)
    except ThickEconError as err:
        assert len(str(err)) > 20, f"{what}: the message says too little: {err}"
    except Exception as err:
        raise AssertionError(
            f"{what} gives a reading that the mechanism says it reads, and then: {type(err).__name__}: {err}"
        ) from err


def check_round_trip(mechanism: Mechanism, problem: Problem) -> None:
    """A problem read from its file gives the same outcome to the bit, and the outcome's own file tells all of it.

    Files are ``.json``, and ``.parquet`` where pyarrow is installed.

    Raises
    ------
    AssertionError
        The problem, its outcome, or what the outcome's file says of it changed on the way.
    """
    outcome = mechanism.run(problem, rng=SEED)
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("json", "parquet") if find_spec("pyarrow") else ("json",):
            place = Path(folder) / f"problem.{ending}"
            problem.save(place)
            read = read_problem(place)
            assert read.content_hash == problem.content_hash, f"the problem changed on its way through .{ending}"
            again = mechanism.run(read, rng=SEED)
            for name in ("taken", "payments"):
                one, two = getattr(outcome, name), getattr(again, name)
                assert np.array_equal(one, two), f"{name} {one} became {two} on the way through .{ending}"
        place = Path(folder) / "outcome.json"
        outcome.save(place)
        _same_story(outcome, place.read_text(encoding="utf-8"))


def _same_story(outcome: Outcome, text: str) -> None:
    import json

    written, told = json.loads(text), outcome_document(outcome)
    here = np.flatnonzero(outcome.taken)
    shares = [row["share"] for row in written["taken"]]
    assert shares == outcome.taken[here].tolist(), f"the outcome's file has shares {shares}, not {outcome.taken[here]}"
    paid = written.get("payments", np.zeros(outcome.profile.n_agents).tolist())
    assert paid == outcome.payments.tolist(), f"the outcome's file has payments {paid}, not {outcome.payments}"
    for name in ("certificate", "provenance"):
        assert written[name] == json.loads(json.dumps(told[name])), f"the outcome's file has another {name}"


def check_accounts(mechanism: Mechanism, problem: Problem) -> None:
    """Accounts have every motive, and add up to differences in endorsed utility: against SIDT, and against nothing.

    Often SIDT takes the same, and every account is 0; against nothing there is something to account for.

    Raises
    ------
    AssertionError
        A motive has no column, or some agent's row differs from its utilities by more than 1e-12 of the largest.
    """
    if problem.profile.unit == "ordinal":
        return
    thick, sidt = mechanism.run(problem, rng=SEED), mechanism.baseline().run(problem, rng=SEED)
    nothing = replace(sidt, decision=replace(sidt.decision, taken=np.zeros(len(sidt.taken))))
    for title, other in (("SIDT", sidt), ("taking nothing", nothing)):
        _accounted(thick, other, f"accounts against {title}")


def _accounted(outcome: Outcome, other: Outcome, title: str) -> None:
    frame = outcome.accounts(other)
    missing = [motive.name for motive in outcome.profile.motives if motive.name not in frame.columns]
    assert not missing, f"{title} have no column for {missing}"
    table = frame.to_numpy(dtype=np.float64)
    scale = max(1.0, float(np.abs(table).max(initial=0.0)), float(np.abs(outcome.utilities()).max(initial=0.0)))
    gap = np.abs(table.sum(axis=1) - (outcome.utilities() - other.utilities()))
    name = outcome.profile.agents[int(np.argmax(gap))] if len(gap) else None
    assert gap.max(initial=0.0) <= 1e-12 * scale * (1 + table.shape[1]), (
        f"{title}: those of agent {name!r} differ from its utility by {gap.max()}"
    )
