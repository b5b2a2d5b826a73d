"""The published file format of moral graphs: values with attentional policies, and counted answers."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import EvidenceError, FileFormatError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MoralGraphFile", "read_moral_graph"]


class _Value(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: int | str
    title: str = ""
    policies: list[str] = Field(default_factory=list)
    criteria: list[str] = Field(default_factory=list, alias="evaluationCriteria")

    @property
    def attends_to(self) -> list[str]:
        return [text for text in (*self.policies, *self.criteria) if text.strip()]


class _Counts(BaseModel):
    model_config = ConfigDict(extra="ignore")
    wiser: int = Field(ge=0, alias="markedWiser")
    not_wiser: int = Field(ge=0, alias="markedNotWiser")
    less_wise: int = Field(default=0, ge=0, alias="markedLessWise")
    unsure: int = Field(default=0, ge=0, alias="markedUnsure")
    impressions: int = Field(default=0, ge=0)


class _Edge(BaseModel):
    model_config = ConfigDict(extra="ignore")
    source: int | str = Field(alias="sourceValueId")
    target: int | str = Field(alias="wiserValueId")
    contexts: list[str] = Field(default_factory=lambda: [""])
    counts: _Counts
    summary: dict[str, Any] = Field(default_factory=dict)


class _Graph(BaseModel):
    model_config = ConfigDict(extra="ignore")
    values: list[_Value]
    edges: list[_Edge]


@dataclass(frozen=True, eq=False)
class MoralGraphFile:
    """A published graph, read.

    Attributes
    ----------
    values
        Index id; title, and attends_to (tuple of attentional policies).
    answers
        Layout Upgrades: from, to, context, answer, n; what ``MoralGraph.fit`` reads.
    edges
        A row an edge and context: W, N, U, L, I, and the file's own likelihood and entropy.
    """

    values: pd.DataFrame
    answers: pd.DataFrame
    edges: pd.DataFrame


def read_moral_graph(
    source: str | os.PathLike[str] | dict[str, Any], *, slogans: Literal["refuse", "drop"] = "refuse"
) -> MoralGraphFile:
    """Read a moral graph in the format of the Meaning Alignment Institute's exports (2023 and 2024 on).

    A count of "less wise" is an answer that the source is wiser than the target. Where the file has that edge too, in
    the same context, its own count is taken; else the count becomes answers to the reverse.

    Parameters
    ----------
    source
        Path of a JSON file, or its content.
    slogans
        A value without attentional policies says nothing that could be endorsed: ``"refuse"`` the file, or ``"drop"``
        the value with its edges.

    Raises
    ------
    FileFormatError
        No such file, no JSON, or another format; the first faults are named.
    EvidenceError
        A value that attends to nothing (``slogans="refuse"``), an edge to a value that is not there, an edge twice.
    """
    content, where = (source, "moral graph") if isinstance(source, dict) else (_load(source), os.fspath(source))
    try:
        graph = _Graph.model_validate(content)
    except ValidationError as err:
        said = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].lower()}" for fault in err.errors()[:5])
        raise FileFormatError(f"is no moral graph: {said}", where=str(where)) from err
    empty = [value.id for value in graph.values if not value.attends_to]
    if empty and slogans == "refuse":
        raise EvidenceError(
            f"value {empty[0]!r} has no attentional policies: a title alone says nothing that could be endorsed",
            where=str(where),
            remedy="slogans='drop'",
        )
    return _tables(graph, set(empty), str(where))


def _tables(graph: _Graph, dropped: set[int | str], where: str) -> MoralGraphFile:
    import pandas as pd

    known = {value.id: value for value in graph.values if value.id not in dropped}
    values = pd.DataFrame(
        {"title": [v.title for v in known.values()], "attends_to": [tuple(v.attends_to) for v in known.values()]},
        index=pd.Index(list(known), name="id"),
    )
    rows = []
    for k, edge in enumerate(graph.edges):
        for end in (edge.source, edge.target):
            if end not in known and end not in dropped:
                raise EvidenceError(f"edge {k} names value {end!r}, which is not there", where=where)
        if edge.source in dropped or edge.target in dropped:
            continue
        counts, context = edge.counts, " / ".join(edge.contexts) or ""
        rows.append(
            (edge.source, edge.target, context, counts.wiser, counts.not_wiser,
             counts.unsure, counts.less_wise, counts.impressions,
             edge.summary.get("wiserLikelihood", np.nan), edge.summary.get("entropy", np.nan))
        )  # fmt: skip
    names = ["from", "to", "context", "W", "N", "U", "L", "I", "likelihood", "entropy"]
    edges = pd.DataFrame(rows, columns=names)
    twice = edges.duplicated(["from", "to", "context"])
    if twice.any():
        a, b, context = (edges[name].iloc[int(np.argmax(twice.to_numpy()))] for name in ("from", "to", "context"))
        raise EvidenceError(f"the edge {a!r} -> {b!r} in {context!r} is there twice", where=where)
    here = set(zip(edges["from"], edges["to"], edges["context"], strict=True))
    answers = []
    for e in edges.itertuples(index=False):
        a, b, context = e[0], e[1], e[2]
        answers += [(a, b, context, "wiser", e[3]), (a, b, context, "not", e[4]), (a, b, context, "unsure", e[5])]
        if e[6] and (b, a, context) not in here:
            answers.append((b, a, context, "wiser", e[6]))
    table = pd.DataFrame(answers, columns=["from", "to", "context", "answer", "n"])
    return MoralGraphFile(values, table[table["n"] > 0].reset_index(drop=True), edges)


def _load(path: str | os.PathLike[str]) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as err:
        raise FileFormatError(f"cannot be read as JSON ({err})", where=os.fspath(path)) from err
