"""TextValues: what people write, compared with what options say."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray
from ...errors import InputError
from ...mechanism.mechanism import Mechanism
from ...problems.choice import Choice
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ...welfare.allocate import Allocate
from .embeddings import EMBEDDINGS, Embedding

__all__ = ["Rate", "TextValues", "cosines"]

Rate = Callable[[str, tuple[str, ...]], npt.ArrayLike]
"""(statement, options) -> (options,) numbers."""
Statements = Sequence[str | Sequence[str]]


@dataclass(frozen=True)
class TextValues:
    """Values as free text, read by similarity: the more a statement is like an option, the more its author wants it.

    Statements and options become vectors, their cosines are scores, and scores are added up over what an agent said
    and over agents. Nothing tells a value from a slogan, and nothing says why. It is a weak reader: what it gets wrong
    bounds nothing about better ones. Nothing is downloaded.

    Parameters
    ----------
    embed
        "words" (TF-IDF of words), "characters" (of strings of 3 to 5 characters), "lsa" (20 dimensions of a singular
        value decomposition), a name that a plug-in registers under ``thickecon.embeddings``, or any function of
        k texts that returns (k, d) numbers. The built-in ones learn from the texts that they read; see
        :class:`thickecon.studies.text.embeddings.TfIdf` for a corpus that stays the same.
    rate
        Scores in place of cosines: a function of a statement and the options, such as
        :class:`thickecon.studies.text.recorded.Ratings` of a language model. ``embed`` is then not used.
    one_vote
        Divide each agent's scores by the number of its statements, so that nobody counts twice by saying more.
    reference
        Texts of the kind that is read. The mean of their scores is taken off each option's, so that an option that is
        like whatever is said gains nothing by it; often the difference between a reader that always names the same
        option and one that listens.

    Raises
    ------
    UnknownNameError
        No embedding has that name.
    InputError
        A reader returns something else than finite numbers of the right shape; no statements or no options.
    MissingExtraError
        A built-in embedding without scikit-learn (``pip install 'thickecon[studies]'``).

    Examples
    --------
    >>> reader = TextValues("words")
    >>> options = ["a park with trees", "a clinic with nurses"]
    >>> reader.winner(["more trees please", "I love any park", "see a doctor soon"], options)
    0
    >>> reader.scores(["see a doctor soon"], options).tolist()  # no word in common: it moves nothing
    [[0.0, 0.0]]
    """

    embed: str | Embedding = "words"
    rate: Rate | None = None
    one_vote: bool = False
    reference: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.embed, str):
            EMBEDDINGS[self.embed]
        elif not callable(self.embed):
            raise InputError(f"must be a name or a function of texts, found {self.embed!r}", where="embed")
        if self.reference:
            object.__setattr__(self, "reference", _texts(self.reference, "reference"))

    def scores(self, statements: Sequence[str], options: Sequence[str]) -> FloatArray:
        """(statements, options) how like; each different statement is read once.

        Parameters
        ----------
        statements, options
            Texts.
        """
        said, asked = _texts(statements, "statements"), _texts(options, "options")
        place = {text: k for k, text in enumerate(dict.fromkeys((*said, *self.reference)))}
        if self.rate is not None:
            read = np.stack([_rated(self.rate, text, asked) for text in place])
        else:
            embed: Any = EMBEDDINGS[self.embed] if isinstance(self.embed, str) else self.embed
            vectors = _vectors(embed, (*place, *asked))
            read = cosines(vectors[: len(place)], vectors[len(place) :])
        made: FloatArray = read[[place[text] for text in said]]
        if self.reference:
            made = made - read[[place[text] for text in self.reference]].mean(axis=0)
        return made

    def profile(
        self,
        statements: Statements,
        options: Sequence[str],
        *,
        agents: Iterable[Hashable] | None = None,
        names: Iterable[Hashable] | None = None,
        people: npt.ArrayLike | None = None,
    ) -> ThickProfile:
        """What any mechanism can run on: one motive, "text", all of it endorsed, since a text does not say.

        Parameters
        ----------
        statements
            One an agent, or a list of them.
        options
            Texts.
        agents, names
            Labels of agents and of options; none: positions, and the texts of the options.
        people
            (n,) people that an agent stands for.
        """
        each = [[said] if isinstance(said, str) else list(said) for said in statements]
        if not all(each):
            raise InputError("must have at least one statement an agent", where="statements")
        owner = np.repeat(np.arange(len(each)), [len(said) for said in each])
        read = self.scores([text for said in each for text in said], options)
        total = np.zeros((len(each), len(options)))
        np.add.at(total, owner, read)
        if self.one_vote:
            total /= np.bincount(owner)[:, None]
        return ThickProfile.from_arrays(
            total[:, None, :],
            motives=[Motive("text")],
            agents=agents,
            options=options if names is None else names,
            weights=people,
        )

    def winner(
        self,
        statements: Statements,
        options: Sequence[str],
        *,
        mechanism: Mechanism | None = None,
        rng: int | np.random.Generator | None = None,
    ) -> int:
        """Position of the option that is chosen for all.

        Parameters
        ----------
        mechanism
            For a :class:`thickecon.problems.Choice`; none: the greatest sum of scores, ties by lottery.
        rng
            Of the lottery.
        """
        problem = Choice(self.profile(statements, options, names=range(len(options))))
        return int(np.argmax((mechanism or Allocate()).run(problem, rng=rng).shares[0]))


def cosines(one: npt.ArrayLike, other: npt.ArrayLike) -> FloatArray:
    """(a, b) cosines of rows (a, d) and (b, d); 0 where a row is 0.

    Examples
    --------
    >>> cosines([[3.0, 4.0], [0.0, 0.0]], [[1.0, 0.0]]).tolist()
    [[0.6], [0.0]]
    """
    rows = [np.asarray(table, dtype=np.float64) for table in (one, other)]
    units = []
    for table in rows:
        length = np.sqrt((table**2).sum(axis=1, keepdims=True))
        units.append(np.divide(table, length, out=np.zeros_like(table), where=length > 0))
    made: FloatArray = units[0] @ units[1].T
    return made


def _texts(given: Sequence[str], where: str) -> tuple[str, ...]:
    if isinstance(given, str) or not all(isinstance(text, str) for text in given):
        raise InputError("must be a list of texts", where=where)
    if not len(given):
        raise InputError("must not be empty", where=where)
    return tuple(given)


def _vectors(embed: Embedding, texts: tuple[str, ...]) -> FloatArray:
    try:
        table = np.asarray(embed(texts), dtype=np.float64)
    except (TypeError, ValueError) as err:
        if isinstance(err, InputError):
            raise
        raise InputError(f"did not return numbers ({err})", where="embed") from err
    if table.ndim != 2 or len(table) != len(texts) or not np.isfinite(table).all():
        raise InputError(f"must return finite numbers ({len(texts)}, d), found shape {table.shape}", where="embed")
    return table


def _rated(rate: Rate, text: str, options: tuple[str, ...]) -> FloatArray:
    try:
        row = np.asarray(rate(text, options), dtype=np.float64)
    except (TypeError, ValueError) as err:
        if isinstance(err, InputError):
            raise
        raise InputError(f"did not return numbers for {text!r} ({err})", where="rate") from err
    if row.shape != (len(options),) or not np.isfinite(row).all():
        raise InputError(f"must return {len(options)} finite numbers, found {row.tolist()} for {text!r}", where="rate")
    return row
