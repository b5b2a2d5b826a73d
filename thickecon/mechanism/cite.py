"""How to cite an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InputError
from .provenance import package_version

if TYPE_CHECKING:
    from .mechanism import Mechanism
    from .outcome import Outcome

__all__ = ["cite"]


def cite(thing: Outcome | Mechanism) -> str:
    """BibTeX entries for the package (its version) and for the source of the mechanism.

    Parameters
    ----------
    thing
        An outcome, or a mechanism.

    Raises
    ------
    InputError
        Neither.
    """
    from .mechanism import Mechanism

    mechanism = thing if isinstance(thing, Mechanism) else getattr(thing, "mechanism", None)
    if not isinstance(mechanism, Mechanism):
        raise InputError(f"must be an outcome or a mechanism, found {type(thing).__name__}", where="cite")
    key = mechanism.name.replace(".", "_").lower()
    entries = [
        "@software{thickecon,\n  title = {thickecon: mechanism design with thick value profiles},\n"
        f"  version = {{{package_version()}}},\n  author = {{{{thickecon developers}}}}\n}}"
    ]
    if mechanism.reference:
        entries.append(f"@misc{{{key},\n  title = {{{mechanism.title}}},\n  doi = {{{mechanism.reference}}}\n}}")
    return "\n\n".join(entries) + "\n"
