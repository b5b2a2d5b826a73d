"""Audits of mechanisms: what each axiom costs, and a witness that can be replayed.

Names are listed in the stub ``__init__.pyi`` and loaded on first use.
"""

from __future__ import annotations

from ..._core.lazy import lazy

__getattr__, __dir__, __all__ = lazy(__name__, __file__)
