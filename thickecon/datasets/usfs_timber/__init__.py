"""Bids in 200 timber auctions of the US Forest Service (MIT licence; see ``DESCR.md`` beside this file)."""

from .auctions import usfs_timber

__all__ = ["usfs_timber"]
