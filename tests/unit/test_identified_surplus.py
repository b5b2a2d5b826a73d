"""Endorsed surplus over an identified set: by hand, against all ends, covered by simulation, and bad calls."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import thickecon as te
from thickecon.endorsement import Estimate, GoldinReck, endorsed_surplus
from thickecon.errors import EvidenceError, NotApplicableError, UnknownNameError


def framed(k0: int, k1: int, n: int = 500) -> Estimate:
    arms = pd.DataFrame({"cell": "all", "framing": ["against", "for"], "n": n, "k": [k0, k1]})
    return GoldinReck().fit(arms)


def sold() -> tuple[te.Outcome, te.Outcome]:
    """Ann is made to want it by 6 of her 9, Bob wants it for 7: SIDT gives it to Ann, thick to Bob."""
    profile = te.ThickProfile.from_values([[9.0], [7.0]], unit="money").with_influence("advert", [6.0, 0.0])
    rule = te.auctions.SecondPrice()
    return rule.run(profile, rng=0), rule.baseline().run(profile, rng=0)


def test_by_hand() -> None:
    """Bounds of Goldin and Reck without an assumption: [.42, .82]; Ann keeps 3 and that share of 6."""
    thick, sidt = sold()
    found = framed(210, 410)
    table = endorsed_surplus(sidt, found, "advert")
    s0, s1 = np.sqrt(0.42 * 0.58 / 500), np.sqrt(0.82 * 0.18 / 500)
    row = table.loc[("outcome", "money")]
    assert row[["lower", "upper"]].tolist() == pytest.approx([3 + 6 * 0.42, 3 + 6 * 0.82])
    assert row[["se_lower", "se_upper"]].tolist() == pytest.approx([6 * s0, 6 * s1])
    # the set is wide: each end is one-sided at 95 %, with the larger error (Imbens and Manski)
    z = 1.6448536
    assert row[["low", "high"]].tolist() == pytest.approx([3 + 6 * (0.42 - z * s0), 3 + 6 * (0.82 + z * s1)], abs=1e-6)
    assert table.loc[("outcome", "share of surplus")].tolist() == pytest.approx((row / 9).tolist())
    both = endorsed_surplus(thick, found, "advert", baseline=sidt)
    gap = both.loc[("difference", "money")]
    assert gap[["lower", "upper"]].tolist() == pytest.approx([7 - (3 + 6 * 0.82), 7 - (3 + 6 * 0.42)])
    assert gap[["se_lower", "se_upper"]].tolist() == pytest.approx([6 * s1, 6 * s0])
    assert both.loc[("difference", "share of surplus")].tolist() == pytest.approx((gap / 9).tolist())
    assert both.loc[("baseline", "money")].tolist() == pytest.approx(row.tolist())


@pytest.mark.parametrize("seed", range(4))
def test_ends_against_all_corners(seed: int) -> None:
    """Several motives, of either sign, for some agents: least and greatest over all corners of the box."""
    gen = np.random.default_rng(seed)
    table = gen.normal(0, 3, (5, 4, 3))
    profile = te.ThickProfile.from_arrays(table, gen.random(4), motives=list("abcd"))
    outcome = te.welfare.Allocate().run(te.Choice(profile), rng=0)
    ends = np.sort(gen.random((2, 2)), axis=1)
    found = Estimate("endorsement", ("x", "y"), ends.mean(axis=1), identified=ends)
    some = np.array([True, False, True, True, False])
    row = endorsed_surplus(outcome, found, {"x": "b", "y": "d"}, some).loc[("outcome", "utils")]
    option = int(outcome.taken.reshape(5, 3)[0].argmax())
    sums = []
    for corner in itertools.product(*ends):
        e = np.tile(profile.endorsement.theta, (5, 1))
        e[np.ix_(some, [1, 3])] = corner
        sums.append(float((e * table[:, :, option]).sum()))
    assert row[["lower", "upper"]].tolist() == pytest.approx([min(sums), max(sums)])
    assert row[["low", "high"]].tolist() == pytest.approx([min(sums), max(sums)])  # no errors given: the set itself
    assert np.isnan(row["se_lower"])


def test_stoye_is_no_longer_and_scales() -> None:
    _, sidt = sold()
    arms = pd.DataFrame({"cell": "all", "framing": ["against", "for"], "n": 500, "k": [210, 230]})
    found = GoldinReck().fit(arms)
    if found.end_covariances is None:
        pytest.skip("independent arms have no joint covariance")
    one = endorsed_surplus(sidt, found, "advert", method="stoye").loc[("outcome", "money"), ["low", "high"]]
    assert one.tolist() == pytest.approx([3 + 6 * end for end in found.bounds_interval(0.95, "stoye")], abs=1e-6)


@pytest.mark.statistical
def test_coverage_at_both_ends() -> None:
    """The truth at either end of the set, or inside: covered in at least 95 % of 2,000 samples (up to sampling)."""
    gen = np.random.default_rng(0)
    _, sidt = sold()
    kept = []
    for _ in range(2000):
        table = endorsed_surplus(sidt, framed(*(int(k) for k in gen.binomial(500, [0.42, 0.82]))), "advert")
        kept.append(table.loc[("outcome", "money"), ["low", "high"]].to_numpy())
    ends = np.array(kept)
    for truth, least, most in ((3 + 6 * 0.42, 0.93, 0.97), (3 + 6 * 0.82, 0.93, 0.97), (3 + 6 * 0.6, 0.999, 1.0)):
        assert least <= ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean() <= most


def test_bad_calls() -> None:
    thick, sidt = sold()
    found = framed(210, 410)
    with pytest.raises(UnknownNameError):
        endorsed_surplus(sidt, found, "advice")
    with pytest.raises(EvidenceError, match="level"):
        endorsed_surplus(sidt, found, "advert", level=0.3)
    with pytest.raises(EvidenceError, match="must be 'imbens-manski' or 'stoye'"):
        endorsed_surplus(sidt, found, "advert", method="normal")  # type: ignore[arg-type]
    with pytest.raises(NotApplicableError, match="has no bounds"):
        endorsed_surplus(sidt, Estimate("endorsement", ("a",), [0.5], scalar=True), "advert")
    with pytest.raises(NotApplicableError, match="of kind 'relation', not a share"):
        endorsed_surplus(sidt, Estimate("relation", ("a",), [0.5], identified=[[0, 1]], scalar=True), "advert")
    with pytest.raises(NotApplicableError, match="no joint covariance"):
        endorsed_surplus(sidt, Estimate("endorsement", ("a",), [0.5], identified=[[0, 1]]), method="stoye")
    other = te.ThickProfile.from_values([[9.0], [7.0]], unit="money")
    with pytest.raises(EvidenceError, match="same profile"):
        endorsed_surplus(thick, found, "advert", baseline=te.auctions.SecondPrice().run(other))
