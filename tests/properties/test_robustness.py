"""T12 and the unanimous order (docs/theory/robustness.md), against brute force over the vertices of the box."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te


@st.composite
def boxed(draw):
    """Small whole contributions; endorsement boxes in quarters; motives may share a parameter, agents a group."""
    n, count, m = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    groups, width = draw(st.integers(1, n)), draw(st.integers(1, count))
    numbers = st.integers(-5, 5)
    table = np.array(draw(st.lists(numbers, min_size=n * count * m, max_size=n * count * m)), float).reshape(
        n, count, m
    )
    ends = draw(st.lists(st.tuples(*[st.integers(0, 4)] * 2), min_size=groups * width, max_size=groups * width))
    box = np.sort(np.array(ends).reshape(groups, width, 2) / 4, axis=2)
    e = te.Endorsement(
        box.mean(axis=2),
        box[..., 0],
        box[..., 1],
        group=np.array([draw(st.integers(0, groups - 1)) for _ in range(n)]),
        param=np.array([draw(st.integers(0, width - 1)) for _ in range(count)]),
    )
    return table, e


def at_vertices(table, e) -> np.ndarray:
    """(vertices, n, m) values v at every corner of the box of theta."""
    corners = product(*zip(e.lower.ravel(), e.upper.ravel(), strict=True))
    found = []
    for corner in corners:
        theta = np.array(corner).reshape(e.theta.shape)
        found.append(np.einsum("ic,icx->ix", theta[e.group][:, e.param], table))
    return np.array(found)


@settings(max_examples=80, deadline=None)
@given(boxed())
def test_bounds_of_single_entries(drawn) -> None:
    table, e = drawn
    values = at_vertices(table, e)
    lower, upper = te.ThickProfile.from_arrays(table, endorsement=e).endorsed_bounds()
    np.testing.assert_array_equal(lower, values.min(axis=0))
    np.testing.assert_array_equal(upper, values.max(axis=0))


@settings(max_examples=80, deadline=None)
@given(boxed())
def test_unanimity_reads_both_options_with_one_theta(drawn) -> None:
    table, e = drawn
    values = at_vertices(table, e)  # a linear function is positive on a box iff it is at all corners
    expected = (values[:, :, :, None] > values[:, :, None, :]).all(axis=0)
    np.testing.assert_array_equal(te.ThickProfile.from_arrays(table, endorsement=e).unanimous, expected)


def test_touching_bounds_and_a_unanimous_order() -> None:
    """A is worth 1 + theta, B theta: bounds [1, 2] and [0, 1] touch, A always wins by 1."""
    p = te.ThickProfile.from_arrays(
        [[[1.0, 0.0], [1.0, 1.0]]], endorsement=[1.0, 0.5], endorsement_interval=([1.0, 0.0], [1.0, 1.0])
    )
    assert [end.tolist() for end in p.endorsed_bounds()] == [[[1.0, 0.0]], [[2.0, 1.0]]]
    assert p.unanimous[0].tolist() == [[False, True], [False, False]]


def test_pointwise_bounds_lose_a_project_worth_having() -> None:
    """.25 for certain to each of two people, +1 and -1 from one shared unknown: worst total .5, pointwise -.5."""
    p = te.ThickProfile.from_arrays(
        [[[0.25], [1.0]], [[0.25], [-1.0]]], endorsement=[1.0, 0.5], endorsement_interval=([1.0, 0.0], [1.0, 1.0])
    )
    totals = [p.with_endorsement([1.0, theta]).endorsed.sum() for theta in (0.0, 0.5, 1.0)]
    assert totals == [0.5, 0.5, 0.5]
    assert p.endorsed_bounds()[0].sum() == -0.5


def test_reading_at_the_lower_end_is_not_the_worst_case() -> None:
    p = te.ThickProfile.from_arrays([[[-1.0]]], endorsement=[0.5], endorsement_interval=([0.0], [1.0]))
    assert p.endorsed_bounds()[0].tolist() == [[-1.0]]
    assert p.with_endorsement([0.0]).endorsed.tolist() == [[0.0]]


@settings(max_examples=60, deadline=None)
@given(boxed(), st.integers(0, 4))
def test_bounds_tighten_as_the_set_shrinks(drawn, quarter) -> None:
    table, e = drawn
    keep = quarter / 4
    smaller = te.Endorsement(
        e.theta, e.theta + keep * (e.lower - e.theta), e.theta + keep * (e.upper - e.theta), e.group, e.param
    )
    wide, narrow = (te.ThickProfile.from_arrays(table, endorsement=set_) for set_ in (e, smaller))
    assert (wide.endorsed_bounds()[0] <= narrow.endorsed_bounds()[0] + 1e-12).all()
    assert (wide.endorsed_bounds()[1] >= narrow.endorsed_bounds()[1] - 1e-12).all()
    assert (narrow.unanimous | ~wide.unanimous).all()
