"""Names of data sets, and what each is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from .._core.registry import Registry
from ..errors import FileFormatError

__all__ = ["DATASETS", "Dataset", "describe", "load", "names"]


@dataclass(frozen=True)
class Dataset:
    """A data set that can be loaded by name.

    Parameters
    ----------
    load
        Returns the data; keyword arguments choose a variant.
    describe
        Returns what it is: fields, units, size, origin, licence.
    """

    load: Callable[..., Any]
    describe: Callable[[], str]


DATASETS: Registry[Dataset] = Registry("data set", "thickecon.datasets")


def _own(name: str) -> Dataset:
    """The package or module ``thickecon.datasets.<name>``, imported on first use.

    It has a function called like itself (or ``load``), and a text ``DESCR.md`` beside it, or ``DESCR`` in it.
    """
    module_name = f"{__package__}.{name}"

    def load(**variant: Any) -> Any:
        module = import_module(module_name)
        return getattr(module, name, getattr(module, "load", None))(**variant)  # type: ignore[misc]

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

    return Dataset(load, describe)


for _name in ("course", "many_labs"):
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

    Examples
    --------
    >>> load("course").profile.n_agents
    26
    """
    return DATASETS[name].load(**variant)


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
