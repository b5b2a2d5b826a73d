"""Answers of a model that were paid for once: asked, written down, and replayed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..._core.arrays import FloatArray
from ...errors import InputError
from ..store.answers import read_answers, write_answers

__all__ = ["PROMPT", "Ratings", "Recorded"]

PROMPT = (
    "Somebody says what matters to them:\n{statement}\n\nA choice is to be made between:\n{options}\n\nHow well does"
    " each option serve what matters to this person, from 0 (not at all) to 1 (fully)? Answer with a JSON list of"
    " {count} numbers in the order of the options, and nothing else."
)
"""What :class:`Ratings` asks unless told otherwise."""


@dataclass(frozen=True)
class Recorded:
    """Prompt -> answer from a JSON file. A prompt that is not in it is an error, or is asked and added.

    A study that rests on a model can then be run by anybody, without the model and with the same numbers. The file is
    one JSON object; it is replaced whole after every new answer, so a run that stops keeps what was answered. One
    process at a time should ask; any number may replay.

    Parameters
    ----------
    path
        Of the file. It may be missing if ``ask`` is given.
    ask
        Function of a prompt that returns an answer, text or anything else that JSON can hold; None: replay only.

    Raises
    ------
    InputError
        No answer is recorded and nobody may be asked; an answer that JSON cannot hold; answers that are no vectors.
    FileFormatError
        The file is missing, not a JSON object, or cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = pathlib.Path(folder) / "answers.json"
    ...     first = Recorded(place, ask=str.upper)("peace")
    ...     replayed = Recorded(place)("peace")
    >>> first, replayed
    ('PEACE', 'PEACE')
    """

    path: str | os.PathLike[str]
    ask: Callable[[str], Any] | None = None

    @cached_property
    def _answers(self) -> dict[str, Any]:
        return read_answers(self.path, missing_is_empty=self.ask is not None)

    def __call__(self, prompt: str) -> Any:
        """The answer to a prompt."""
        if prompt not in self._answers:
            if self.ask is None:
                shown = prompt if len(prompt) <= 80 else prompt[:77] + "..."
                raise InputError(
                    f"has no answer to {shown!r}",
                    where=str(self.path),
                    remedy="give ask= a function of the prompt once; its answers are then recorded",
                )
            answer = self.ask(prompt)
            try:
                kept = json.loads(json.dumps(answer, allow_nan=False))  # what a replay will give, already now
            except (TypeError, ValueError) as err:
                raise InputError(f"must return what JSON can hold ({err})", where="ask") from err
            write_answers(self.path, {**self._answers, prompt: kept})
            self._answers[prompt] = kept
        return self._answers[prompt]

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """(texts, d) where answers are lists of numbers: an embedding that is recorded, for ``TextValues(embed=)``."""
        found = [self(text) for text in texts]
        try:
            table = np.asarray(found, dtype=np.float64)
        except (TypeError, ValueError) as err:
            raise InputError("are not lists of numbers of one length", where=str(self.path)) from err
        if table.ndim != 2:
            raise InputError("are not lists of numbers of one length", where=str(self.path))
        return table


@dataclass(frozen=True)
class Ratings:
    """How well options serve a statement, as a language model says: for ``TextValues(rate=)``.

    Parameters
    ----------
    answer
        Function of a prompt, for example a :class:`Recorded` one. It returns a list of numbers, or text that is one
        in JSON.
    prompt
        With ``{statement}``, ``{options}`` (numbered, a line each) and ``{count}``; other braces are doubled.

    Raises
    ------
    InputError
        An answer that is not a list of as many finite numbers as there are options; a prompt with other places.

    Examples
    --------
    >>> Ratings(lambda prompt: "[1, 0.25]")("more trees", ("a park", "a clinic")).tolist()
    [1.0, 0.25]
    """

    answer: Callable[[str], Any]
    prompt: str = PROMPT

    def __post_init__(self) -> None:
        try:
            self.prompt.format(statement="", options="", count=0)
        except (LookupError, ValueError) as err:
            raise InputError(f"has a place that cannot be filled ({err})", where="prompt") from err

    def __call__(self, statement: str, options: tuple[str, ...]) -> FloatArray:
        """(options,) numbers."""
        listed = "\n".join(f"{k}. {text}" for k, text in enumerate(options, 1))
        words = {"statement": statement, "options": listed, "count": len(options)}
        found = self.answer(self.prompt.format(**words))
        try:
            row = np.asarray(json.loads(found) if isinstance(found, str) else found, dtype=np.float64)
        except (TypeError, ValueError) as err:
            raise InputError(f"is not a list of numbers: {found!r}", where=f"answer on {statement!r}") from err
        if row.shape != (len(options),) or not np.isfinite(row).all():
            raise InputError(
                f"must be {len(options)} finite numbers, found {found!r}", where=f"answer on {statement!r}"
            )
        return row
