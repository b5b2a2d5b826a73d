"""Estimators: parameters in, ``fit(data)``, an estimate out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .._core.registry import ClassRegistry
from .estimate import Estimate, Kind

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ESTIMATORS", "Estimator", "register"]

ESTIMATORS = ClassRegistry("estimator", "thickecon.estimators", lambda: Estimator, needs=("kind",))
"""Names to estimator classes; a module files its estimator when it is imported."""

E = TypeVar("E", bound="type[Estimator]")


def register(name: str) -> Callable[[E], E]:
    """Class decorator that files an estimator under ``name``.

    Other distributions declare an entry point of the group ``thickecon.estimators`` instead.
    """

    def file(made: E) -> E:
        ESTIMATORS.add(name, made)
        return made

    return file


@dataclass(frozen=True)
class Estimator(ABC):
    """A published method with its parameters; a subclass is a frozen dataclass of them.

    Attributes
    ----------
    name, title
        In the registry and in reports.
    kind
        Of the estimate, which decides what its ``apply`` may do.
    citation, doi
        Of the method.
    layout
        Name of the data layout that ``fit`` reads (:data:`thickecon.endorsement.LAYOUTS`).
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    kind: ClassVar[Kind]
    citation: ClassVar[str] = ""
    doi: ClassVar[str | None] = None
    layout: ClassVar[str] = ""

    @abstractmethod
    def fit(self, data: pd.DataFrame) -> Estimate:
        """Estimate from a table in the estimator's layout.

        Raises
        ------
        EvidenceError
            The table does not have the layout, or does not identify the quantity.
        """

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters by name, for provenance."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
