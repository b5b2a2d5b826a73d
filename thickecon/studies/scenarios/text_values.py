"""V1-V3 and T15. Values as free text, read by similarity, against values that are structured and coded with error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from ..._core.arrays import BoolArray, FloatArray, IntArray
from ...mechanism.mechanism import Mechanism
from ...mechanism.outcome import Decision, Outcome
from ...problems.choice import Choice
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ...welfare.allocate import Allocate
from ..scenario import Known, Measure, Scenario, knob, scenario
from ..seeds import Draws
from ..text.embeddings import TfIdf
from ..text.town import MOTIVES, OPTIONS, SLOGANS, STATEMENTS, WORDINGS, corpus
from ..text.values import TextValues

__all__ = ["Town", "TextValuesScenario"]

TOPICS = len(MOTIVES)
PER_TOPIC = len(STATEMENTS[0])
DIGITS = 6
"""Decimals in which an account is printed."""
VALUES = tuple(Motive(name) for name in MOTIVES)
SLOGAN = Motive("slogan", "influence", owner="campaign", channel="posters")


@dataclass(frozen=True, eq=False)
class Town:
    """People of one replicate; arrays (n,).

    Attributes
    ----------
    motive, other
        What matters to each most, and what else does (another motive).
    statement, second, wording
        Which statement of the motive and of the other, and in which wording.
    again, rewords
        The wording in which each would say it another time, and U[0, 1]: does it?
    appends
        U[0, 1]: is a slogan appended?
    error, mistaken
        (4, n) U[0, 1] and other motives: does the coder err in what is said, in other words, and in the two parts of
        a joint statement, and what is coded then?
    misses
        U[0, 1]: is the slogan taken for a value?
    target, topic
        The option that the campaign is for, and the motive whose statements come under several labels.
    best
        The option of the motive that most people have, ties by the lottery of the mechanism.
    """

    motive: IntArray
    other: IntArray
    statement: IntArray
    second: IntArray
    wording: IntArray
    again: IntArray
    rewords: FloatArray
    appends: FloatArray
    error: FloatArray
    mistaken: IntArray
    misses: FloatArray
    target: int
    topic: int
    best: int


@scenario("text_values")
@dataclass(frozen=True)
class TextValuesScenario(Scenario):
    """People say what matters to them, and one of six options is chosen for all: that with the greatest sum.

    Each of n people has one motive out of six, with probabilities drawn anew for each population, and is served by the
    option of that motive: worth 1, the others 0. It says so in one of five statements in one of three wordings
    (:mod:`thickecon.studies.text.town`). A campaign for one option, not that which most people want, has a share of
    people append its slogan: a pull on what they would choose, which they do not stand behind.

    Arms: ``sidt`` adds up what people would choose by, one number an option, slogan included, no text.
    ``text_words``, ``text_chars`` and ``text_lsa`` add up cosines of texts and options (TextValues). ``constant`` codes
    every statement as the first motive. ``thick`` has a coder who mistakes a statement's motive for another one with
    chance s, anew for each text, and takes a slogan for a value with chance ``missed``; it adds up what is endorsed.
    ``oracle`` makes no such error. Further readers: a subclass with ``readers`` and ``arms`` of its own.

    V1: everybody says the same in other words. V3: slogans against none. V2: each person names two things that matter
    in one text, and the choice is made once more from the printed accounts (6 decimals) of its parts. T15: one topic's
    statements come under ``copies`` labels; a text then counts as often, a motive is split and counts once.
    Share of flips are always against the same people without the change.

    A coder who never changes its mind flips nothing, so flips stand beside ``right``: characters flip least and are
    right least, since one option is like whatever is said. ``centred`` takes that off. Readers are then right more
    often and flip more often under every change: whoever listens can be moved. In 400 populations (root 1; standard
    errors up to .025), plain and centred, words / characters / LSA, and ``thick``:

    ===================== ==================== ==================== =====
    measure               plain                centred              thick
    ===================== ==================== ==================== =====
    ``right_plain``       .36 / .18 / .35      .49 / .52 / .45      .85
    ``flip_reworded``     .43 / .05 / .47      .67 / .61 / .68      .22
    ``flip_slogan``       .75 / .33 / .47      .88 / .88 / .65      .06
    ``flip_labels``       .38 / .10 / .36      .56 / .55 / .47      0
    ``divergence``        .03 / .03 / .23      .04 / .03 / .25         0
    ===================== ==================== ==================== =====

    Sizes hang on these ninety sentences and on the spread of motives; signs do not. TF-IDF and LSA are weak readers
    and bound nothing about language models.
    """

    n: int = knob(300, "people", low=1, high=1_000_000)
    evenness: float = knob(15.0, "of the Dirichlet law of motives: the greater, the closer the race", low=1e-3)
    s: float = knob(0.1, "chance that the coder mistakes the motive of a text", low=0.0, high=1.0)
    missed: float = knob(0.1, "chance that the coder takes a slogan for a value", low=0.0, high=1.0)
    slogan: float = knob(0.1, "share of people who append the slogan", low=0.0, high=1.0)
    pull: float = knob(1.0, "of the slogan on what they would choose, in units of the motive's worth", low=0.0)
    reworded: float = knob(1.0, "share of people who use other words the second time", low=0.0, high=1.0)
    copies: int = knob(2, "labels under which one topic's statements come", low=1, high=100)
    weight: float = knob(0.5, "of the second thing in a joint statement, as it is coded", low=0.0, high=1.0)
    centred: bool = knob(False, "do readers of text take an option's mean over the ninety sentences off its scores?")
    one_vote: bool = knob(False, "do readers of text give each person one vote, whatever the number of labels?")

    section: ClassVar[str] = "V1-V3"
    title: ClassVar[str] = "Values as free text"
    question: ClassVar[str] = "What does it take to move a choice that is read off what people write?"
    premise: ClassVar[str] = "The motive that a person's text stands for counts; the slogan appended to it does not."
    loses: ClassVar[str] = (
        "Structure needs a coder, and one with an error of a fifth flips outcomes under rewording as often as a weak"
        " reader of text; where no slogan is at work, people who just rate the options are served better than coded"
        " ones."
    )
    surveyed: ClassVar[bool] = False  # s is how often the coder errs
    source: ClassVar[str] = "ninety sentences made up for it; laws of anonymity of labels and of exact accounts"
    arms: ClassVar[tuple[str, ...]] = ("sidt", "text_words", "text_chars", "text_lsa", "constant", "thick", "oracle")
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("endorsed", "more", "share of people whose motive is served"),
        Measure("right", "more", "is the option of the greatest group chosen?"),
        Measure("right_plain", "more", "the same where nobody appends a slogan"),
        Measure("revealed", None, "mean worth by which people would choose, slogan included"),
        Measure("flip_reworded", "less", "does the choice change when people use other words? (no slogans)"),
        Measure("flip_slogan", "less", "does it change by the slogan?"),
        Measure("influence_gain", "less", "does the slogan bring its option through, 1, or lose it, -1?"),
        Measure("flip_labels", "less", "does it change when one topic comes under several labels? (no slogans)"),
        Measure("divergence", "less", "share of joint statements that put another option first than the sum of parts"),
        Measure("audit", "more", "is the choice from joint statements that from their printed accounts?"),
        Measure("read", "more", "share of people whose text puts the option of their motive alone first"),
        Measure("read_worst", "more", "the same in the group that is read worst"),
        Measure("silent", "less", "share of people whose text says nothing about any option to the reader"),
    )
    beside: ClassVar[tuple[tuple[str, str], ...]] = (("right_plain", "flip_reworded"), ("right", "flip_slogan"))
    readers: ClassVar[Mapping[str, TextValues]] = {
        "text_words": TextValues(TfIdf(corpus=corpus())),
        "text_chars": TextValues(TfIdf("char", (3, 5), corpus=corpus())),
        "text_lsa": TextValues(TfIdf(dimensions=20, corpus=corpus())),
    }

    # ---- the world ------------------------------------------------------------------------------------------

    def draw(self, draws: Draws) -> Any:
        """People, what they say, and uniform numbers for the campaign and the coder."""
        rng = draws.generator("population")
        chances = rng.dirichlet(np.full(TOPICS, self.evenness))
        motive = rng.choice(TOPICS, size=self.n, p=chances)
        other = (motive + rng.integers(1, TOPICS, size=self.n)) % TOPICS
        statement, second = rng.integers(PER_TOPIC, size=(2, self.n))
        wording = rng.integers(WORDINGS, size=self.n)
        again = (wording + rng.integers(1, WORDINGS, size=self.n)) % WORDINGS
        topic = int(rng.integers(TOPICS))
        best = _winner(Allocate(), _motives(motive), draws)
        behaviour, evidence = draws.generator("behaviour"), draws.generator("evidence")
        target = int((best + behaviour.integers(1, TOPICS)) % TOPICS)
        rewords, appends = behaviour.random((2, self.n))
        error = evidence.random((4, self.n))
        shift = evidence.integers(1, TOPICS, size=(4, self.n))
        mistaken = (np.stack([motive, motive, motive, other]) + shift) % TOPICS
        misses = evidence.random(self.n)
        return Town(
            *(motive, other, statement, second, wording, again, rewords, appends),
            *(error, mistaken, misses, target, topic, best),
        )

    def play(self, world: Any, arm: str, draws: Draws) -> Mapping[str, float]:
        """The choice with slogans, without, in other words, under more labels, and from joint statements."""
        made = _Told(self, world, self.reader(arm)) if arm in self.readers else _Coded(self, world, arm)
        mechanism = self.mechanism or Allocate()
        if arm == "sidt":
            mechanism = mechanism.baseline()
        chosen = {name: _winner(mechanism, profile, draws) for name, profile in made.profiles().items()}
        return {
            **_served(self, world, chosen["slogan"]),
            "right": float(chosen["slogan"] == world.best),
            "right_plain": float(chosen["plain"] == world.best),
            "flip_slogan": float(chosen["slogan"] != chosen["plain"]),
            "influence_gain": float(chosen["slogan"] == world.target) - float(chosen["plain"] == world.target),
            **({"flip_reworded": float(chosen["reworded"] != chosen["plain"])} if "reworded" in chosen else {}),
            **({"flip_labels": float(chosen["labels"] != chosen["plain"])} if "labels" in chosen else {}),
            **made.joint(mechanism, draws),
            **made.reading(),
        }

    def reader(self, arm: str) -> TextValues:
        """Who reads in an arm of ``readers``, at these knobs."""
        reference = corpus()[: -len(OPTIONS)] if self.centred else ()
        return replace(self.readers[arm], one_vote=self.one_vote, reference=reference)

    def known(self) -> tuple[Known, ...]:
        """What holds by symmetry and by law, whatever the sentences."""
        sixth = 1 / TOPICS
        symmetry, law = "motives are exchangeable", "anonymity of labels (T15) and exact accounts"
        never = "what is always the same never changes"
        made = [
            *(Known("constant", name, sixth, symmetry) for name in ("endorsed", "right", "right_plain", "read")),
            *(Known("constant", name, 0.0, never) for name in ("flip_reworded", "flip_slogan", "flip_labels")),
            *(Known("oracle", name, 1.0, "by definition") for name in ("right", "right_plain", "read", "audit")),
            *(Known("oracle", name, 0.0, law) for name in ("flip_reworded", "flip_slogan", "flip_labels")),
            Known("thick", "flip_labels", 0.0, law),
            Known("thick", "divergence", 0.0, law),
            Known("thick", "audit", 1.0, law),
            Known("thick", "read", 1 - self.s, "the coder's error is s"),
        ]
        return tuple(made) if self.mechanism is None else ()


# ---- what is read -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Told:
    """Texts, as a reader scores them."""

    made: TextValuesScenario
    town: Town
    reader: TextValues
    tables: dict[str, FloatArray] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", _tables(self.reader))

    def profiles(self) -> dict[str, ThickProfile]:
        town, made, told = self.town, self.made, self.tables["told"]
        plain = told[town.motive, town.statement, town.wording]
        loud = self.tables["loud"][town.motive, town.statement, town.wording, town.target]
        wording = np.where(town.rewords < made.reworded, town.again, town.wording)
        more = 1.0 if made.one_vote else made.copies
        return {
            "plain": _text(plain),
            "slogan": _text(np.where((town.appends < made.slogan)[:, None], loud, plain)),
            "reworded": _text(told[town.motive, town.statement, wording]),
            "labels": _text(plain * np.where(town.motive == town.topic, more, 1.0)[:, None]),
        }

    def joint(self, mechanism: Mechanism, draws: Draws) -> dict[str, float]:
        """Two things in one text, against the sum of the two: a text has no other account of itself."""
        town, told = self.town, self.tables["told"]
        one, two = told[town.motive, town.statement, town.wording], told[town.other, town.second, town.wording]
        both = self.tables["joint"][
            town.motive * PER_TOPIC + town.statement, town.other * PER_TOPIC + town.second, town.wording
        ]
        parts = np.round(one, DIGITS) + np.round(two, DIGITS)
        chosen = _winner(mechanism, _text(both), draws), _winner(mechanism, _text(parts), draws)
        differs = _first(both) & ~_first(parts)
        return {"divergence": float(differs.any(axis=1).mean()), "audit": float(chosen[0] == chosen[1])}

    def reading(self) -> dict[str, float]:
        """How often the text of a person points to what it wants."""
        town = self.town
        text = town.motive, town.statement, town.wording
        first = _first(self.tables["told"][text])
        hit = first[np.arange(len(first)), town.motive] & (first.sum(axis=1) == 1)
        return {**_hits(town, hit), "silent": float(self.tables["silent"][text].mean())}


@dataclass(frozen=True, eq=False)
class _Coded:
    """Motives, as a coder gives them; for ``sidt`` the worth itself, seen without its parts."""

    made: TextValuesScenario
    town: Town
    arm: str

    def _code(self, text: int) -> IntArray:
        """(n,) motives coded in one of four texts: plain, in other words, first and second part of a joint one."""
        town = self.town
        true = town.other if text == 3 else town.motive
        if self.arm == "constant":
            return np.zeros_like(true)
        if self.arm != "thick":
            return true
        found: IntArray = np.where(town.error[text] < self.made.s, town.mistaken[text], true)
        return found

    def profiles(self) -> dict[str, ThickProfile]:
        town, made = self.town, self.made
        plain = _motives(self._code(0))
        found = {"plain": plain, "slogan": self._with_slogan()}
        if self.arm != "sidt":  # ratings of options are not worded and have no labels
            said = np.where(town.rewords < made.reworded, self._code(1), self._code(0))
            found["reworded"] = _motives(said)
            found["labels"] = plain.split(MOTIVES[town.topic], [1 / made.copies] * made.copies)
        return found

    def _with_slogan(self) -> ThickProfile:
        """The slogan is a motive of its own, not endorsed, unless the coder takes it for the target's motive."""
        town, made = self.town, self.made
        loud = town.appends < made.slogan
        if self.arm == "constant":
            loud = np.zeros_like(loud)
        missed = loud & (town.misses < made.missed) if self.arm == "thick" else np.zeros_like(loud)
        return _motives(self._code(0), loud & ~missed, missed, town.target, made.pull)

    def joint(self, mechanism: Mechanism, draws: Draws) -> dict[str, float]:
        """The outcome, and the outcome of what its accounts say about every other option."""
        if self.arm in ("sidt", "constant"):
            return {}
        one, two = self._code(2), self._code(3)
        pairs, people = np.unique(np.stack([one, two], axis=1), axis=0, return_counts=True)
        rows = np.arange(len(pairs))
        weights = np.zeros((len(pairs), TOPICS))
        np.add.at(weights, (rows, pairs[:, 0]), 1.0)
        np.add.at(weights, (rows, pairs[:, 1]), round(self.made.weight, DIGITS))  # or printing would break ties
        profile = ThickProfile.from_weights(
            weights, np.eye(TOPICS), motives=VALUES, options=MOTIVES, people=people.astype(np.float64)
        )
        outcome = mechanism.run(Choice(profile), rng=draws.generator("mechanism"))
        accounts = _accounts(outcome)
        printed = np.round(accounts, DIGITS).sum(axis=1)  # of worth over the option that was chosen
        again = ThickProfile.from_values(printed, options=MOTIVES, weights=profile.weights)
        agrees = _winner(mechanism, again, draws) == _chosen(outcome)
        values = profile.endorsed
        differs = _first(values) & ~_first(printed)
        return {"divergence": float(differs.any(axis=1) @ people) / self.made.n, "audit": float(agrees)}

    def reading(self) -> dict[str, float]:
        if self.arm == "sidt":
            return {}
        return {**_hits(self.town, self._code(0) == self.town.motive), "silent": 0.0}


def _motives(
    coded: IntArray,
    loud: BoolArray | None = None,
    missed: BoolArray | None = None,
    target: int = 0,
    pull: float = 0.0,
) -> ThickProfile:
    """People by what is coded; those coded alike are one agent."""
    none = np.zeros(len(coded), dtype=bool)
    kinds, people = np.unique(
        np.stack([coded, none if loud is None else loud, none if missed is None else missed], axis=1).astype(np.intp),
        axis=0,
        return_counts=True,
    )
    weights = np.zeros((len(kinds), TOPICS + 1))
    weights[np.arange(len(kinds)), kinds[:, 0]] = 1.0
    weights[:, target] += pull * kinds[:, 2]
    weights[:, TOPICS] = pull * kinds[:, 1]
    scores = np.vstack([np.eye(TOPICS), np.eye(TOPICS)[target]])
    believed = np.append(np.ones(TOPICS), 0.0)
    return ThickProfile.from_weights(
        weights, scores, believed, motives=(*VALUES, SLOGAN), options=MOTIVES, people=people.astype(np.float64)
    )


def _text(scores: FloatArray) -> ThickProfile:
    """People by what a reader makes of them; those read alike are one agent."""
    rows, people = np.unique(scores, axis=0, return_counts=True)
    return ThickProfile.from_values(rows, options=MOTIVES, weights=people.astype(np.float64))


@lru_cache(maxsize=32)
def _tables(reader: TextValues) -> dict[str, FloatArray]:
    """Scores of all that can be said: alone, with each slogan, and in pairs. Read once a process."""
    said = [text for topic in STATEMENTS for wordings in topic for text in wordings]
    count = TOPICS * PER_TOPIC
    loud = [f"{text} {slogan}" for text in said for slogan in SLOGANS]
    # the diagonal, which nobody says, is the statement twice
    pairs = [
        f"{said[a * WORDINGS + w]} {said[b * WORDINGS + w]}"
        for a in range(count)
        for b in range(count)
        for w in range(WORDINGS)
    ]
    shape = TOPICS, PER_TOPIC, WORDINGS
    bare = replace(reader, reference=()).scores(said, OPTIONS)
    # long texts have other means than short ones
    of_pairs = replace(reader, reference=tuple(pairs)) if reader.reference else reader
    return {
        "told": reader.scores(said, OPTIONS).reshape(*shape, TOPICS),
        "silent": (np.abs(bare).max(axis=1) < 1e-12).reshape(shape).astype(np.float64),
        "loud": reader.scores(loud, OPTIONS).reshape(*shape, TOPICS, TOPICS),
        "joint": of_pairs.scores(pairs, OPTIONS).reshape(count, count, WORDINGS, TOPICS),
    }


# ---- what comes of it ---------------------------------------------------------------------------------------


def _chosen(outcome: Outcome) -> int:
    return int(np.argmax(outcome.shares[0]))


def _winner(mechanism: Mechanism, profile: ThickProfile, draws: Draws) -> int:
    """Always the same lottery."""
    return _chosen(mechanism.run(Choice(profile), rng=draws.generator("mechanism")))


def _accounts(outcome: Outcome) -> FloatArray:
    """(agents, motives, options): by how much more each option is worth than the chosen one, by ``accounts``."""
    profile, chosen = outcome.profile, _chosen(outcome)
    made = np.zeros((profile.n_agents, profile.n_motives, profile.n_options))
    for x in set(range(profile.n_options)) - {chosen}:
        other = replace(outcome, decision=Decision((profile.index.option == x).astype(np.float64)))
        made[:, :, x] = other.accounts(outcome).to_numpy()
    return made


def _served(made: TextValuesScenario, town: Town, chosen: int) -> dict[str, float]:
    share = float((town.motive == chosen).mean())
    pulled = float((town.appends < made.slogan).mean()) * (chosen == town.target)
    return {"endorsed": share, "revealed": share + made.pull * pulled}


def _hits(town: Town, hit: BoolArray) -> dict[str, float]:
    groups = np.bincount(town.motive, minlength=TOPICS)
    found = np.bincount(town.motive, hit, minlength=TOPICS)[groups > 0] / groups[groups > 0]
    return {"read": float(hit.mean()), "read_worst": float(found.min())}


def _first(scores: FloatArray) -> BoolArray:
    """(rows, options): is the option first, perhaps with others?"""
    made: BoolArray = scores >= scores.max(axis=1, keepdims=True) - 1e-9
    return made
