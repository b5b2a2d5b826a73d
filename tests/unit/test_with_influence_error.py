"""The standard error of a wedge becomes the error of one unknown (docs/decisions/0002)."""

from __future__ import annotations

import numpy as np
import pytest

import thickecon as te

Z95 = 1.959963984540054  # the .975 quantile of the standard normal, from tables


def test_relative_error_is_the_deviation_of_theta() -> None:
    p = te.ThickProfile.from_values([[8.0, 3.0]]).with_influence("advert", [5.0, 2.0], se=[1.0, 0.4])
    assert p.endorsement.theta.tolist() == [[1.0, 0.0]]
    np.testing.assert_allclose(p.endorsement.standard_error, [[0.0, 0.2]])
    lower, upper = p.endorsed_bounds()  # v = d - wedge, give or take 1.96 se
    np.testing.assert_allclose(lower, [[3.0 - Z95, 1.0 - 0.4 * Z95]])
    np.testing.assert_allclose(upper, [[3.0 + Z95, 1.0 + 0.4 * Z95]])


def test_one_error_is_shared_by_agents_with_endorsements_of_their_own() -> None:
    """Its variance in a sum over n agents is (n se)^2; independent errors would make it n se^2."""
    own = te.ThickProfile.from_arrays(np.full((3, 1, 1), 8.0), endorsement=np.full((3, 1), 0.5))
    p = own.with_influence("advert", 5.0, se=1.0)
    pull = np.array([[0.0, 5.0]] * 3).ravel()  # d(sum of v)/d theta, entry by entry
    assert pull @ p.endorsement.covariance @ pull == pytest.approx(9.0)
    sums = [p.with_endorsement(e).endorsed.sum() for e in p.endorsement.draws(4000, 0)]
    assert np.std(sums) == pytest.approx(3.0, rel=0.08)  # 8 % is seven standard errors of a standard deviation


def test_a_stated_box_stays_beside_an_estimated_wedge() -> None:
    p = te.ThickProfile.from_arrays([[[10.0]]], endorsement=[0.5], endorsement_interval=([0.2], [0.9]))
    q = p.with_influence("advert", 4.0, se=1.0)
    lower, upper = q.endorsement.box()
    np.testing.assert_allclose(lower, [[0.2, -0.25 * Z95]])
    np.testing.assert_allclose(upper, [[0.9, 0.25 * Z95]])
    drawn = np.array([e.theta[0] for e in q.endorsement.draws(2000, 0)])
    assert 0.2 <= drawn[:, 0].min() < 0.25
    assert 0.85 < drawn[:, 0].max() <= 0.9
    assert np.std(drawn[:, 1]) == pytest.approx(0.25, rel=0.1)


def test_too_many_groups_for_one_error() -> None:
    own = te.ThickProfile.from_arrays(np.ones((1500, 1, 1)), endorsement=np.full((1500, 1), 0.5))
    assert own.with_influence("advert", 0.5).n_motives == 2
    with pytest.raises(te.errors.SizeError, match="group"):
        own.with_influence("advert", 0.5, se=0.1)
