"""The thick value profile: what agents value and why."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, IntArray, frozen
from ..errors import SizeError
from . import constructors, edits, logit_results
from .endorsement import Endorsement
from .motive import Motive
from .rows import DENSE_LIMIT, Rows, positions_of
from .summation import grid_of, largest_pull, round_to, weighted_sum
from .unanimity import unanimous_matrix

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ThickProfile", "RowReadings", "Unit"]

Unit = Literal["utils", "money", "ordinal"]


@dataclass(frozen=True, eq=False)
class ThickProfile:
    """Contributions of motives to evaluations, and how far each motive is endorsed.

    Use the constructors: :meth:`from_arrays`, :meth:`from_rows`, :meth:`from_frame`, :meth:`from_values`,
    :meth:`from_rankings`, :meth:`from_weights`, :meth:`from_logit`. Immutable; derived profiles share the large arrays.

    Attributes
    ----------
    index
        Who evaluates what, sorted by (agent, option).
    contributions
        (C, rows) in ``unit``: how much each motive adds to each evaluation.
    endorsement
        The share of each motive that counts for welfare.
    motives
        C of them.
    outside
        None (lists decide acceptability, doing nothing is worth 0), (n,) the worth of doing nothing, or
        (n, C) its contributions, read through the lens like any option.
    weights
        (n,) people that an agent stands for, or None.
    unit
        "utils", "money" or "ordinal".

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[8.0, 3.0]]).with_influence("advert", 5.0, owner="seller")
    >>> p.revealed.tolist(), p.endorsed.tolist()
    ([[8.0, 3.0]], [[3.0, -2.0]])
    """

    index: Rows
    contributions: FloatArray
    endorsement: Endorsement
    motives: tuple[Motive, ...]
    outside: FloatArray | None = None
    weights: FloatArray | None = None
    unit: Unit = "utils"
    resolution_override: float | None = None

    from_arrays = classmethod(constructors.from_arrays)
    from_rows = classmethod(constructors.from_rows)
    from_frame = classmethod(constructors.from_frame)
    from_values = classmethod(constructors.from_values)
    from_rankings = classmethod(constructors.from_rankings)
    from_weights = classmethod(constructors.from_weights)
    from_logit = classmethod(logit_results.from_logit)

    # ---- sizes and labels ---------------------------------------------------------------------------------

    @property
    def n_agents(self) -> int:
        """How many agents there are."""
        return self.index.n_agents

    @property
    def n_options(self) -> int:
        """How many options there are."""
        return self.index.n_options

    @property
    def n_motives(self) -> int:
        """How many motives there are."""
        return len(self.motives)

    @property
    def agents(self) -> Sequence[Hashable]:
        """Labels of agents; a range where none were given."""
        return self.index.agents

    @property
    def options(self) -> Sequence[Hashable]:
        """Labels of options; a range where none were given."""
        return self.index.options

    def motive_positions(self, names: Iterable[str] | str) -> IntArray:
        """Positions of motives by name.

        Raises
        ------
        UnknownNameError
            No motive has that name.
        """
        return positions_of(names, [motive.name for motive in self.motives], "motive")

    # ---- readings -----------------------------------------------------------------------------------------

    @cached_property
    def resolution(self) -> float:
        """Step of the grid on which readings are compared (T15), fixed by the contributions alone."""
        if self.resolution_override is not None:
            return self.resolution_override
        pull = largest_pull(self.contributions)
        if self.outside is not None:
            table = np.abs(self.outside)
            pull = max(pull, float((table.sum(axis=1) if table.ndim == 2 else table).max(initial=0.0)))
        return grid_of(pull)

    @property
    def certain(self) -> bool:
        """Is endorsement known exactly?"""
        return self.endorsement.certain

    @cached_property
    def rows(self) -> RowReadings:
        """(rows,) vectors of every reading; what all internal code uses."""
        return RowReadings(self)

    @property
    def revealed(self) -> FloatArray:
        """(n, m) d = sum_c R: what a market sees. nan where there is no row."""
        return self.index.spread(self.rows.revealed)

    @property
    def endorsed(self) -> FloatArray:
        """(n, m) v = sum_c E R: what counts for welfare."""
        return self.index.spread(self.rows.endorsed)

    @property
    def wedge(self) -> FloatArray:
        """(n, m) d - v, signed."""
        return self.index.spread(self.rows.wedge)

    def endorsed_bounds(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """((n, m), (n, m)) least and greatest v over the identified set of theta."""
        lower, upper = self.rows.endorsed_bounds(level)
        return self.index.spread(lower), self.index.spread(upper)

    @property
    def unanimous(self) -> BoolArray:
        """(n, m, m) does option x beat option y for every theta in the identified set?

        Raises
        ------
        SizeError
            The table would take more than 1 GB.
        """
        n, m = self.n_agents, self.n_options
        if n * m * m > DENSE_LIMIT:
            raise SizeError(
                f"the relation of {n} agents on {m} options would take {n * m * m / 2**30:.1f} GB",
                where="profile.unanimous",
                remedy="use p.rows.unanimous(agent) for one agent",
            )
        table = np.zeros((n, m, m), dtype=bool)
        for i in range(n):
            mine = self.index.option[self.index.indptr[i] : self.index.indptr[i + 1]]
            table[i][np.ix_(mine, mine)] = unanimous_matrix(self, i)
        return frozen(table, copy=False)

    # ---- derived profiles ---------------------------------------------------------------------------------

    def thin(self) -> ThickProfile:
        """The SIDT view: one motive, d, fully endorsed. Keeps the grid."""
        return self._single("revealed", self.rows.revealed, None)

    def laundered(self) -> ThickProfile:
        """The thin profile of v (the verb is Goodin's). Keeps the grid."""
        return self._single("endorsed", self.rows.endorsed, self.endorsement)

    def _single(self, name: str, values: FloatArray, endorsement: Endorsement | None) -> ThickProfile:
        outside = self.outside
        if outside is not None and outside.ndim == 2:
            outside = frozen(self.outside_reading(endorsement)[:, None])
        return replace(
            self,
            contributions=values[None, :],
            endorsement=Endorsement(np.ones((1, 1))),
            motives=(Motive(name),),
            outside=outside,
            resolution_override=self.resolution,
        )

    def outside_reading(self, endorsement: Endorsement | None) -> FloatArray:
        """(n,) worth of doing nothing, revealed (None) or under an endorsement; unrounded."""
        if self.outside is None:
            return frozen(np.zeros(self.n_agents), copy=False)
        if self.outside.ndim == 1:
            return self.outside
        if endorsement is None:
            return frozen(self.outside.sum(axis=1), copy=False)
        matrix = endorsement.spread(endorsement.theta, self.n_agents, self.n_motives)
        return frozen((self.outside * matrix).sum(axis=1), copy=False)

    def with_endorsement(
        self,
        endorsement: npt.ArrayLike | Endorsement,
        interval: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    ) -> ThickProfile:
        """The same contributions under another endorsement; costs nothing, shares all arrays and the grid."""
        from .endorsement import as_endorsement

        made = as_endorsement(endorsement, interval, self.n_agents, self.n_motives)
        return replace(self, endorsement=made, resolution_override=self.resolution)

    with_influence = edits.with_influence
    split = edits.split
    merge = edits.merge
    at = edits.at
    restrict = edits.restrict

    # ---- conversions --------------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """Tidy frame: MultiIndex (agent, option), a column per motive."""
        import pandas as pd

        levels: list[Any] = [pd.Index(cast(Any, labels), tupleize_cols=False) for labels in (self.agents, self.options)]
        codes: list[Any] = [self.index.agent, self.index.option]
        index = pd.MultiIndex(levels, codes, names=["agent", "option"])
        return pd.DataFrame(self.contributions.T, index=index, columns=[motive.name for motive in self.motives])

    def to_xarray(self) -> Any:
        """xarray.Dataset with (agent, option, motive) contributions and (agent, motive) endorsement.

        Raises
        ------
        MissingExtraError
            xarray is not installed (extra ``interop``).
        """
        from .._core.optional import require

        xr = require("xarray", "interop")
        table = np.stack([self.index.spread(row) for row in self.contributions], axis=-1)
        coords = {
            "agent": list(self.agents),
            "option": list(self.options),
            "motive": [motive.name for motive in self.motives],
        }
        matrix = self.endorsement.matrix(self.n_agents, self.n_motives)
        return xr.Dataset(
            {"contribution": (("agent", "option", "motive"), table), "endorsement": (("agent", "motive"), matrix)},
            coords=coords,
            attrs={"unit": self.unit},
        )

    def save(self, path: Any) -> None:
        """Write ``.json`` (schema with a version) or ``.parquet`` (large profiles), atomically.

        Raises
        ------
        FileFormatError
            The ending is neither.
        """
        from .io import write_profile

        write_profile(self, path)

    # ---- identity -----------------------------------------------------------------------------------------

    def equals(self, other: object) -> bool:
        """Same labels, motives, endorsement and contributions, to the bit."""
        return isinstance(other, ThickProfile) and self.content_hash == other.content_hash

    @cached_property
    def content_hash(self) -> str:
        """sha256 of everything that determines an outcome; computed on first use."""
        digest = hashlib.sha256()
        e = self.endorsement
        text: list[Any] = [self.motives, self.unit, e.evidence, float(self.resolution).hex()]
        for labels in (self.agents, self.options):
            text.append(("range", len(labels)) if isinstance(labels, range) else tuple(labels))
        digest.update(repr(text).encode())
        for name, array in (
            ("agent", self.index.agent),
            ("option", self.index.option),
            ("contributions", self.contributions),
            ("outside", self.outside),
            ("weights", self.weights),
            ("theta", e.theta),
            ("lower", e.lower),
            ("upper", e.upper),
            ("group", e.group),
            ("param", e.param),
            ("covariance", e.covariance),
        ):
            if array is not None:
                digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def __repr__(self) -> str:
        motives = ", ".join(motive.name for motive in self.motives[:5]) + (", ..." if self.n_motives > 5 else "")
        return (
            f"ThickProfile({self.n_agents} agents, {self.n_options} options, {len(self.index)} rows,"
            f" motives [{motives}], unit {self.unit!r})"
        )


class RowReadings:
    """(rows,) vectors of a profile: labels' positions and every reading, each computed once, unrounded."""

    def __init__(self, profile: ThickProfile) -> None:
        self._profile = profile

    def __len__(self) -> int:
        return len(self._profile.index)

    @property
    def agent(self) -> npt.NDArray[np.int32]:
        """(rows,) position of the agent."""
        return self._profile.index.agent

    @property
    def option(self) -> npt.NDArray[np.int32]:
        """(rows,) position of the option."""
        return self._profile.index.option

    @cached_property
    def revealed(self) -> FloatArray:
        """(rows,) sum of contributions."""
        p = self._profile
        return p.contributions[0] if p.n_motives == 1 else weighted_sum(p.contributions, None, p.index)

    @cached_property
    def endorsed(self) -> FloatArray:
        """(rows,) endorsement-weighted sum of contributions."""
        return self.read(self._profile.endorsement)

    def read(self, endorsement: Endorsement) -> FloatArray:
        """(rows,) the same under another endorsement."""
        p = self._profile
        return weighted_sum(p.contributions, endorsement.spread(endorsement.theta, p.n_agents, p.n_motives), p.index)

    @cached_property
    def wedge(self) -> FloatArray:
        """(rows,) revealed minus endorsed."""
        return frozen(self.revealed - self.endorsed, copy=False)

    @cached_property
    def manufactured(self) -> FloatArray:
        """(rows,) the part of the wedge from influences that have an owner."""
        p = self._profile
        owned = np.array([motive.kind == "influence" and motive.owner is not None for motive in p.motives])
        matrix = p.endorsement.spread(p.endorsement.theta, p.n_agents, p.n_motives)
        return weighted_sum(p.contributions, (1.0 - matrix) * owned, p.index)

    @cached_property
    def disowned(self) -> FloatArray:
        """(rows,) the rest of the wedge: habit, error, values one does not stand behind."""
        return frozen(self.wedge - self.manufactured, copy=False)

    def endorsed_bounds(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """((rows,), (rows,)) least and greatest endorsed value, parameter by parameter."""
        p = self._profile
        lower, upper = p.endorsement.box(level)
        columns = p.endorsement.columns(p.n_motives)
        totals = np.stack([p.contributions[columns == k].sum(axis=0) for k in np.unique(columns)])
        low, high = np.zeros(len(self)), np.zeros(len(self))
        for k, total in zip(np.unique(columns), totals, strict=True):
            group = 0 if p.endorsement.group is None else p.endorsement.group[self.agent]
            ends = lower[group, k] * total, upper[group, k] * total
            low += np.minimum(*ends)
            high += np.maximum(*ends)
        return frozen(low, copy=False), frozen(high, copy=False)

    def unanimous(self, agent: Hashable) -> BoolArray:
        """(k, k) over the agent's own k rows: does x beat y for every theta in the identified set?"""
        p = self._profile
        i = int(p.index.agent_positions(agent)[0])
        return unanimous_matrix(p, i)

    def rounded(self, values: FloatArray) -> FloatArray:
        """``values`` on the profile's grid."""
        return round_to(values, self._profile.resolution)

    def __getitem__(self, agent: Hashable) -> Mapping[Hashable, float]:
        """Endorsed values of one agent by option label."""
        p = self._profile
        i = int(p.index.agent_positions(agent)[0])
        part = slice(int(p.index.indptr[i]), int(p.index.indptr[i + 1]))
        return {p.options[int(x)]: float(v) for x, v in zip(self.option[part], self.endorsed[part], strict=True)}
