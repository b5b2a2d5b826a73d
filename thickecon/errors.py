"""What can go wrong, in about ten classes.

Every message says what must hold, what was found and where, and what usually helps. All errors are
:class:`ThickEconError`; those about input are also :class:`ValueError`, so ordinary code catches them.
"""

from __future__ import annotations

__all__ = [
    "EvidenceError",
    "FileFormatError",
    "InfeasibleError",
    "InputError",
    "LensError",
    "MissingExtraError",
    "NotApplicableError",
    "ProblemError",
    "ProfileError",
    "SizeError",
    "SolverError",
    "StoreError",
    "ThickEconError",
    "UnknownNameError",
]


class ThickEconError(Exception):
    """Base of every error raised on purpose by this package.

    Parameters
    ----------
    what
        What must hold and what was found.
    where
        The place: argument, agent, row, column, file.
    remedy
        What usually helps.
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what, self.where, self.remedy = what, where, remedy
        place = f"{where}: " if where else ""
        cure = f" Remedy: {_sentence(remedy)}" if remedy else ""
        super().__init__(f"{place}{_sentence(what)}{cure}")


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text.rstrip('.')}."


class InputError(ThickEconError, ValueError):
    """An argument is not what the function is defined for."""


class ProfileError(InputError):
    """Contributions, endorsement or labels of a profile are not well formed."""


class ProblemError(InputError):
    """A problem (supply, capacities, bundles, norms) is not well formed."""


class EvidenceError(InputError):
    """Data given to an estimator, or an estimate applied to a profile, does not fit."""


class FileFormatError(InputError):
    """A file is not what its name promises: alien, truncated, unsorted or of another version."""


class UnknownNameError(InputError, KeyError):
    """A name (agent, option, motive, mechanism, yardstick) does not exist; the nearest one is suggested."""

    def __str__(self) -> str:  # KeyError would print the repr
        return Exception.__str__(self)


class SizeError(InputError):
    """The answer would be too large to hold; the message names a smaller view of it."""


class LensError(ThickEconError, TypeError):
    """A mechanism cannot read what a lens returns; the message names a lens or completion that would do."""


class NotApplicableError(ThickEconError):
    """A quantity is not defined for this mechanism (for example a loss bound for a non-maximiser)."""


class InfeasibleError(ThickEconError):
    """No outcome satisfies the constraints.

    Attributes
    ----------
    conflict
        Names of a smallest set of constraints that cannot hold together.
    """

    def __init__(
        self,
        what: str,
        *,
        conflict: tuple[str, ...] = (),
        where: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.conflict = conflict
        super().__init__(what, where=where, remedy=remedy)


class SolverError(ThickEconError, RuntimeError):
    """A solver stopped without the answer it was asked for; its name and status are in the message."""


class StoreError(ThickEconError):
    """A folder of study results cannot be written to, belongs to another suite, is in use, or is damaged."""


class MissingExtraError(ThickEconError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""
