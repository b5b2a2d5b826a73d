"""Matching algorithms on arrays: arrays in, arrays out, no names, no lenses.

Names are listed in the stub ``__init__.pyi`` and loaded on first use, so that numba is not imported before a
kernel is called for.
"""

from __future__ import annotations

from ..._core.lazy import lazy

# bound here and not on first use: else the module of this name would hide the function; it imports no numba
from .deferred_acceptance import deferred_acceptance as deferred_acceptance

__getattr__, __dir__, __all__ = lazy(__name__, __file__)
