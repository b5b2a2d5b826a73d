"""Real course bids of 26 students for 23 courses (MIT licence; see ``DESCR.md`` beside this file)."""

from .converter import course, from_fairpyx, wanted

__all__ = ["course", "from_fairpyx", "wanted"]
