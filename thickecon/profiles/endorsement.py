"""Endorsement: the share of each motive's pull that an agent stands behind, and how well it is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray, as_floats, first_bad, frozen, require_finite, shape_text
from .._core.rng import RNG, generator
from ..errors import ProfileError

__all__ = ["Evidence", "Endorsement", "as_endorsement"]


@dataclass(frozen=True)
class Evidence:
    """Where an endorsement (or a wedge) comes from."""

    source: str
    estimate: float | None = None
    standard_error: float | None = None
    interval: tuple[float, float] | None = None
    n: int | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__  # plain numbers, so that equal evidence prints, hashes and saves alike
        for name in ("estimate", "standard_error"):
            given = getattr(self, name)
            put(self, name, None if given is None else float(given))
        if self.interval is not None:
            lower, upper = self.interval
            put(self, "interval", (float(lower), float(upper)))
        put(self, "n", None if self.n is None else int(self.n))


@dataclass(frozen=True, eq=False)
class Endorsement:
    """E[i, c] = theta[group[i], param[c]]: who shares which unknown is explicit.

    Parameters
    ----------
    theta
        (G, P) point estimates in [0, 1].
    lower, upper
        (G, P) box of the identified set; None: known exactly (or up to ``covariance``).
    group
        (n,) which row of ``theta`` an agent reads; None: all agents share row 0.
    param
        (C,) which column of ``theta`` a motive reads; None: motive c reads column c (column 0 if P = 1).
    covariance
        (G*P, G*P) of ``theta.ravel()``, or its diagonal (G*P,).
    evidence
        What it rests on.

    Raises
    ------
    ProfileError
        theta or the box outside [0, 1], lower > upper, an index outside theta, or shapes that disagree.
    """

    theta: FloatArray
    lower: FloatArray | None = None
    upper: FloatArray | None = None
    group: IntArray | None = None
    param: IntArray | None = None
    covariance: FloatArray | None = None
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        theta = np.atleast_2d(as_floats(self.theta, "endorsement.theta", error=ProfileError))
        _check_unit(theta, "endorsement.theta")
        put: dict[str, Any] = {"theta": frozen(theta), "evidence": tuple(self.evidence)}
        for name in ("lower", "upper"):
            given = getattr(self, name)
            if given is not None:
                box = np.atleast_2d(as_floats(given, f"endorsement.{name}", error=ProfileError))
                if box.shape != theta.shape:
                    raise ProfileError(
                        f"must have the shape of theta {shape_text(theta.shape)}, found {shape_text(box.shape)}",
                        where=f"endorsement.{name}",
                    )
                _check_unit(box, f"endorsement.{name}")
                put[name] = frozen(box)
        if (self.lower is None) != (self.upper is None):
            raise ProfileError("lower and upper must be given together", where="endorsement")
        if self.lower is not None:
            _check_box(put["lower"], theta, put["upper"])
        for name, bound in (("group", theta.shape[0]), ("param", theta.shape[1])):
            given = getattr(self, name)
            if given is not None:
                put[name] = _check_index(given, bound, f"endorsement.{name}")
        if self.covariance is not None:
            put["covariance"] = _check_covariance(self.covariance, theta.size)
        for name, value in put.items():
            object.__setattr__(self, name, value)

    # ---- shapes -------------------------------------------------------------------------------------------

    @property
    def shared(self) -> bool:
        """Do all agents read the same row of theta?"""
        return self.theta.shape[0] == 1 or self.group is None

    def columns(self, n_motives: int) -> IntArray:
        """(C,) the column of theta that each motive reads."""
        if self.param is not None:
            return self.param
        width = self.theta.shape[1]
        return np.zeros(n_motives, dtype=np.intp) if width == 1 else np.arange(n_motives, dtype=np.intp)

    def spread(self, table: FloatArray, n_agents: int, n_motives: int) -> FloatArray:
        """(C,) if shared, else (n, C): ``table`` (G, P) read through group and param."""
        by_motive = table[:, self.columns(n_motives)]
        if self.shared:
            return np.ascontiguousarray(by_motive[0])
        assert self.group is not None
        return np.ascontiguousarray(by_motive[self.group])

    def matrix(self, n_agents: int, n_motives: int) -> FloatArray:
        """(n, C) the endorsement of each agent and motive."""
        return np.broadcast_to(self.spread(self.theta, n_agents, n_motives), (n_agents, n_motives))

    def check_fit(self, n_agents: int, n_motives: int) -> None:
        """Raise unless it can be read by ``n_agents`` agents and ``n_motives`` motives."""
        if self.group is not None and len(self.group) != n_agents:
            raise ProfileError(
                f"must have one entry for each of the {n_agents} agents, found {len(self.group)}",
                where="endorsement.group",
            )
        if self.group is None and self.theta.shape[0] != 1:
            raise ProfileError(
                f"theta has {self.theta.shape[0]} rows but no group says which agent reads which",
                where="endorsement.group",
                remedy="pass group=(n,) or a theta with one row",
            )
        width = self.theta.shape[1]
        if self.param is None and width not in (1, n_motives):
            raise ProfileError(
                f"must have 1 or {n_motives} columns (one for each motive), found {width}", where="endorsement.theta"
            )
        if self.param is not None and len(self.param) != n_motives:
            raise ProfileError(
                f"must have one entry for each of the {n_motives} motives, found {len(self.param)}",
                where="endorsement.param",
            )

    # ---- uncertainty --------------------------------------------------------------------------------------

    @property
    def certain(self) -> bool:
        """Is theta known exactly?"""
        if self.covariance is not None:
            return False
        return self.lower is None or self.upper is None or np.array_equal(self.lower, self.upper)

    @cached_property
    def standard_error(self) -> FloatArray:
        """(G, P) square roots of the variances; zero without a covariance."""
        if self.covariance is None:
            return np.zeros_like(self.theta)
        diagonal = self.covariance if self.covariance.ndim == 1 else np.diag(self.covariance)
        return np.sqrt(diagonal).reshape(self.theta.shape)

    def box(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """(G, P) lower and upper ends of the identified set.

        The stated box; for a parameter that has a variance and no box (or one of width 0), the normal interval at
        ``level``, not cut at 0 and 1, because the unknown may be the relative error of an estimated wedge;
        otherwise the point itself.
        """
        if self.covariance is None:
            return (self.theta, self.theta) if self.lower is None or self.upper is None else (self.lower, self.upper)
        from scipy.stats import norm

        half = norm.ppf(0.5 + level / 2) * self.standard_error
        lower, upper = self.theta - half, self.theta + half
        if self.lower is None or self.upper is None:
            return lower, upper
        stated = (self.lower < self.upper) | (half == 0.0)
        return np.where(stated, self.lower, lower), np.where(stated, self.upper, upper)

    def draws(self, count: int, rng: RNG = None) -> Iterator[Endorsement]:
        """``count`` points of the identified set, each an exactly known endorsement.

        Normal draws with the covariance for parameters that have a variance, uniform in the box for the others.
        Normal draws are not cut to [0, 1]: the unknown of an estimated wedge is its relative error, which has no
        such bounds.
        """
        gen = generator(rng)
        lower, upper = (end.ravel() for end in self.box())
        tables = gen.uniform(size=(count, self.theta.size)) * (upper - lower) + lower
        if self.covariance is not None:
            if self.covariance.ndim == 1:
                noise = gen.standard_normal((count, self.theta.size)) * np.sqrt(self.covariance)
            else:
                noise = gen.multivariate_normal(np.zeros(self.theta.size), self.covariance, size=count)
            tables = np.where(self.standard_error.ravel() > 0, self.theta.ravel() + noise, tables)
        for table in tables:
            yield self.at_theta(table.reshape(self.theta.shape))

    def at_theta(self, theta: FloatArray) -> Endorsement:
        """The same groups and parameters with another, exactly known theta (not held to [0, 1])."""
        made = object.__new__(Endorsement)
        for name, value in {
            "theta": frozen(theta),
            "lower": None,
            "upper": None,
            "group": self.group,
            "param": self.param,
            "covariance": None,
            "evidence": self.evidence,
        }.items():
            object.__setattr__(made, name, value)
        return made

    def scaled(self, share: float) -> Endorsement:
        """E(share) = 1 + share (E - 1): the path from revealed (0) to this estimate (1) of the tipping point."""
        return self.at_theta(1.0 + share * (self.theta - 1.0))


def _check_unit(table: FloatArray, name: str) -> None:
    require_finite(table, name, error=ProfileError)
    bad = (table < 0) | (table > 1)
    if bad.any():
        at = first_bad(bad)
        raise ProfileError(
            f"must lie in [0, 1], found {table[at]:g} at [{', '.join(map(str, at))}]",
            where=name,
            remedy="endorsement is the share of a pull that the agent stands behind",
        )


def _check_box(lower: FloatArray, theta: FloatArray, upper: FloatArray) -> None:
    bad = lower > upper
    if bad.any():
        at = first_bad(bad)
        raise ProfileError(
            f"lower must not exceed upper, found {lower[at]:g} > {upper[at]:g} at [{', '.join(map(str, at))}]",
            where="endorsement_interval",
        )
    bad = (theta < lower) | (theta > upper)
    if bad.any():
        at = first_bad(bad)
        raise ProfileError(
            f"the estimate {theta[at]:g} lies outside its interval [{lower[at]:g}, {upper[at]:g}]"
            f" at [{', '.join(map(str, at))}]",
            where="endorsement_interval",
        )


def _check_index(given: npt.ArrayLike, bound: int, name: str) -> IntArray:
    index = np.asarray(given)
    if index.ndim != 1 or not np.issubdtype(index.dtype, np.integer):
        raise ProfileError(f"must be a vector of integers, found {index.dtype} {shape_text(index.shape)}", where=name)
    if index.size and (index.min() < 0 or index.max() >= bound):
        raise ProfileError(f"must lie in [0, {bound}), found [{index.min()}, {index.max()}]", where=name)
    return frozen(index, np.intp)


def _check_covariance(given: npt.ArrayLike, size: int) -> FloatArray:
    covariance = as_floats(given, "endorsement.covariance", error=ProfileError)
    if covariance.shape not in ((size,), (size, size)):
        raise ProfileError(
            f"must have shape ({size}, {size}) or ({size},), found {shape_text(covariance.shape)}",
            where="endorsement.covariance",
        )
    require_finite(covariance, "endorsement.covariance", error=ProfileError)
    if covariance.ndim == 1:
        least = covariance.min(initial=0.0)
    else:
        if not np.allclose(covariance, covariance.T, rtol=1e-8, atol=1e-12):
            raise ProfileError("must be symmetric", where="endorsement.covariance")
        least = np.linalg.eigvalsh(covariance)[0]
    if least < -1e-9 * max(1.0, np.abs(covariance).max(initial=0.0)):
        raise ProfileError("must be positive semidefinite", where="endorsement.covariance")
    return frozen(covariance)


def as_endorsement(
    endorsement: npt.ArrayLike | Endorsement,
    interval: tuple[npt.ArrayLike, npt.ArrayLike] | None,
    n_agents: int,
    n_motives: int,
) -> Endorsement:
    """Endorsement from a number, (C,), (n, C) or an :class:`Endorsement`; the interval may be the wider one.

    Raises
    ------
    ProfileError
        Another shape, shares outside [0, 1], an interval that is no pair or does not hold the point.
    """
    if isinstance(endorsement, Endorsement):
        if interval is not None:
            raise ProfileError(
                "an Endorsement carries its own box", where="endorsement_interval", remedy="set lower= and upper= there"
            )
        endorsement.check_fit(n_agents, n_motives)
        return endorsement
    names = ("endorsement", "endorsement_interval[0]", "endorsement_interval[1]")
    given = [as_floats(endorsement, names[0], error=ProfileError)]
    if interval is not None:
        pair: object = interval
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ProfileError("must be a pair (lower, upper)", where="endorsement_interval")
        given += [as_floats(end, name, error=ProfileError) for end, name in zip(interval, names[1:], strict=True)]
    allowed = ((), (n_motives,), (n_agents, n_motives))
    for array, name in zip(given, names, strict=False):
        if array.shape not in allowed:
            raise ProfileError(
                f"must be a number, ({n_motives},) one share a motive, or ({n_agents}, {n_motives}) each agent's own;"
                f" found {shape_text(array.shape)}",
                where=name,
            )
    width = max(array.ndim for array in given)
    shape = ((1, 1), (1, n_motives), (n_agents, n_motives))[width]
    tables = [np.broadcast_to(array, shape) for array in given]
    group = np.arange(n_agents) if width == 2 else None
    box = tables[1:] if interval is not None else [None, None]
    return Endorsement(tables[0], box[0], box[1], group=group)
