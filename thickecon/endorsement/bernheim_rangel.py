"""Welfare without preferences: what choice says in every frame that counts. Bernheim and Rangel."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._core.arrays import BoolArray
from ..errors import EvidenceError
from .estimate import Estimate, Kind, Source
from .estimator import Estimator, register
from .framed_menus import FramedMenus
from .kernels import joint_choices, never_chosen
from .unambiguous_relation import UnambiguousRelation

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BernheimRangel", "RelationEstimate"]

REFUSAL = (
    "is a partial order: it has no cardinal contributions; give relation.to_profile(revealed) to an ordinal mechanism,"
    " or choose among relation.optima()"
)


@dataclass(frozen=True, eq=False)
class RelationEstimate(Estimate):
    """An estimate of kind "relation" with the relation itself; values are shares of agents for whom x P* y."""

    relation: UnambiguousRelation | None = None


@register("BernheimRangel")
@dataclass(frozen=True)
class BernheimRangel(Estimator):
    """The strict and weak unambiguous relations P* and R' of each agent, over the frames that count.

    x P* y iff y is never chosen, in any menu and frame that count, where x could be had. It is the most discerning
    criterion that never overrules choice. Adding a frame can only take pairs away (T6'): who cannot fabricate
    endorsement can still erase it by staging a contrary choice, so fix the frames that count before looking.

    Parameters
    ----------
    delete_frames
        Frames that do not count, for reasons other than what was chosen in them: the normative act.
    because
        That reason, for the record.
    never
        None: an option counts as never chosen if it was not. A number: if for every frame in which the two stood
        together the upper limit of the chance of choosing it lies below the number (Clopper-Pearson at ``level``,
        Bonferroni over frames); for repeated choices. Staged data can then also create pairs.
    level
        Of those limits together.
    least_joint
        How often two options must have stood together; below 1 both would beat one another for want of data.

    References
    ----------
    Bernheim and Rangel (2009), "Beyond Revealed Preference", Quarterly Journal of Economics 124(1),
    doi:10.1162/qjec.2009.124.1.51.

    Examples
    --------
    a over b over c in frame L, b over a over c in frame H, all menus: only c is beaten in both.

    >>> import pandas as pd
    >>> menus = [["a", "b", "c"], ["a", "b"], ["a", "c"], ["b", "c"]]
    >>> rows = [(0, m, [min(m)], "L") for m in menus] + [(0, m, [min(m, key="bac".index)], "H") for m in menus]
    >>> data = pd.DataFrame(rows, columns=["agent", "menu", "chosen", "frame"])
    >>> data["obs"] = range(8)
    >>> BernheimRangel().fit(data).relation.optima().loc[0].tolist()
    [True, True, False]
    >>> BernheimRangel(delete_frames=("H",)).fit(data).relation.optima().loc[0].tolist()
    [True, False, False]
    """

    kind: ClassVar[Kind] = "relation"
    title: ClassVar[str] = "Bernheim-Rangel: the unambiguous relation"
    citation: ClassVar[str] = "Bernheim and Rangel (2009), Quarterly Journal of Economics 124(1)"
    doi: ClassVar[str | None] = "10.1162/qjec.2009.124.1.51"
    layout: ClassVar[str] = "FramedChoices"

    delete_frames: tuple[Hashable, ...] = ()
    because: str = ""
    never: float | None = None
    level: float = 0.95
    least_joint: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "delete_frames", tuple(self.delete_frames))
        if self.never is not None and not 0 < self.never < 1:
            raise EvidenceError(f"must lie in (0, 1), found {self.never!r}", where="BernheimRangel.never")
        if not 0 < self.level < 1:
            raise EvidenceError(f"must lie in (0, 1), found {self.level!r}", where="BernheimRangel.level")
        if self.least_joint < 1:
            raise EvidenceError(
                f"must be at least 1, found {self.least_joint!r}",
                where="BernheimRangel.least_joint",
                remedy="two options that never stood together say nothing of one another",
            )

    def fit(self, data: pd.DataFrame) -> RelationEstimate:
        """The relations of every agent.

        Parameters
        ----------
        data
            Layout FramedChoices: agent, obs, menu (list), chosen (list), frame; welfare_relevant and weight where there
            are.

        Returns
        -------
        RelationEstimate
            Kind "relation". ``relation`` has P*, R', optima and the like; the values are shares of agents.

        Raises
        ------
        EvidenceError
            A table that is not of this layout; a frame seen only once under ``never``.
        UnknownNameError
            A frame to be deleted that is not there.
        """
        read = FramedMenus.read(data, self.delete_frames)
        strict, weak = self._exact(read) if self.never is None and self.least_joint == 1 else self._counted(read)
        found = UnambiguousRelation(read.agents, read.options, strict, weak, read.complete())
        return self._estimate(read, found)

    def _exact(self, read: FramedMenus) -> tuple[BoolArray, BoolArray]:
        rows = np.flatnonzero(read.weight > 0)
        together, despite, alone = never_chosen(
            read.agent[rows], read.menu[rows], read.chosen[rows], len(read.agents), len(read.options)
        )
        size = len(read.options)
        return _unpacked(together & ~despite, size), _unpacked(together & ~alone, size)

    def _counted(self, read: FramedMenus) -> tuple[BoolArray, BoolArray]:
        from scipy.special import betaincinv

        shape = (len(read.agents), len(read.frames), len(read.options))
        joint, taken = joint_choices(read.agent, read.frame, read.menu, read.chosen, read.weight, shape)
        seen = joint > 0
        _, weak = self._exact(read)
        enough = joint.sum(axis=1) >= self.least_joint
        if self.never is None:
            return enough & (taken.sum(axis=1) == 0), weak & enough
        once = np.bincount(read.frame, read.weight, minlength=shape[1]) < 2
        if once.any():
            raise EvidenceError(
                f"frame {read.frames[int(np.argmax(once))]!r} was seen once: its chances have no limit below 1",
                where="BernheimRangel.never",
                remedy="repeat it, or use never=None",
            )
        frames = np.maximum(seen.sum(axis=1), 1)[:, None]
        miss = np.broadcast_to((1 - self.level) / frames, joint.shape)
        with np.errstate(all="ignore"):
            upper = np.where(taken < joint, betaincinv(taken + 1, np.maximum(joint - taken, 1e-12), 1 - miss), 1.0)
        rare = np.where(seen, upper < self.never, True).all(axis=1)
        return enough & rare, weak & enough

    def _estimate(self, read: FramedMenus, found: UnambiguousRelation) -> RelationEstimate:
        size, options = len(read.options), read.options
        pairs = [(x, y) for x in range(size) for y in range(size) if x != y]
        values = np.array([found.strict[:, x, y].mean() for x, y in pairs])
        said = []
        if not found.complete.all():
            said.append(
                f"{int((~found.complete).sum())} of {len(read.agents)} agents have not met every menu, so P* is not"
                f" promised to be acyclic; cycles were found for {int(found.cyclic.sum())}"
            )
        deletion = f"frames {', '.join(map(str, self.delete_frames))}" if self.delete_frames else "nothing"
        if read.rows_deleted:
            deletion += f"; {read.rows_deleted} rows marked so in the data"
        diagnostics: dict[str, Any] = {
            "agents": len(read.agents),
            "frames": len(read.frames),
            "acyclic_is_promised": bool(found.complete.all()),
            "agents_with_a_cycle": int(found.cyclic.sum()),
            "optima_an_agent": float(found.optima().to_numpy().sum(axis=1).mean()),
            "warnings": tuple(said),
        }
        return RelationEstimate(
            "relation",
            tuple(f"{options[x]} P* {options[y]}" for x, y in pairs),
            values,
            None,
            None,
            None,
            "share",
            (
                "what people choose in the frames that count is never to be overruled where they agree (normative)",
                "a choice was made among all of its menu",
            ),
            diagnostics,
            Source(
                "BernheimRangel",
                self.citation,
                self.doi,
                len(read.menu),
                tuple((key, str(entry)) for key, entry in self.parameters.items()),
                deletion + (f" ({self.because})" if self.because else ""),
            ),
            refusal=REFUSAL,
            relation=found,
        )


def _unpacked(masks: Any, size: int) -> BoolArray:
    """(n, x, y) from (n, y) masks of x."""
    bits = (masks[:, None, :] >> np.arange(size, dtype=np.uint64)[None, :, None]) & np.uint64(1)
    return np.asarray(bits.astype(bool))
