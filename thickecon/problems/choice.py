"""Options for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import ProblemError
from .problem import Problem, require_profile

__all__ = ["Choice"]


@dataclass(frozen=True, eq=False)
class Choice(Problem):
    """A social decision: what is realised is realised for all agents.

    Exactly one option, unless the mechanism decides on a set of them (projects of a common budget) or divides.

    Raises
    ------
    ProblemError
        An agent does not evaluate some option.
    """

    kind: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        profile = require_profile(self.profile, "Choice.profile")
        if not profile.index.dense:
            counts = profile.index.indptr[1:] - profile.index.indptr[:-1]
            at = int((counts < profile.n_options).argmax())
            raise ProblemError(
                f"every agent must evaluate all {profile.n_options} options, agent {profile.agents[at]!r}"
                f" evaluates {int(counts[at])}",
                where="Choice.profile",
                remedy="write 0 for options an agent does not care about",
            )
