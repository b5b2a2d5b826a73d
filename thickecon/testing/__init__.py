"""For people who write their own mechanism: hypothesis strategies and a conformance suite."""

from .._core.lazy import lazy

__getattr__, __dir__, __all__ = lazy(__name__, __file__)
