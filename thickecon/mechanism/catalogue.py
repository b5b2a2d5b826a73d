"""The catalogue of mechanisms: filled by registration, extended by other distributions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from .._core.registry import ClassRegistry

if TYPE_CHECKING:
    import pandas as pd

    from .mechanism import Mechanism

__all__ = ["MECHANISMS", "Catalogue", "catalogue", "register"]


def _base() -> type:
    from .mechanism import Mechanism

    return Mechanism


MECHANISMS = ClassRegistry("mechanism", "thickecon.mechanisms", _base)

M = TypeVar("M", bound="type[Mechanism]")


def register(name: str) -> Callable[[M], M]:
    """Class decorator that files a mechanism under ``wing.Name``.

    Other distributions declare an entry point of the group ``thickecon.mechanisms`` instead, and need not be
    imported to be listed.
    """

    def file(made: M) -> M:
        MECHANISMS.add(name, made)
        return made

    return file


class Catalogue(Mapping[str, "type[Mechanism]"]):
    """Names to mechanism classes.

    Examples
    --------
    >>> import thickecon as te
    >>> te.catalogue()["auctions.VCG"].title
    'Vickrey-Clarke-Groves'
    """

    def __getitem__(self, name: str) -> type[Mechanism]:
        found: type[Mechanism] = MECHANISMS[name]
        return found

    def __contains__(self, name: object) -> bool:
        return name in MECHANISMS

    def __iter__(self) -> Iterator[str]:
        return iter(MECHANISMS.names())

    def __len__(self) -> int:
        return len(MECHANISMS.names())

    def to_frame(self) -> pd.DataFrame:
        """One row a mechanism: title, what it decides, what it reads, reference."""
        import pandas as pd

        rows = [
            {
                "name": name,
                "title": made.title,
                "decides": " or ".join(kind.kind for kind in made.problem_kinds),
                "reads": " or ".join(kind.kind for kind in made.reads),
                "reference": made.reference,
            }
            for name, made in self.items()
        ]
        return pd.DataFrame(rows, columns=["name", "title", "decides", "reads", "reference"]).set_index("name")

    def __repr__(self) -> str:
        return f"Catalogue({', '.join(self)})"


def catalogue() -> Catalogue:
    """All mechanisms that are registered or declared by installed distributions."""
    return Catalogue()
