"""Names of data sets, and what each is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from inspect import signature
from typing import Any

from .._core.registry import Registry
from ..errors import FileFormatError, InputError

__all__ = ["DATASETS", "Dataset", "describe", "load", "names"]


@dataclass(frozen=True)
class Dataset:
    """A data set that can be loaded by name.

    Parameters
    ----------
    loader
        Returns the function that loads it, whose keyword arguments choose a variant.
    describe
        Returns what it is: fields, units, size, origin, licence.
    """

    loader: Callable[[], Callable[..., Any]]
    describe: Callable[[], str]


DATASETS: Registry[Dataset] = Registry("data set", "thickecon.datasets")


def _own(name: str) -> Dataset:
    """The package or module ``thickecon.datasets.<name>``, imported on first use.

    It has a function called like itself (or ``load``), and a text ``DESCR.md`` beside it, or ``DESCR`` in it.
    """
    module_name = f"{__package__}.{name}"

    def loader() -> Callable[..., Any]:
        module = import_module(module_name)
        function: Callable[..., Any] = getattr(module, name if hasattr(module, name) else "load")
        return function

    def describe() -> str:
        module = import_module(module_name)
        if hasattr(module, "DESCR"):
            return str(module.DESCR)
        text = files(module).joinpath("DESCR.md") if hasattr(module, "__path__") else None
        if text is not None and text.is_file():
            return text.read_text(encoding="utf-8")
        if not module.__doc__:
            raise FileFormatError("says nothing about itself", where=module_name, remedy="give it DESCR")
        return module.__doc__

    return Dataset(loader, describe)


for _name in ("course", "many_labs", "social_feed_audit", "usfs_timber"):
    if find_spec(f"{__package__}.{_name}") is not None:
        DATASETS.add(_name, _own(_name))


def names() -> list[str]:
    """Names of all data sets, also those of plug-ins (entry points ``thickecon.datasets``)."""
    return DATASETS.names()


def load(name: str, **variant: Any) -> Any:
    """A data set by name: a problem, or a frame where the data are not a problem.

    Parameters
    ----------
    name
        One of :func:`names`.
    **variant
        What the data set offers, for example ``capacities="scarce"``; see :func:`describe`.

    Raises
    ------
    UnknownNameError
        There is no such data set.
    InputError
        The data set has no such variant, or needs to be told more (a path, for data that may not be shipped).

    Examples
    --------
    >>> load("course").profile.n_agents
    26
    """
    loader = DATASETS[name].loader()
    try:
        signature(loader).bind(**variant)
    except TypeError as err:
        raise InputError(
            f"cannot be loaded with {variant}: {err}", where=f"data set {name!r}", remedy=f"see describe({name!r})"
        ) from err
    return loader(**variant)


def describe(name: str) -> str:
    """What a data set is: fields, units, size, variants, origin and licence.

    Raises
    ------
    UnknownNameError
        There is no such data set.

    Examples
    --------
    >>> describe("course").splitlines()[0]
    'Course seats, Ariel University, computer science, year 5783 (2022/23)'
    """
    return DATASETS[name].describe()
