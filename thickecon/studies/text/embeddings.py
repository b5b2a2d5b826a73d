"""Readers of text that need no network and no weights: TF-IDF of words and of characters, and LSA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray
from ..._core.optional import require
from ..._core.registry import Registry
from ...errors import InputError

__all__ = ["EMBEDDINGS", "Embedding", "TfIdf"]

Embedding = Callable[[Sequence[str]], npt.ArrayLike]
"""Texts -> (texts, d) vectors."""


@dataclass(frozen=True)
class TfIdf:
    """Counts of words or of strings of characters, weighted down where many texts have them, in unit length.

    Parameters
    ----------
    unit
        "word", or "char": strings of characters within words.
    sizes
        Least and greatest number of units in a row that count as one term.
    dimensions
        None, or the rank of a singular value decomposition of the table (latent semantic analysis). Cut to what the
        texts allow.
    corpus
        Texts that terms and weights are learned from; none: the texts that are read, so that how one is read depends
        on which others there are.
    stop
        Words that do not count, in lower case, or scikit-learn's list for English; only for words.

    Raises
    ------
    InputError
        An unknown unit, sizes or dimensions below 1, or no term in any text.
    MissingExtraError
        scikit-learn is not installed.

    References
    ----------
    K. Spärck Jones (1972), doi:10.1108/eb026526; S. Deerwester et al. (1990),
    doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9

    Examples
    --------
    >>> table = TfIdf()(["a green park", "a park", "a clinic"])
    >>> [round(float(table[0] @ row), 3) for row in table]
    [1.0, 0.605, 0.0]
    """

    unit: Literal["word", "char"] = "word"
    sizes: tuple[int, int] = (1, 1)
    dimensions: int | None = None
    corpus: tuple[str, ...] = ()
    stop: tuple[str, ...] | Literal["english"] = "english"

    def __post_init__(self) -> None:
        if self.unit not in ("word", "char"):
            raise InputError(f"must be 'word' or 'char', found {self.unit!r}", where="unit")
        least, most = self.sizes
        if not 1 <= least <= most:
            raise InputError(f"must be 1 or more and in order, found {self.sizes}", where="sizes")
        if self.dimensions is not None and self.dimensions < 1:
            raise InputError(f"must be at least 1, found {self.dimensions}", where="dimensions")

    def __call__(self, texts: Sequence[str]) -> FloatArray:
        """(texts, d) vectors; a text that has none of the terms is 0."""
        counted, reduced = _learned(self) if self.corpus else self._learn(tuple(texts))
        table = counted.transform(texts)
        found = table.toarray() if reduced is None else reduced.transform(table)
        return np.asarray(found, dtype=np.float64)

    def _learn(self, texts: tuple[str, ...]) -> tuple[Any, Any]:
        """(terms and weights, decomposition or None)."""
        tool = require("sklearn.feature_extraction.text", "studies")
        stop: Any = None
        if self.unit == "word":
            stop = self.stop if self.stop == "english" else list(self.stop) or None
        kind = "word" if self.unit == "word" else "char_wb"
        counted = tool.TfidfVectorizer(analyzer=kind, ngram_range=self.sizes, stop_words=stop)
        try:
            table = counted.fit_transform(texts)
        except ValueError as err:
            raise InputError("hold no term that can be counted", where="texts") from err
        rank = min(table.shape) - 1 if self.dimensions is None else min(self.dimensions, min(table.shape) - 1)
        if self.dimensions is None or rank < 1:
            return counted, None
        # arpack is exact to rounding, so the vectors do not hang on a seed; its signs cancel in cosines
        reduced = require("sklearn.decomposition", "studies").TruncatedSVD(rank, algorithm="arpack", random_state=0)
        return counted, reduced.fit(table)


@lru_cache(maxsize=32)
def _learned(embedding: TfIdf) -> tuple[Any, Any]:
    """What was learned from a corpus that stays the same."""
    return embedding._learn(embedding.corpus)


EMBEDDINGS: Registry[Any] = Registry("embedding", "thickecon.embeddings")
EMBEDDINGS.add("words", TfIdf())
EMBEDDINGS.add("characters", TfIdf("char", (3, 5)))
EMBEDDINGS.add("lsa", TfIdf(dimensions=20))
