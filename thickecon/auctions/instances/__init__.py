"""Random auctions that state their law.

The laws draw what bidders endorse. ``influence=`` lays manufactured parts over the bids: each becomes a motive of kind
"influence" with its owner, so that the revealed value of a row is the value plus what was manufactured, and the
endorsed value is the value. The value is drawn first: with one seed it is the same under every influence.

Names are listed in the stub ``__init__.pyi`` and loaded on first use.
"""

from __future__ import annotations

from ..._core.lazy import lazy

__getattr__, __dir__, __all__ = lazy(__name__, __file__)
