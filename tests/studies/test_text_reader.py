"""TextValues and its readers against twins written out by hand; recorded answers; bad input."""

from __future__ import annotations

import json
import math
import re
import sys
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

import thickecon as te
from thickecon.errors import FileFormatError, InputError, MissingExtraError, UnknownNameError
from thickecon.studies import Ratings, Recorded, TextValues, TfIdf
from thickecon.studies.text import town

OPTIONS = ("a park with trees", "a clinic with nurses and a dentist")
SAID = ("more trees please", "I see the nurses at the clinic", "peace", "trees, nurses, trees", "more trees please")


def words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w\w+", text.lower()) if word not in ENGLISH_STOP_WORDS]


def strings(text: str) -> list[str]:
    """Strings of 3 to 5 characters within words, the blank on either side included; a short word counts once."""
    made = []
    for word in text.lower().split():
        padded = f" {word} "
        for size in (3, 4, 5):
            made += [padded[k : k + size] for k in range(max(1, len(padded) - size + 1))]
            if len(padded) <= size:
                break
    return made


def table(corpus: list[str], texts: list[str], terms_of=words) -> np.ndarray:
    """TF-IDF with smoothed weights log((1 + n) / (1 + texts with the term)) + 1 and rows of unit length."""
    with_term = Counter(term for text in corpus for term in set(terms_of(text)))
    known = sorted(with_term)
    made = np.zeros((len(texts), len(known)))
    for i, text in enumerate(texts):
        counts = Counter(terms_of(text))
        for k, term in enumerate(known):
            made[i, k] = counts[term] * (math.log((1 + len(corpus)) / (1 + with_term[term])) + 1)
        length = math.sqrt(sum(made[i] ** 2))
        if length:
            made[i] /= length
    return made


@pytest.mark.parametrize(("name", "terms_of"), [("words", words), ("characters", strings)])
def test_scores_are_those_of_the_formula(name, terms_of) -> None:
    distinct = list(dict.fromkeys(SAID))
    vectors = table([*distinct, *OPTIONS], [*SAID, *OPTIONS], terms_of)
    expected = vectors[: len(SAID)] @ vectors[len(SAID) :].T
    assert TextValues(name).scores(SAID, OPTIONS) == pytest.approx(expected, abs=1e-12)


def test_scores_of_a_corpus_and_of_its_decomposition() -> None:
    """LSA: cosines in the span of the 20 greatest right singular vectors, here by numpy."""
    corpus, fresh = list(town.corpus()), ["living things by the river", "trees", "zzz"]
    known, new = table(corpus, corpus), table(corpus, fresh + list(town.OPTIONS))
    cut = new @ np.linalg.svd(known, full_matrices=False)[2][:20].T
    lengths = np.linalg.norm(cut, axis=1, keepdims=True)
    cut = cut / np.where(lengths > 1e-12, lengths, np.inf)
    for dimensions, vectors in ((None, new), (20, cut)):
        reader = TextValues(TfIdf(dimensions=dimensions, corpus=tuple(corpus)))
        expected = vectors[:3] @ vectors[3:].T
        assert reader.scores(fresh, town.OPTIONS) == pytest.approx(expected, abs=1e-8)
    assert (expected[2] == 0).all()


def test_without_a_corpus_others_change_how_one_is_read() -> None:
    alone = TextValues("words").scores(["trees and a clinic"], OPTIONS)[0]
    crowd = TextValues("words").scores(["trees and a clinic", "clinic one", "clinic two", "clinic three"], OPTIONS)[0]
    assert alone[0] != pytest.approx(crowd[0], abs=1e-3)
    fixed = TextValues(TfIdf(corpus=OPTIONS))
    assert (
        fixed.scores(["trees and a clinic"], OPTIONS)[0] == fixed.scores([*SAID, "trees and a clinic"], OPTIONS)[-1]
    ).all()


def test_the_town_is_complete() -> None:
    said = town.corpus()[:-6]
    assert [len(topic) for topic in town.STATEMENTS] == [5] * 6
    assert len(set(said)) == 90 == 30 * town.WORDINGS
    assert len(town.MOTIVES) == len(town.OPTIONS) == len(town.SLOGANS) == 6
    for option, slogan in zip(town.OPTIONS, town.SLOGANS, strict=True):  # a slogan names its option
        assert set(words(slogan)) & set(words(option))
    headings = [option.split(".")[0] for option in town.OPTIONS]  # the bare names, that were too little to read
    shared = [any(set(words(text)) & set(words(heading)) for heading in headings) for text in said]
    assert np.mean(shared) < 0.1
    full = [any(set(words(text)) & set(words(option)) for option in town.OPTIONS) for text in said]
    assert 0.5 < np.mean(full) < 0.65


def test_profile_and_winner() -> None:
    """Sums over statements and people by hand; one vote each is the mean over what an agent said."""
    vectors = {"a": [1.0, 0.0], "b": [0.0, 2.0], "c": [3.0, 4.0], "left": [5.0, 0.0], "right": [0.0, 1.0]}
    embed = lambda texts: [vectors[text] for text in texts]
    reader = TextValues(embed)
    said = [["a", "a", "a"], "b", "b"]
    profile = reader.profile(said, ["left", "right"], agents=["ann", "bob", "cy"])
    assert profile.revealed.tolist() == profile.endorsed.tolist() == [[3.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    assert [motive.name for motive in profile.motives] == ["text"]
    assert list(profile.agents) == ["ann", "bob", "cy"]
    assert reader.winner(said, ["left", "right"]) == 0
    assert TextValues(embed, one_vote=True).winner(said, ["left", "right"]) == 1
    assert reader.winner(said, ["left", "right"], mechanism=te.auctions.Majority()) == 1
    assert reader.scores(["c"], ["left", "right"]).tolist() == [[0.6, 0.8]]
    weighed = reader.profile(["a", "b"], ["left", "right"], people=[1, 5])
    assert te.welfare.Allocate().run(te.Choice(weighed)).shares[0].tolist() == [0.0, 1.0]


def test_the_mean_over_a_reference_is_taken_off() -> None:
    """Two options, the second like everything: without the mean it wins whatever is said."""
    vectors = {"a": [1.0, 1.0], "b": [0.0, 1.0], "left": [1.0, 0.0], "right": [0.0, 1.0]}
    embed = lambda texts: [vectors[text] for text in texts]
    root = 2**-0.5
    assert TextValues(embed).scores(["a"], ["left", "right"])[0] == pytest.approx([root, root])
    centred = TextValues(embed, reference=("a", "b"))
    expected = [[root / 2, (root - 1) / 2], [-root / 2, (1 - root) / 2]]  # means: root/2 and (root + 1)/2
    assert centred.scores(["a", "b"], ["left", "right"]) == pytest.approx(np.array(expected))
    assert TextValues(embed).winner(["a", "a", "b"], ["left", "right"]) == 1
    assert centred.winner(["a", "a", "b"], ["left", "right"]) == 0
    assert TextValues(embed, reference=["a"]) == TextValues(embed, reference=("a",))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="reference"):
        TextValues(embed, reference="a")  # type: ignore[arg-type]


def test_a_constant_embedding_leaves_it_to_the_lottery() -> None:
    reader = TextValues(lambda texts: np.ones((len(texts), 3)))
    won = np.bincount([reader.winner(SAID, ("x", "y", "z"), rng=seed) for seed in range(150)], minlength=3)
    assert won.min() > 30  # 50 each, deviation 5.8


def test_each_text_is_read_once() -> None:
    seen = []

    def embed(texts):
        seen.extend(texts)
        return np.eye(len(texts))

    TextValues(embed).scores(SAID * 50, OPTIONS)
    assert seen == [*dict.fromkeys(SAID), *OPTIONS]


@pytest.mark.parametrize(
    ("embed", "match"),
    [
        (lambda texts: np.zeros(len(texts)), r"finite numbers \(3, d\)"),
        (lambda texts: np.zeros((1, 2)), "found shape"),
        (lambda texts: np.full((len(texts), 2), np.nan), "finite"),
        (lambda texts: [[1.0], [1.0, 2.0], [1.0]], "did not return numbers"),
        (lambda texts: None, "finite numbers"),
    ],
)
def test_embeddings_that_return_something_else(embed, match) -> None:
    with pytest.raises(InputError, match=match):
        TextValues(embed).scores(["a"], ["x", "y"])


@pytest.mark.parametrize("row", [[1.0], [1.0, np.inf], ["a", "b"], 3.0])
def test_ratings_that_are_something_else(row) -> None:
    with pytest.raises(InputError, match="numbers"):
        TextValues(rate=lambda text, options: row).scores(["a"], ["x", "y"])


def test_bad_arguments() -> None:
    with pytest.raises(UnknownNameError, match="'words'"):
        TextValues("word")
    with pytest.raises(InputError, match="function of texts"):
        TextValues(3)  # type: ignore[arg-type]
    for said, options in (([], ["x"]), (["a"], []), ("a", ["x"]), (["a"], "x"), ([1], ["x"])):
        with pytest.raises(InputError, match=r"statements|options"):
            TextValues().scores(said, options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="one statement an agent"):
        TextValues().profile([["a"], []], ["x"])
    with pytest.raises(InputError, match="no term"):
        TextValues().scores(["the", "a"], ["of"])
    for broken in ({"unit": "line"}, {"sizes": (2, 1)}, {"sizes": (0, 1)}, {"dimensions": 0}):
        with pytest.raises(InputError):
            TfIdf(**broken)


def test_dimensions_are_cut_to_what_is_there() -> None:
    assert np.isfinite(TextValues("lsa").scores(["trees"], ["trees", "nurses"])).all()
    assert np.isfinite(TextValues("lsa").scores(["trees"], ["trees"])).all()


def test_without_scikit_learn(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(MissingExtraError, match=r"thickecon\[studies\]"):
        TextValues().scores(["trees"], ["trees"])
    assert TextValues(lambda texts: np.eye(len(texts))).scores(["trees"], ["nurses"]).tolist() == [[0.0]]


# ---- recorded answers ---------------------------------------------------------------------------------------


def test_answers_are_asked_once_and_replayed(tmp_path) -> None:
    asked = []

    def model(prompt: str) -> str:
        asked.append(prompt)
        return "[0.9, 0.1]" if "trees" in prompt.split("\n")[1] else "[0.2, 0.8]"

    place = tmp_path / "answers.json"
    live = TextValues(rate=Ratings(Recorded(place, ask=model)))
    said = ["more trees", "peace", "more trees", "see a nurse"]
    scores = live.scores(said, OPTIONS)
    assert scores.tolist() == [[0.9, 0.1], [0.2, 0.8], [0.9, 0.1], [0.2, 0.8]]
    assert len(asked) == 3
    assert "1. a park with trees\n2. a clinic" in asked[0]
    assert "list of 2 numbers" in asked[0]
    replayed = TextValues(rate=Ratings(Recorded(str(place))))
    assert (replayed.scores(said, OPTIONS) == scores).all()
    assert len(asked) == 3
    stored = json.loads(place.read_text(encoding="utf-8"))
    assert sorted(stored) == sorted(asked)
    with pytest.raises(InputError, match=r"no answer to .*Remedy: give ask="):
        replayed.scores(["something new"], OPTIONS)
    assert sorted(json.loads(place.read_text(encoding="utf-8"))) == sorted(asked)


def test_a_run_that_stops_keeps_its_answers(tmp_path) -> None:
    def failing(prompt: str) -> str:
        if prompt == "c":
            raise TimeoutError("no line")
        return prompt * 2

    recorded = Recorded(tmp_path / "answers.json", ask=failing)
    with pytest.raises(TimeoutError):
        [recorded(prompt) for prompt in "abcd"]
    assert json.loads((tmp_path / "answers.json").read_text()) == {"a": "aa", "b": "bb"}
    assert Recorded(tmp_path / "answers.json")("b") == "bb"


def test_an_embedding_can_be_recorded(tmp_path) -> None:
    place = tmp_path / "vectors.json"
    texts = {"a": (1.0, 0.1 + 0.2), "x": (1.0, 0.0), "y": (0.0, 1.0)}  # tuples: lists in JSON, from the first answer on
    first = Recorded(place, ask=texts.__getitem__)
    assert first("a") == [1.0, 0.1 + 0.2]
    live = TextValues(first.vectors).scores(["a"], ["x", "y"])
    assert (TextValues(Recorded(place).vectors).scores(["a"], ["x", "y"]) == live).all()
    odd = tmp_path / "odd.json"
    for content in ({"a": [1, 2], "b": [1]}, {"a": "hello", "b": [1]}, {"a": 1, "b": 2}):
        odd.write_text(json.dumps(content))
        with pytest.raises(InputError, match="lists of numbers"):
            Recorded(odd).vectors(["a", "b"])


def test_bad_files_and_bad_answers(tmp_path) -> None:
    with pytest.raises(FileFormatError, match="cannot be read"):
        Recorded(tmp_path / "none.json")("a")
    for content, match in (("[1]", "object"), ("{", "not JSON"), ("\ud800", "cannot be read")):
        (tmp_path / "bad.json").write_bytes(content.encode("utf-8", "surrogatepass"))
        with pytest.raises(FileFormatError, match=match):
            Recorded(tmp_path / "bad.json", ask=str)("a")
    for answer in ({1, 2}, math.nan, object()):
        with pytest.raises(InputError, match="JSON"):
            Recorded(tmp_path / "new.json", ask=lambda prompt, answer=answer: answer)("a")
    assert not (tmp_path / "new.json").exists()
    with pytest.raises(FileFormatError):
        Recorded(tmp_path / "no" / "folder.json", ask=str)("a")


@pytest.mark.parametrize("answer", ["yes", "[1]", "[1, null]", "{}", [1, 2, 3], None, "[1, NaN]"])
def test_a_model_that_does_not_answer_the_question(answer) -> None:
    with pytest.raises(InputError, match="answer on 'trees'"):
        Ratings(lambda prompt: answer)("trees", OPTIONS)


def test_prompts() -> None:
    seen = []
    ask = lambda prompt: seen.append(prompt) or [1, 0]
    Ratings(ask, "{{}} {statement} / {options}")("{options}", ("x", "y"))
    assert seen == ["{} {options} / 1. x\n2. y"]
    for prompt in ("{people}", "{", "{0}"):
        with pytest.raises(InputError, match="prompt"):
            Ratings(ask, prompt)
