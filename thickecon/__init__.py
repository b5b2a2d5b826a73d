"""Auctions, matching and welfare with thick value profiles.

A *thick value profile* says what moves each agent's evaluations, and how far the agent stands behind each of
these motives. A *lens* says how such a profile is read; the standard toolkit reads what is revealed, whatever
manufactured it. The same mechanism, run through two lenses, shows what the difference is worth.

Importing this package loads the standard library only; every name is loaded on first use. The names are listed
in the stub ``__init__.pyi``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ._core.lazy import lazy, load_all

__version__ = "0.1.0.dev0"

__getattr__, __dir__, __all__ = lazy(__name__, __file__)

# Packages whose modules file mechanisms, lenses, yardsticks and estimators when they are imported.
_REGISTERING = ("lenses", "endorsement", "auctions", "matching", "welfare")


def catalogue(*args: Any, **kwargs: Any) -> Any:
    """Everything that can be run: mechanisms, lenses, yardsticks and estimators, also those of plug-ins.

    Other distributions add to it through the entry-point groups ``thickecon.mechanisms``, ``thickecon.lenses``,
    ``thickecon.yardsticks`` and ``thickecon.estimators``; to studies through ``thickecon.scenarios``.

    Parameters
    ----------
    *args, **kwargs
        Given on to :func:`thickecon.mechanism.catalogue.catalogue`.

    Returns
    -------
    object
        What :func:`thickecon.mechanism.catalogue.catalogue` returns once all wings are loaded.

    Warns
    -----
    UserWarning
        A plug-in cannot be loaded, or wants a name that is taken; it is left out.
    """
    for name in _REGISTERING:
        load_all(f"{__name__}.{name}")
    return import_module(".mechanism.catalogue", __name__).catalogue(*args, **kwargs)
