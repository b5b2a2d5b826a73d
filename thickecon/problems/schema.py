"""The layout of problem files, version 1: one pydantic model for each kind, and the JSON Schema made from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, TypeAdapter, WithJsonSchema

from ..profiles.schema import Labels, Matrix, Part, ProfileDocument, Vector, vector

__all__ = ["FORMAT", "KINDS", "VERSION", "NormPart", "ProblemDocument", "problem_schema", "published_schemas"]

FORMAT = "thickecon/problem"
VERSION = 1


def _number_or_vector(value: Any) -> Any:
    """One number for all, or one for each."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return vector([value])[0]
    return vector(value)


_NUMBERS = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "array", "items": {"type": "number", "minimum": 0}}]}
Units = Annotated[Any, PlainValidator(_number_or_vector), WithJsonSchema(_NUMBERS)]


class NormPart(Part):
    """sum over rows of coefficient x taken, ``sense`` ``bound``."""

    name: str = Field(min_length=1)
    coefficients: Vector = Field(description="one for each row of the profile")
    sense: Literal["<=", ">=", "=="]
    bound: float = Field(allow_inf_nan=False)
    because: list[str] = Field(default_factory=list, description="motives it is held for")
    scope: Labels | None = Field(default=None, description="labels of the agents it binds; null: all")
    excuses: Labels | None = Field(default=None, description="labels of the agents who are excused")


class ProblemDocument(Part):
    """What all problems share."""

    format: Literal["thickecon/problem"]
    version: Literal[1]
    profile: ProfileDocument


class AssignmentDocument(ProblemDocument):
    """Options in limited supply."""

    kind: Literal["assignment"]
    supply: Units = Field(default=1, description="units of each option")
    demand: Units | None = Field(default=None, description="units an agent may take; null: no limit")
    conflicts: list[Labels] = Field(
        default_factory=list, description="pairs of options that no agent may hold together"
    )
    norms: list[NormPart] = Field(default_factory=list)


class MarketDocument(ProblemDocument):
    """Two sides; ``profile`` are the proposers, whose options are the receivers."""

    kind: Literal["market"]
    receivers: ProfileDocument = Field(description="receivers are its agents, proposers its options")
    receivers_are_agents: bool = Field(default=True, description="false: priorities, no self stands behind them")
    capacities: Units = Field(default=1, description="places of each receiver")
    demand: Units = Field(default=1, description="places a proposer may take")


class BidsDocument(ProblemDocument):
    """Bids on bundles of items."""

    kind: Literal["bids"]
    items: Labels = Field(description="labels, or how many there are")
    bundles: Matrix = Field(description="(options, items) units of each item that a bundle takes")
    language: Literal["XOR", "OR", "OR*", "additive", "unit"] = "XOR"
    supply: Units = Field(default=1, description="units of each item")


class ChoiceDocument(ProblemDocument):
    """One option for everybody."""

    kind: Literal["choice"]


KINDS: Mapping[str, type[ProblemDocument]] = {
    "assignment": AssignmentDocument,
    "bids": BidsDocument,
    "choice": ChoiceDocument,
    "market": MarketDocument,
}


def problem_schema() -> dict[str, Any]:
    """The JSON Schema of problem files, as published in ``docs/reference/schema/problem-v1.schema.json``."""
    union = Annotated[AssignmentDocument | BidsDocument | ChoiceDocument | MarketDocument, Field(discriminator="kind")]
    made = TypeAdapter(union).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Problem", **made}


def published_schemas() -> dict[str, dict[str, Any]]:
    """File name -> JSON Schema of everything in ``docs/reference/schema``.

    Examples
    --------
    >>> sorted(published_schemas())
    ['problem-v1.schema.json', 'profile-v1.schema.json']
    """
    from ..profiles import schema

    return {
        f"profile-v{schema.VERSION}.schema.json": schema.profile_schema(),
        f"problem-v{VERSION}.schema.json": problem_schema(),
    }
