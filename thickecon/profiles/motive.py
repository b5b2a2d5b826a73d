"""Motives: what moves an agent's evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..errors import ProfileError

__all__ = ["Motive", "as_motives"]

Kind = Literal["value", "influence"]


@dataclass(frozen=True)
class Motive:
    """One thing that moves evaluations, in Frankfurt's sense: what one may or may not stand behind.

    Parameters
    ----------
    name
        Unique in a profile.
    kind
        ``"value"``: something the agent attends to because it matters to them. ``"influence"``: an ad,
        default, wording, addiction or pressure. The kind alone says nothing about endorsement.
    attends_to
        For a value, the attentional policies it consists of.
    contexts
        Contexts it applies in; empty means all (see :meth:`ThickProfile.at`).
    tier
        Lexical rank read by :class:`thickecon.lenses.Lexicographic`; 0 comes first.
    owner, channel
        For an influence, who profits and through what it came.

    References
    ----------
    Frankfurt (1971), "Freedom of the Will and the Concept of a Person", doi:10.2307/2024717.
    """

    name: str
    kind: Kind = "value"
    attends_to: tuple[str, ...] = field(default=())
    contexts: tuple[str, ...] = field(default=())
    tier: int = 0
    owner: str | None = None
    channel: str | None = None

    def __post_init__(self) -> None:
        name: object = self.name
        tier: object = self.tier
        if not isinstance(name, str) or not name:
            raise ProfileError(f"must be a non-empty string, found {self.name!r}", where="Motive.name")
        if self.kind not in ("value", "influence"):
            raise ProfileError(
                f"must be 'value' or 'influence', found {self.kind!r}", where=f"Motive({self.name!r}).kind"
            )
        if isinstance(tier, bool) or not isinstance(tier, int) or tier < 0:
            raise ProfileError(f"must be an integer >= 0, found {self.tier!r}", where=f"Motive({self.name!r}).tier")
        for field_name in ("attends_to", "contexts"):
            given = getattr(self, field_name)
            object.__setattr__(self, field_name, (given,) if isinstance(given, str) else tuple(given))


def as_motives(motives: Sequence[Motive | str] | None, count: int) -> tuple[Motive, ...]:
    """``count`` motives with distinct names; strings become values, None gives default names.

    Raises
    ------
    ProfileError
        Another number of names, or a name that stands twice.
    """
    if motives is None:
        names = ["value"] if count == 1 else [f"motive{c}" for c in range(count)]
        return tuple(Motive(name) for name in names)
    made = tuple(Motive(motive) if isinstance(motive, str) else motive for motive in motives)
    if len(made) != count:
        raise ProfileError(
            f"must name each of the {count} motives, found {len(made)} names",
            where="motives",
            remedy="contributions have shape (agents, motives, options): check the order of the axes",
        )
    names = [motive.name for motive in made]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ProfileError(f"names must differ, {twice!r} stands twice", where="motives")
    return made
