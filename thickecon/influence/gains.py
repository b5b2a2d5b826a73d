"""What influence gains against a mechanism, whether it can gain at all, and the table of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.rng import RNG, generator
from ..errors import ProblemError
from ..lenses.lens import Lens
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Outcome
from ..mechanism.verdict import Verdict
from ..mechanism.yardsticks import Yardstick
from ..problems.problem import Problem
from .best_response import BestResponse, Influencer
from .pressure import Influence, with_pull

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["gain_table", "influence_gain", "influence_proof", "influence_yardstick"]


def influence_gain(
    mechanism: Mechanism,
    problem: object,
    objective: Any = "revenue",
    influences: Iterable[Influence] | None = None,
    *,
    reach: float | None = None,
    evaluations: int = 200,
    rng: RNG = 0,
) -> BestResponse:
    """The most an influencer gains, over the means it is given, or over each single evaluation it could lift.

    Parameters
    ----------
    mechanism, problem
        Agents report truthfully what is asked of them, under pressure.
    objective
        See :func:`objective_of`.
    influences
        Means; None: any one agent's evaluation of any one option, by up to ``reach``, at no cost (at most 200 of them,
        drawn by ``rng`` where there are more).
    reach
        None: the largest revealed value.
    evaluations, rng
        Of a search.
    """
    if influences is not None:
        return Influencer(objective, tuple(influences)).best_response(
            mechanism, problem, evaluations=evaluations, rng=rng
        )
    made = mechanism.wrap(problem)
    profile, index = made.profile, made.profile.index
    size = float(np.abs(profile.rows.revealed).max(initial=0.0)) if reach is None else float(reach)
    rows = np.arange(len(index))
    if len(rows) > 200:
        rows = np.sort(generator(rng).choice(len(rows), 200, replace=False))
    best: BestResponse | None = None
    every = len(rows) == len(index)
    for row in rows:
        agent, option = profile.agents[int(index.agent[row])], profile.options[int(index.option[row])]
        push = Influence("influencer", "", {option: 1.0}, budget=size, agents=(agent,))
        found = Influencer(objective, (push,)).best_response(mechanism, made, evaluations=evaluations, rng=rng)
        every &= found.exact
        best = found if best is None or found.gain > best.gain else best
    assert best is not None
    return replace(best, exact=every)


def influence_proof(mechanism: Mechanism, problem: object, *, tries: int = 20, rng: RNG = 0) -> Verdict:
    """Do outcome and payments stay when influences move revealed values and leave endorsed ones (T6)?

    Pushes single rows, all rows of an agent and all rows, by a little and by a lot, up and down; those that make values
    by which the mechanism does not decide (a second unit worth more than the first) are left out.

    Parameters
    ----------
    mechanism, problem
        Agents report truthfully what is asked of them.
    tries
        Random pushes beyond the single ones.
    rng
        Seed.

    Returns
    -------
    Verdict
        False with the push as witness; True where the mechanism claims it and no push was found; None where it claims
        nothing and none was found.
    """
    made = mechanism.wrap(problem)
    gen = generator(rng)
    seed = int(gen.integers(0, 2**62))
    base, rows = mechanism.run(made, rng=seed), len(made.profile.index)
    size = float(np.abs(made.profile.rows.revealed).max(initial=0.0)) + 1.0
    singles = gen.permutation(rows)[: max(tries, 8)]
    pushes = [
        sign * scale * size * np.eye(1, rows, int(k))[0] for k in singles for sign in (1, -1) for scale in (0.1, 2.0)
    ]
    people = gen.permutation(made.profile.n_agents)[: max(tries, 8)]
    pushes += [sign * size * (made.profile.rows.agent == who) for who in people for sign in (1.0, -1.0)]
    pushes += [np.full(rows, size), *(gen.uniform(-size, size, (tries, rows)))]
    tol, decided = 1e-6 * size, 0
    for push in pushes:
        try:
            outcome = mechanism.run(made.with_profile(with_pull(made.profile, push, "influence under test")), rng=seed)
        except ProblemError:
            continue  # values that the mechanism does not decide by
        decided += 1
        gap = max(
            float(np.abs(outcome.taken - base.taken).max(initial=0.0)),
            float(np.abs(outcome.payments - base.payments).max(initial=0.0)),
        )
        if gap > tol:
            text = "an influence that leaves endorsed values alone moves the outcome or payments"
            return Verdict("influence_proof", "nobody", False, gap, tol, push, text)
    claims = [claim for claim in mechanism.claims if claim.name == "influence_proof"]
    holds = True if decided and claims and all(claim.holds for claim in claims) else None
    return Verdict("influence_proof", "nobody", holds, 0.0, tol, None, f"none of {decided} influences moves anything")


def influence_yardstick(influencer: Influencer, *, evaluations: int = 100, rng: RNG = 0) -> Yardstick:
    """A column for :func:`thickecon.compare`: what this influencer gains against each arm's mechanism.

    Parameters
    ----------
    influencer
        With its objective and means.
    evaluations, rng
        Of a search.
    """

    def measure(outcome: Outcome, judge: Problem) -> float:
        return influencer.best_response(outcome.mechanism, outcome.problem, evaluations=evaluations, rng=rng).gain

    return Yardstick("influence_gain", measure, "less", "what the influencer gains by its best response")


def gain_table(
    cases: Mapping[str, tuple[Mechanism, object, Any]], lenses: Mapping[str, Lens], *, cost: float = 1.0,
    evaluations: int = 60, rng: RNG = 0,
) -> pd.DataFrame:  # fmt: skip
    """Influence gain under SIDT and each lens, and per unit of cost, for many mechanisms.

    Parameters
    ----------
    cases
        Name -> (mechanism, problem, objective).
    lenses
        Name -> lens, in place of the mechanism's own where it reads it; the first column is its SIDT setting.
    cost
        Of a unit of effort, in the unit of values.
    evaluations, rng
        Of searches.

    Returns
    -------
    DataFrame
        A row a case and setting: gain, cost of it, gain per cost, exact, and whether it is influence-proof.
    """
    import pandas as pd

    from ..errors import LensError

    records = []
    for name, (mechanism, problem, objective) in cases.items():
        settings = {"sidt": mechanism.baseline()} | {key: replace(mechanism, lens=lens) for key, lens in lenses.items()}
        for key, rule in settings.items():
            try:
                found = influence_gain(rule, problem, objective, evaluations=evaluations, rng=rng)
            except LensError:
                continue  # a reading that this mechanism cannot decide by
            spent = cost * float(found.efforts.sum())
            verdict = influence_proof(rule, problem, rng=rng)
            records.append(
                {
                    "mechanism": name,
                    "setting": key,
                    "gain": found.gain,
                    "cost": spent if found.gain > 0 else 0.0,
                    "gain per cost": found.gain / spent if spent > 0 and found.gain > 0 else 0.0,
                    "exact": found.exact,
                    "influence-proof": {True: "yes", False: "no", None: "nothing found"}[verdict.holds],
                }
            )
    return pd.DataFrame(records).set_index(["mechanism", "setting"])
