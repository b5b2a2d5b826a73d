"""The public names. This list is read by type checkers and, at run time, by ``_core.lazy``."""

from . import strategies as strategies

__all__: list[str]
