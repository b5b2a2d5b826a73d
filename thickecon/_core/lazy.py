"""Names that are loaded on first use, so that importing a package costs nothing.

A package lists its public names once, in the typed stub beside its ``__init__``; editors and type checkers read
the stub, and at run time :func:`lazy` reads it too (Scientific Python SPEC 1). A new name is one new line there.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["lazy", "load_all", "stub_names"]


def stub_names(stub: str) -> dict[str, tuple[str, str | None]]:
    """Where each name of a stub lives.

    Parameters
    ----------
    stub
        Text of an ``__init__.pyi``. Read are lines ``from .module import Name as Name`` and, for packages beside
        the stub, ``from . import package as package``; other lines are the stub's own affair.

    Returns
    -------
    dict
        {name: (module, object)}; the object is None where the name is a module beside the stub.

    Raises
    ------
    ValueError
        A name has two homes.

    Examples
    --------
    >>> stub_names("from .auctions.vcg import VCG as VCG")
    {'VCG': ('.auctions.vcg', 'VCG')}
    >>> stub_names("from . import auctions as auctions")
    {'auctions': ('.auctions', None)}
    """
    homes: dict[str, tuple[str, str | None]] = {}
    for node in ast.parse(stub).body:
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.asname is None:
                continue  # needed by the stub itself, not given on
            if alias.asname in homes:
                raise ValueError(f"{alias.asname} has two homes: {homes[alias.asname][0]} and {module}")
            homes[alias.asname] = (module, alias.name) if node.module else (module + alias.name, None)
    return homes


def lazy(package: str, init: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` (PEP 562) of a package, from the stub beside its ``__init__``.

    Parameters
    ----------
    package, init
        ``__name__`` and ``__file__`` of the package.

    Returns
    -------
    tuple
        The three things its ``__init__`` binds.

    Raises
    ------
    ValueError
        A name has two homes.
    """
    homes = stub_names(Path(init).with_suffix(".pyi").read_text(encoding="utf-8"))
    public = sorted(homes)

    def __getattr__(name: str) -> Any:  # noqa: N807 - bound by the package that calls us
        try:
            module, attribute = homes[name]
        except KeyError:
            raise AttributeError(f"module {package!r} has no attribute {name!r}{_hint(name, public)}") from None
        found: Any = importlib.import_module(module, package)
        if attribute is not None:
            if not hasattr(found, attribute):  # ``from .profiles import samplers``: a module that nobody loaded yet
                _load_submodule(f"{found.__name__}.{attribute}")
            found = getattr(found, attribute)
        setattr(sys.modules[package], name, found)  # the next look-up finds it without coming here
        return found

    def __dir__() -> list[str]:  # noqa: N807
        return sorted({*public, *(name for name in vars(sys.modules[package]) if name.startswith("__"))})

    return __getattr__, __dir__, public


def _load_submodule(name: str) -> None:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as err:
        if err.name != name:  # it exists, and something that it needs does not
            raise


def _hint(name: str, known: list[str]) -> str:
    import difflib  # only when something went wrong

    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def load_all(package: str) -> None:
    """Load every public name of ``package``, so that what registers on import is registered.

    Raises
    ------
    ImportError
        The package or a module it names cannot be imported.
    AttributeError
        A module does not have a promised name.
    """
    module = importlib.import_module(package)
    for name in getattr(module, "__all__", ()):
        getattr(module, name)
