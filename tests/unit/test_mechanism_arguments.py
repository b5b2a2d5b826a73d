"""What is handed to mechanisms and to the functions around them: one clear answer each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import InputError, LensError, NotApplicableError

RANKINGS = te.ThickProfile.from_rankings([[2, 0], [[0, 1], 2], [1]], endorsed=[[0], [0, 1], [1, 2]])
VALUES = te.ThickProfile.from_values([[8.0, 3.0], [6.0, 5.0]])
MATCHING = te.matching.DeferredAcceptance()


def market() -> te.Market:
    return te.Market(RANKINGS, [[0, 1, 2]] * 3)


@pytest.mark.parametrize(
    "mechanism",
    [
        te.auctions.VCG(),
        te.auctions.SecondPrice(),
        te.welfare.Allocate(te.welfare.Utilitarian()),
        te.welfare.Allocate(te.welfare.Nash(), lens=te.Uncertain(), ambiguity="worst"),
    ],
    ids=lambda mechanism: mechanism.name,
)
def test_rankings_have_no_values_to_add_up(mechanism: te.Mechanism) -> None:
    for made in (mechanism, mechanism.baseline()):
        with pytest.raises(LensError, match="of rankings only the order means something"):
            made.run(RANKINGS, rng=0)


def test_orders_are_read_and_have_no_sums() -> None:
    outcome = MATCHING.run(market(), rng=0)
    assert outcome.certified
    with pytest.raises(NotApplicableError, match="no sums"):
        _ = outcome.welfare


def test_a_comparison_of_rankings_can_be_shown(tmp_path) -> None:
    found = te.compare(MATCHING, market(), rng=0)
    assert len(found.plot().axes) == 1
    found.save_html(tmp_path / "page.html")
    assert "Tipping point" in (tmp_path / "page.html").read_text()
    with pytest.raises(NotApplicableError, match="rankings have no utilities"):
        _ = found.changes


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: te.compare(te.auctions.VCG, VALUES), InputError, r"found the class VCG.*write VCG\(\)"),
        (lambda: te.sensitivity(te.auctions.VCG, VALUES), InputError, r"found the class VCG.*write VCG\(\)"),
        (lambda: te.compare("VCG", VALUES), InputError, "must be a mechanism, found str"),
        (
            lambda: te.compare(te.auctions.VCG(), VALUES, arms=[te.Arm(te.auctions.VCG)]),
            InputError,
            r"Arm.mechanism.*write VCG\(\)",
        ),
        (lambda: te.certify(VALUES, 3), InputError, "must be an Outcome, found int"),
        (
            lambda: te.auctions.VCG(lens="Endorsed").run(VALUES),
            LensError,
            r"must be a lens, found 'Endorsed'.*Endorsed\(",
        ),
        (
            lambda: te.auctions.VCG(lens=te.Endorsed).run(VALUES),
            LensError,
            r"must be a lens, found Endorsed.*Endorsed\(",
        ),
        (
            lambda: te.auctions.VCG(lens=te.Lexicographic()).run(VALUES),
            LensError,
            "of Lexicographic is ordinal.*cardinal lens",
        ),
        (
            lambda: MATCHING.run(market()).mechanism.optimise(market(), np.ones(7)),
            NotApplicableError,
            "not a maximiser",
        ),
    ],
)
def test_one_clear_answer(call: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize(
    "mechanism", [te.auctions.VCG(), te.auctions.SecondPrice(), te.welfare.Allocate(te.welfare.Utilitarian())]
)
def test_optimise_takes_a_bare_profile_like_run(mechanism: te.Mechanism) -> None:
    weights = [1.0, -1.0, -1.0, 1.0]
    taken = mechanism.optimise(VALUES, weights)  # type: ignore[arg-type]
    assert taken.tolist() == [1.0, 0.0, 0.0, 1.0]


def test_what_doing_nothing_is_worth_moves_with_no_influence() -> None:
    """Values -1 and -2, nothing 0: the gap to nothing is 1 and must be made up in full; between the options it is half
    of 1. With values 2 and 8 the gaps are 2, 8 and half of 6.
    """
    for values, bound, size in (([[-1.0, -2.0]], 0.5, 1.0), ([[2.0, 8.0]], 2.0, 3.0)):
        found = te.sensitivity(MATCHING, te.ThickProfile.from_values(values, outside=0.0)).smallest
        assert found is not None
        assert found.bounds[0] == pytest.approx(bound)
        assert found.size == pytest.approx(size, rel=1e-3)


def test_the_margin_of_a_choice() -> None:
    """Endorsed totals 6, 7 and 1; wedges 2, 0 and 0: SIDT picks the first, T2 and T3 by hand."""
    choice = te.Choice(
        te.ThickProfile.from_arrays([[[5.0, 4.0, 1.0], [2.0, 0.0, 0.0]], [[1.0, 3.0, 0.0], [0.0] * 3]], [1.0, 0.0])
    )
    mechanism = te.welfare.Allocate(te.welfare.Utilitarian())
    found = te.certify(choice, mechanism.run(choice, rng=0))
    assert (found.margin, found.loss_bound.value, found.loss_bound.exact()) == (1.0, 2.0, 2.0)
    assert te.compare(mechanism, choice, rng=0).tipping_point.share == pytest.approx(0.5, abs=1e-5)  # 8 - 2 s = 7


def test_the_worst_direction_of_two_influences_that_err_together() -> None:
    """One seat, a at 9 with two wedges of 2 and 1, b at 7. v: 6 and 7, thick gains 1; the gain falls by each wedge's
    error, so the worst direction breaks it at 1 / sqrt(s' V s) standard errors (Cauchy-Schwarz), s = (1, 1).
    """
    from thickecon.endorsement import Estimate, Target

    joint = np.array([[0.25, 0.06], [0.06, 0.04]])
    wedges = Estimate(
        "contribution",
        ("ad", "habit"),
        [2.0, 1.0],
        joint,
        unit="utils",
        targets={"ad": Target((0,)), "habit": Target((0,))},
    )
    p = wedges.apply(te.ThickProfile.from_values([[9.0], [7.0]], agents="ab"), agents=["a"])
    assert p.endorsed.tolist() == [[6.0], [7.0]]
    found = te.compare(te.auctions.SecondPrice(), p, rng=0).break_even
    assert found.gain == pytest.approx(1.0)
    assert found.worst == pytest.approx(1.0 / np.sqrt(joint.sum()), rel=1e-6)
    assert sorted(found.by_direction["k"].abs()) == pytest.approx([1.0 / 0.5, 1.0 / 0.2], rel=1e-6)


def test_paired_errors_over_lotteries() -> None:
    """Three tied bids for one item of whom one is half manufactured: the difference of each lottery, by hand."""
    p = te.ThickProfile.from_values([[4.0], [4.0], [4.0]]).with_influence("ad", [[2.0], [0.0], [0.0]])
    found = te.compare(te.auctions.SecondPrice(), p, replicates=60, rng=1)
    gaps = [2.0 if run.winners[0] == 0 else 0.0 for run in found.outcomes["sidt"]]  # thick always gets 4
    row = found.differences.loc[("thick", "endorsed_welfare")]
    assert row["difference"] == pytest.approx(np.mean(gaps))
    assert row["standard error"] == pytest.approx(np.std(gaps, ddof=1) / np.sqrt(60))
