"""Span and moreishness: how long people stay, what they endorse of it, and when they quit for good."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError

__all__ = ["Session"]


@dataclass(frozen=True)
class Session:
    """A feed that gives the endorsed self v - W an item while interest lasts, and -W afterwards.

    Interest survives each item with chance q; after it is gone the deciding self stays for a further item with chance
    p. The endorsed self decides whether to open the feed at all.

    Parameters
    ----------
    value, span, moreishness, time
        v, q, p and W, what an item's time is worth elsewhere.

    Raises
    ------
    InputError
        Chances outside [0, 1), a value or time that is negative.

    References
    ----------
    The words of Kleinberg, Mullainathan and Raghavan (2024), "The challenge of understanding what users want",
    Management Science 70(9), arXiv:2202.11776; the closed forms are own.

    Examples
    --------
    >>> s = Session(value=3.0, span=0.5, moreishness=0.6, time=1.0)
    >>> round(s.engagement, 9), round(s.endorsed, 9), round(s.quits_above, 9)
    (3.5, 2.5, 0.8)
    """

    value: float
    span: float
    moreishness: float
    time: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.span < 1 and 0 <= self.moreishness < 1 and self.value >= 0 and self.time > 0):
            raise InputError(
                f"need span, moreishness in [0, 1), value >= 0, time > 0; found {self.span}, {self.moreishness},"
                f" {self.value}, {self.time}",
                where="Session",
            )

    @property
    def engagement(self) -> float:
        """Expected items: 1 / (1 - q) + p / (1 - p)."""
        return 1 / (1 - self.span) + self.moreishness / (1 - self.moreishness)

    @property
    def endorsed(self) -> float:
        """Expected endorsed utility: (v - W) / (1 - q) - W p / (1 - p)."""
        return (self.value - self.time) / (1 - self.span) - self.time * self.moreishness / (1 - self.moreishness)

    @property
    def quits_above(self) -> float:
        """The moreishness beyond which the endorsed self never opens the feed; below 0 where it never does."""
        gain = self.value - self.time
        return gain / (gain + self.time * (1 - self.span))

    @property
    def most_engagement(self) -> float:
        """Engagement at that point, v / (W (1 - q)): an engagement maximiser takes the whole endorsed surplus."""
        return self.value / (self.time * (1 - self.span))
