"""V1-V3, T15: choices recounted from the people themselves, laws, orders and the regimes where coding loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import InputError
from thickecon.studies import Draws, Study, TextValues, load
from thickecon.studies.scenario import SCENARIOS
from thickecon.studies.scenarios.text_values import TextValuesScenario, Town
from thickecon.studies.text.town import OPTIONS, SLOGANS, STATEMENTS

TEXTS = ("text_words", "text_chars", "text_lsa")


def played(
    made: TextValuesScenario, replicates: int, arms: Sequence[str] | None = None, root: int = 5
) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in arms or made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def worlds(made: TextValuesScenario, replicates: int, root: int = 5):
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        yield draws, made.draw(draws)


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], float]:
    return {key: float(values.mean()) for key, values in played(TextValuesScenario(), 50).items()}


# ---- recounts -----------------------------------------------------------------------------------------------


def said(town: Town, wording: np.ndarray) -> list[str]:
    return [STATEMENTS[c][k][w] for c, k, w in zip(town.motive, town.statement, wording, strict=True)]


@pytest.mark.parametrize("arm", TEXTS)
@pytest.mark.parametrize(("one_vote", "centred"), [(False, False), (False, True), (True, True)])
def test_texts_are_read_person_by_person(arm: str, one_vote: bool, centred: bool) -> None:
    """The same choices from three hundred texts that are written out and given to the reader one by one."""
    made = TextValuesScenario(slogan=0.15, reworded=0.7, copies=3, one_vote=one_vote, centred=centred)
    every = tuple(line for topic in STATEMENTS for wordings in topic for line in wordings)
    reader = TextValues(made.readers[arm].embed, one_vote=one_vote, reference=every if centred else ())
    for draws, town in worlds(made, 2):
        choose = lambda texts, draws=draws: reader.winner(texts, OPTIONS, rng=draws.generator("mechanism"))
        plain = said(town, town.wording)
        loud = [
            f"{text} {SLOGANS[town.target]}" if u < 0.15 else text for text, u in zip(plain, town.appends, strict=True)
        ]
        other = said(town, np.where(town.rewords < 0.7, town.again, town.wording))
        labels = [[text] * (3 if c == town.topic else 1) for text, c in zip(plain, town.motive, strict=True)]
        base, pushed = choose(plain), choose(loud)
        found = made.play(town, arm, draws)
        assert found["right"] == (pushed == town.best)
        assert found["right_plain"] == (base == town.best)
        assert found["endorsed"] == np.mean(town.motive == pushed)
        assert found["flip_slogan"] == (base != pushed)
        assert found["flip_reworded"] == (choose(other) != base)
        assert found["flip_labels"] == (choose(labels) != base)
        assert found["influence_gain"] == (pushed == town.target) - float(base == town.target)
        if one_vote:
            assert found["flip_labels"] == 0


@pytest.mark.parametrize("arm", TEXTS)
def test_joint_statements_are_read_as_one_text(arm: str) -> None:
    made = TextValuesScenario(n=40)
    reader = made.readers[arm]
    for draws, town in worlds(made, 3):
        one = said(town, town.wording)
        two = [STATEMENTS[c][k][w] for c, k, w in zip(town.other, town.second, town.wording, strict=True)]
        joint = reader.scores([f"{a} {b}" for a, b in zip(one, two, strict=True)], OPTIONS)
        parts = reader.scores(one, OPTIONS) + reader.scores(two, OPTIONS)
        found = made.play(town, arm, draws)
        assert found["audit"] == (joint.sum(axis=0).argmax() == parts.sum(axis=0).argmax())
        differ = [
            not set(np.flatnonzero(a > a.max() - 1e-9)) <= set(np.flatnonzero(b > b.max() - 2e-6))
            for a, b in zip(joint, parts, strict=True)
        ]
        assert found["divergence"] == pytest.approx(np.mean(differ), abs=1 / 40)


def test_coded_people_are_counted() -> None:
    """thick, sidt and oracle are counts of people, slogans added where they are taken for values."""
    made = TextValuesScenario(s=0.3, missed=0.4, slogan=0.2, pull=0.5)
    decided = 0
    for draws, town in worlds(made, 20):
        coded = np.where(town.error[0] < 0.3, town.mistaken[0], town.motive)
        loud = town.appends < 0.2
        for arm, motives, pulled in (
            ("thick", coded, loud & (town.misses < 0.4)),
            ("sidt", town.motive, loud),
            ("oracle", town.motive, loud & False),
        ):
            plain = np.bincount(motives, minlength=6).astype(float)
            pushed = plain + 0.5 * pulled.sum() * (np.arange(6) == town.target)
            if min(np.diff(np.sort(plain))[-1], np.diff(np.sort(pushed))[-1]) < 0.25:
                continue  # a tie, which a lottery decides
            decided += 1
            found = made.play(town, arm, draws)
            assert found["endorsed"] == np.mean(town.motive == pushed.argmax())
            assert found["flip_slogan"] == (plain.argmax() != pushed.argmax())
            revealed = np.mean(town.motive == pushed.argmax()) + 0.5 * loud.mean() * (pushed.argmax() == town.target)
            assert found["revealed"] == pytest.approx(revealed)
    assert decided > 35


def simulated(s: float, people: int, rounds: int = 2500) -> tuple[float, float]:
    """(right, flips when coded anew) of a coder in error, by counts alone; ties by tiny random numbers."""
    rng = np.random.default_rng(11)
    right = flips = 0
    confusion = np.full((6, 6), s / 5)
    np.fill_diagonal(confusion, 1 - s)
    for _ in range(rounds):
        groups = rng.multinomial(people, rng.dirichlet(np.full(6, 15.0)))
        lots = rng.random(6) * 1e-3
        once, again = (
            (sum(rng.multinomial(groups[c], confusion[c]) for c in range(6)) + lots).argmax() for _ in range(2)
        )
        right += once == (groups + lots).argmax()
        flips += once != again
    return right / rounds, flips / rounds


@pytest.mark.parametrize("s", [0.1, 0.4])
def test_a_coder_in_error(s: float) -> None:
    """Near .88 and .64 right, .18 and .47 flips at errors of .1 and .4, in another simulation."""
    right, flips = simulated(s, 300)
    found = played(TextValuesScenario(s=s, slogan=0.0), 80, ["thick"])
    for name, expected in (("right_plain", right), ("flip_reworded", flips)):
        error = np.sqrt(expected * (1 - expected) / 80)
        assert found["thick", name].mean() == pytest.approx(expected, abs=4 * error)
    assert right == pytest.approx({0.1: 0.88, 0.4: 0.64}[s], abs=0.04)
    assert flips == pytest.approx({0.1: 0.18, 0.4: 0.47}[s], abs=0.07)


# ---- laws ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", [None, te.auctions.Majority(), te.welfare.Allocate(te.welfare.Maximin())])
def test_structured_values_obey_their_laws(mechanism) -> None:
    """Labels change nothing (T15), accounts are exact, whatever the error of the coder; no error is the oracle."""
    for s, copies in ((0.0, 2), (0.3, 3), (1.0, 7)):
        made = TextValuesScenario(s=s, copies=copies, weight=copies / 7, missed=0.0, mechanism=mechanism)
        found = played(made, 5, ["thick", "oracle"])
        for arm in ("thick", "oracle"):
            assert (found[arm, "flip_labels"] == 0).all()
            assert (found[arm, "audit"] == 1).all()
            assert (found[arm, "divergence"] == 0).all()
            assert (found[arm, "flip_slogan"] == 0).all()  # no slogan is missed
        if s == 0:
            for name in ("endorsed", "right", "flip_reworded"):
                assert (found["thick", name] == found["oracle", name]).all()


def test_a_constant_coder_never_flips_and_is_right_by_chance() -> None:
    """Its zeros in every column of flips are why none is printed without ``right``."""
    found = played(TextValuesScenario(slogan=0.3), 250, ["constant"])
    for name in ("flip_reworded", "flip_slogan", "flip_labels", "influence_gain"):
        assert (found["constant", name] == 0).all()
    for name in ("right", "right_plain"):
        assert found["constant", name].mean() == pytest.approx(1 / 6, abs=4 * np.sqrt(5 / 36 / 250))
    assert found["constant", "endorsed"].mean() == pytest.approx(1 / 6, abs=0.015)


def test_what_is_known_is_met(table) -> None:
    """Numbers by symmetry within four standard errors of fifty replicates, laws exactly."""
    known = TextValuesScenario().known()
    assert {entry.arm for entry in known} == {"constant", "thick", "oracle"}
    for entry in known:
        chance = 4 * np.sqrt(5 / 36 / 50) if entry.value == pytest.approx(1 / 6) else 0.01
        assert table[entry.arm, entry.measure] == pytest.approx(entry.value, abs=chance), entry
    assert TextValuesScenario(mechanism=te.auctions.Majority()).known() == ()


# ---- signs and orders ---------------------------------------------------------------------------------------


def test_who_is_right(table) -> None:
    """Readers of text are well above or near chance and far below a coder with an error of a tenth."""
    for arm in TEXTS:
        assert table[arm, "right_plain"] < table["thick", "right_plain"] - 0.25
        assert table[arm, "endorsed"] < table["thick", "endorsed"] - 0.02
        assert table[arm, "read"] < 0.5 < table["thick", "read"]
    assert max(table[arm, "right_plain"] for arm in TEXTS) > 1 / 6 + 0.1
    assert table["text_words", "silent"] == pytest.approx(38 / 90, abs=0.02)  # statements without a word of any option


def test_flips_alone_mislead(table) -> None:
    """The reader that rewording moves least is the one that is right least: it hardly listens."""
    least = min(TEXTS, key=lambda arm: table[arm, "flip_reworded"])
    assert table[least, "flip_reworded"] < table["thick", "flip_reworded"]
    assert table[least, "right_plain"] == min(table[arm, "right_plain"] for arm in TEXTS)
    assert table["text_words", "flip_reworded"] > table["thick", "flip_reworded"]


def test_slogans_move_text(table) -> None:
    """A tenth of people who append a slogan; one in ten slogans is taken for a value by the coder."""
    for arm in TEXTS:
        assert table[arm, "flip_slogan"] > table["thick", "flip_slogan"] + 0.1
        assert table[arm, "influence_gain"] > 0.1
    assert table["sidt", "influence_gain"] > 0.4
    assert table["thick", "right"] > table["sidt", "right"] + 0.3


def test_readers_that_listen_are_right_and_flip_more_often(table) -> None:
    """Centred on the ninety sentences; still far from a coder with an error of a tenth."""
    found = played(TextValuesScenario(centred=True), 50, TEXTS)
    for arm in TEXTS:
        right, flips = found[arm, "right_plain"].mean(), found[arm, "flip_reworded"].mean()
        assert table[arm, "right_plain"] < right < table["thick", "right_plain"] - 0.2
        assert flips > max(table[arm, "flip_reworded"], table["thick", "flip_reworded"]) + 0.1
        assert found[arm, "flip_slogan"].mean() > table["thick", "flip_slogan"] + 0.3
        assert found[arm, "silent"].mean() == pytest.approx(table[arm, "silent"])


def test_the_slogan_curve_rises() -> None:
    """Share 2, 5, 10, 20 %: the same people, so more of them say it."""
    curve = [
        played(TextValuesScenario(slogan=share), 25, ["text_words"])["text_words", "flip_slogan"].mean()
        for share in (0.0, 0.02, 0.05, 0.1, 0.2)
    ]
    assert curve[0] == 0
    assert curve == sorted(curve)
    assert curve[-1] > 0.7
    assert 0 < curve[1] < 0.4


def test_labels_and_joint_statements_move_text(table) -> None:
    assert table["text_words", "flip_labels"] > 0.15
    assert all(table[arm, "divergence"] > 0 for arm in TEXTS)
    assert min(table[arm, "audit"] for arm in TEXTS) < 0.95


def test_nothing_changes_where_nothing_is_done() -> None:
    found = played(TextValuesScenario(reworded=0.0, slogan=0.0, copies=1), 3)
    for arm in TextValuesScenario.arms:
        for name in ("flip_reworded", "flip_slogan", "flip_labels"):
            assert (found.get((arm, name), np.zeros(1)) == 0).all()


# ---- where thick loses --------------------------------------------------------------------------------------


def test_without_slogans_ratings_are_better_than_coded_texts() -> None:
    found = played(TextValuesScenario(slogan=0.0), 40, ["sidt", "thick"])
    assert (found["sidt", "right"] == 1).all()
    assert found["thick", "right"].mean() < 0.97
    assert (found["sidt", "endorsed"] >= found["thick", "endorsed"]).all()


def test_a_blind_coder_is_right_by_chance() -> None:
    """At an error of 5/6 the code is independent of the motive."""
    found = played(TextValuesScenario(s=5 / 6, slogan=0.0), 100, ["thick"])
    assert found["thick", "right"].mean() == pytest.approx(1 / 6, abs=4 * np.sqrt(5 / 36 / 100))


# ---- in a study ---------------------------------------------------------------------------------------------


def test_a_reader_of_your_own() -> None:
    """One that knows every sentence is as good as the oracle until a slogan comes."""

    def understands(texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), 6))
        for i, text in enumerate(texts):
            for c in range(6):
                known = [OPTIONS[c], SLOGANS[c], *(line for wordings in STATEMENTS[c] for line in wordings)]
                vectors[i, c] = sum(line in text for line in known)
        return vectors

    class Mine(TextValuesScenario):
        arms: ClassVar[tuple[str, ...]] = (*TextValuesScenario.arms, "text_mine")
        readers = {**TextValuesScenario.readers, "text_mine": TextValues(understands)}

    found = played(Mine(slogan=0.2), 5, ["text_mine", "oracle", "constant"])
    for name in ("right_plain", "read", "audit"):
        assert (found["text_mine", name] == 1).all()
    for name in ("flip_reworded", "divergence", "silent"):
        assert (found["text_mine", name] == 0).all()
    assert found["text_mine", "influence_gain"].mean() > 0


def test_in_a_study(tmp_path) -> None:
    assert SCENARIOS["text_values"] is TextValuesScenario
    suite = {
        "schema": 1,
        "name": "text",
        "seed": 3,
        "defaults": {"replicates": 2, "block": 2},
        "study": [
            {"scenario": "text_values", "fixed": {"n": 50}, "grid": {"slogan": [0.0, 0.1]}},
            {"scenario": "text_values", "mechanism": "auctions.Majority", "arms": ["sidt", "thick"]},
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(TextValuesScenario.arms)


def test_knobs_and_draws() -> None:
    for broken in ({"s": 1.1}, {"copies": 0}, {"n": 0}, {"evenness": 0.0}, {"slogan": -0.1}):
        with pytest.raises(InputError):
            TextValuesScenario.make(broken)
    draws = Draws(1, "text_values", 0)
    one, other = (TextValuesScenario(s=s, slogan=a).draw(draws) for s, a in ((0.0, 0.0), (0.9, 0.5)))
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))
    alone = played(TextValuesScenario(n=1), 3)
    assert (alone["oracle", "right"] == 1).all()
