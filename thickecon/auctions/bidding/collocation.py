"""First-price auctions with different bidders: the equations of inverse bids, solved by Chebyshev collocation.

phi_i(b) is the value at which bidder i bids b. Where k bidders are active (Lebrun 1999; Maskin and Riley 2000)

    d log F_i(phi_i(b)) / db = l_i(b) = [sum over active j of 1 / (phi_j(b) - b)] / (k - 1) - 1 / (phi_i(b) - b).

1. Bidders with the same law form a group of m_g bidders with one phi_g.
2. A group stops at a top bid of its own, where phi_g is its largest value; all but the last to stop do so where
   l_g = 0, otherwise they would go on. Top bids are unknowns: the range of bids is cut into segments there.
3. On a segment b = e + (e' - e) w(y), y in [0, 1], and phi_g is a polynomial in y. w takes out what is not smooth: at
   a reserve above the supports phi - r goes with the root of b - r, and where a density vanishes like the k-th power
   at the top, phi goes with the (k + 1)-th root of what is left.
4. On the first segment phi_g = start + y P_g(y): it begins where bids begin.
5. Equations at Chebyshev nodes, top values, continuity: more than unknowns, by Gauss and Newton with damping. What
   remains is checked at other nodes, and the degree raised until it is small.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..._core.arrays import BoolArray, FloatArray
from .inverse_bids import Contest, InverseBids

__all__ = ["collocate"]

DEGREES = (12, 18, 27, 40, 60, 90)
SMALL, HOPELESS = 1e-10, 0.1
STEPS = 40


def chebyshev_nodes(count: int) -> FloatArray:
    """(count,) in (0, 1)."""
    return (1 - np.cos(np.pi * (np.arange(count) + 0.5) / count)) / 2


@dataclass(frozen=True, eq=False)
class Equations:
    """The equations of :class:`InverseBids` at nodes, and their derivatives.

    Unknowns are the coefficients of active groups, segment by segment, and then the top bids.

    Attributes
    ----------
    like
        Inverse bids with the contest, the active groups and the degree that are meant.
    nodes
        (nodes,) in (0, 1).
    """

    like: InverseBids
    nodes: FloatArray

    @property
    def contest(self) -> Contest:
        """Who bids."""
        return self.like.contest

    def pack(self, given: InverseBids) -> FloatArray:
        """(unknowns,) of inverse bids."""
        return np.concatenate((given.coefficients[given.active > 0].ravel(), given.edges[1:]))

    def unpack(self, x: FloatArray) -> InverseBids:
        """Inverse bids of unknowns."""
        like, c = self.like, np.zeros_like(self.like.coefficients)
        c[like.active > 0] = x[: -like.segments].reshape(-1, like.coefficients.shape[2])
        return replace(like, coefficients=c, edges=np.concatenate((like.edges[:1], x[-like.segments :])))

    def feasible(self, given: InverseBids) -> bool:
        """Does nobody bid more than its value, and do segments follow one another?"""
        if not (np.diff(given.edges) > 0).all():
            return False
        if self.contest.pair:
            return True
        ends = np.append(self.nodes, 1.0)
        return all(
            bool((given.values(s, ends)[0] > given.bids(s, ends))[active > 0].all())
            for s, active in enumerate(given.active)
        )

    def sound(self, given: InverseBids) -> bool:
        """Do values rise with bids, and is no bid above its value, both to within rounding?"""
        tol = 1e-7 * self.contest.scale
        for s, active in enumerate(given.active):
            phi = given.values(s, self.nodes)[0]
            rises, fits = np.diff(phi) > -tol, phi > given.bids(s, self.nodes) - tol
            if not (rises[active > 0].all() and fits[active > 0].all()):
                return False
        return bool((np.diff(given.edges) > 0).all())

    def errors(self, given: InverseBids) -> FloatArray:
        """(equations,) what is left of them."""
        out: list[FloatArray] = []
        for s, active in enumerate(given.active):
            phi, slope = given.values(s, self.nodes)
            if self.contest.pair:
                out += [self._pair(given, phi, slope).ravel(), *self._joints(given, s)]
                continue
            h = self.contest.hazards(phi)[0]
            width = (given.edges[s + 1] - given.edges[s]) * given.warp(s, self.nodes)[1]
            rate = self.contest.rates(phi, given.bids(s, self.nodes), active)
            out.append((self.nodes * (h * slope - width * rate))[active > 0].ravel())
            out += self._joints(given, s)
        return np.concatenate(out)

    def _pair(self, given: InverseBids, phi: FloatArray, slope: FloatArray) -> FloatArray:
        """(2, nodes) f_i(phi_i) phi_i' (phi_j - b) - F_i(phi_i): two bidders, without denominators."""
        width = (given.edges[1] - given.edges[0]) * given.warp(0, self.nodes)[1]
        chance, density, _ = self.contest.densities(phi)
        made: FloatArray = density * slope * (phi - given.bids(0, self.nodes))[::-1] - width * chance
        return made / self.contest.scale

    def _pair_block(self, given: InverseBids) -> FloatArray:
        """(2 x nodes, 2 x coefficients)."""
        phi, slope = given.values(0, self.nodes)
        width = (given.edges[1] - given.edges[0]) * given.warp(0, self.nodes)[1]
        _, density, bend = self.contest.densities(phi)
        gap = (phi - given.bids(0, self.nodes))[::-1]
        (t, d), rows = given.basis(0, self.nodes), []
        for g in (0, 1):
            own = (bend[g] * slope[g] * gap[g] - width * density[g])[:, None] * t + (density[g] * gap[g])[:, None] * d
            other = (density[g] * slope[g])[:, None] * t
            rows.append(np.hstack((own, other) if g == 0 else (other, own)))
        return np.vstack(rows) / self.contest.scale

    def _stay_and_stop(self, s: int) -> tuple[BoolArray, BoolArray]:
        """(groups,) who goes on beyond segment ``s``, and who stops at its end."""
        active = self.like.active
        stays = active[s + 1] > 0 if s + 1 < len(active) else np.zeros(active.shape[1], bool)
        return stays, (active[s] > 0) & ~stays

    def _joints(self, given: InverseBids, s: int) -> list[FloatArray]:
        contest, one, (stays, stops) = self.contest, np.ones(1), self._stay_and_stop(s)
        phi, edge = given.values(s, one)[0], given.edges[s + 1]
        out = [(phi[stops, 0] - contest.tops[stops]) / contest.scale]
        if stays.any():
            rate = contest.rates(phi, given.edges[s + 1 : s + 2], given.active[s])
            out.append((rate * (phi - edge))[stops, 0])
            out.append((phi - given.values(s + 1, 0 * one)[0])[stays, 0] / contest.scale)
        return out

    # ---- derivatives --------------------------------------------------------------------------------------

    def jacobian(self, given: InverseBids, errors: FloatArray) -> FloatArray:
        """(equations, unknowns); of top bids by differences."""
        like, size = given, given.coefficients.shape[2]
        first = np.concatenate(([0], np.cumsum((given.active > 0).sum(axis=1) * size)))
        made, row = np.zeros((len(errors), first[-1] + like.segments)), 0
        for s in range(like.segments):
            column = slice(first[s], first[s + 1])
            block = self._pair_block(given) if self.contest.pair else self._node_block(given, s)
            made[row : row + len(block), column] = block
            row += len(block)
            after = slice(first[s + 1], first[s + 2]) if s + 1 < like.segments else slice(0, 0)
            row = self._joint_block(given, s, made, row, column, after)
        for s in range(like.segments):
            step = 1e-7 * (given.edges[s + 1] - given.edges[s])
            edges = np.array(given.edges)
            edges[s + 1] += step
            made[:, first[-1] + s] = (self.errors(replace(given, edges=edges)) - errors) / step
        return made

    def _node_block(self, given: InverseBids, s: int) -> FloatArray:
        """(groups x nodes, groups x coefficients) of active groups."""
        on, contest = given.active[s] > 0, self.contest
        phi, slope = given.values(s, self.nodes)
        h, bend = contest.hazards(phi)
        width = (given.edges[s + 1] - given.edges[s]) * given.warp(s, self.nodes)[1]
        near = 1 / (phi - given.bids(s, self.nodes))[on] ** 2
        k, own = float(given.active[s] @ contest.count) - 1, np.eye(int(on.sum()))
        by_value = (
            width * (contest.count[on, None] / k * near)[None, :, :] - own[:, :, None] * (width * near)[:, None, :]
        )
        by_value += own[:, :, None] * (bend * slope)[on][:, None, :]
        by_slope = own[:, :, None] * h[on][:, None, :]
        t, d = given.basis(s, self.nodes)
        made = np.einsum("ghk,k,kc->gkhc", by_value, self.nodes, t) + np.einsum(
            "ghk,k,kc->gkhc", by_slope, self.nodes, d
        )
        block: FloatArray = made.reshape(len(own) * len(self.nodes), -1)
        return block

    def _joint_block(self, given: InverseBids, s: int, made: FloatArray, row: int, own: slice, after: slice) -> int:
        """Fill in rows of the joints of segment ``s``; the next free row."""
        contest, one, (stays, stops) = self.contest, np.ones(1), self._stay_and_stop(s)
        on, t = given.active[s] > 0, given.basis(s, one)[0][0]
        place = np.cumsum(on) - 1

        def part(g: int) -> slice:
            return slice(own.start + place[g] * len(t), own.start + (place[g] + 1) * len(t))

        for g in np.flatnonzero(stops).tolist():
            made[row, part(g)] = t / contest.scale
            row += 1
        if not stays.any():
            return row
        gap = given.values(s, one)[0][:, 0] - given.edges[s + 1]
        k = float(given.active[s] @ contest.count) - 1
        total = float((contest.count / gap)[on].sum())
        for g in np.flatnonzero(stops).tolist():
            for h in np.flatnonzero(on).tolist():
                by = (total / k if g == h else 0.0) - gap[g] * contest.count[h] / (k * gap[h] ** 2)
                made[row, part(h)] = by * t
            row += 1
        there, begin = np.cumsum(stays) - 1, given.basis(s + 1, 0 * one)[0][0]
        for g in np.flatnonzero(stays).tolist():
            made[row, part(g)] = t / contest.scale
            at = after.start + there[g] * len(t)
            made[row, at : at + len(t)] = -begin / contest.scale
            row += 1
        return row


def improve(given: InverseBids) -> tuple[InverseBids, float]:
    """Gauss and Newton with damping, from inverse bids of the degree that is meant; and the largest error left."""
    equations = Equations(given, chebyshev_nodes(given.coefficients.shape[2]))
    x, errors, contest_scale = equations.pack(given), equations.errors(given), given.contest.scale
    for _ in range(STEPS):
        norm = float(np.linalg.norm(errors))
        if norm < 1e-13:
            break
        step = np.linalg.lstsq(equations.jacobian(given, errors), -errors, rcond=1e-14)[0]
        share, better = 1.0, False
        if float(np.abs(step).max()) < 1e-13 * contest_scale:
            break
        while share > 1e-3:
            tried = equations.unpack(x + share * step)
            if equations.feasible(tried):
                left = equations.errors(tried)
                if np.isfinite(left).all() and np.linalg.norm(left) < norm * (1 - 1e-4 * share):
                    x, given, errors, better = x + share * step, tried, left, True
                    break
            share /= 2
        if not better:
            break
    return given, float(np.abs(errors).max())


def raised(given: InverseBids, degree: int) -> InverseBids:
    """The same with room for higher degrees."""
    c = given.coefficients
    more = np.zeros((*c.shape[:2], max(0, degree + 1 - c.shape[2])))
    return replace(given, coefficients=np.concatenate((c, more), axis=2))


def collocate(start: InverseBids, *, patient: bool = True) -> InverseBids:
    """Inverse bids that meet the equations as well as was found, from a first guess; ``residual`` says how well.

    Parameters
    ----------
    start
        The guess; its segments and who is active in them stay as they are.
    patient
        Go on to high degrees where low ones are far off? Not if another guess may do.
    """
    best = start
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a guess may stray; what is kept is finite
        for degree in DEGREES:
            found, _ = improve(raised(best, degree))
            check = Equations(found, chebyshev_nodes(2 * degree + 3))
            size = float(np.abs(check.errors(found)).max()) if check.sound(found) else np.inf
            if size < best.residual:
                best = replace(found, residual=size)
            if best.residual < SMALL or (not patient and degree == DEGREES[1] and best.residual > HOPELESS):
                break
    return best
