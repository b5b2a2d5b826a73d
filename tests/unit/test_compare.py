"""Comparisons on problems small enough to work out by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import InputError, NotApplicableError, ProblemError, UnknownNameError


def advert(se: float | None = None) -> te.ThickProfile:
    """One item, reports 8 and 6; an advert of 5 stands behind the first."""
    return te.ThickProfile.from_values([[8.0], [6.0]]).with_influence(
        "advert", [[5.0], [0.0]], se=None if se is None else [[se], [0.0]]
    )


@pytest.fixture
def comparison() -> te.Comparison:
    return te.compare(te.auctions.SecondPrice(), advert(se=1.0), draws=200, rng=0)


def test_every_yardstick_of_both_arms(comparison: te.Comparison) -> None:
    frame = comparison.to_frame()
    assert list(frame.index) == ["sidt", "thick"]
    assert frame.columns[0] == "objective"
    # SIDT: bidder 0 wins at 8, pays 6, endorses 3. Thick: bidder 1 wins at 6, pays the score of bidder 0, 3.
    assert frame.loc["sidt", ["endorsed_welfare", "revealed_welfare", "revenue"]].tolist() == [3.0, 8.0, 6.0]
    assert frame.loc["thick", ["endorsed_welfare", "revealed_welfare", "revenue"]].tolist() == [6.0, 6.0, 3.0]
    assert frame.loc["sidt", ["participation_decision", "participation_endorsed"]].tolist() == [1.0, 0.5]
    assert frame.loc["thick", ["surplus_endorsed", "surplus_decision"]].tolist() == [3.0, 3.0]


def test_differences_winners_and_losers(comparison: te.Comparison) -> None:
    gap = comparison.differences.loc[("thick", "endorsed_welfare")]
    assert gap["difference"] == 3.0
    assert gap["per cent"] == 100.0
    assert gap["low"] < 3.0 < gap["high"]  # thick is worth 6, SIDT 3 + 5 (relative error .2 x normal)
    assert comparison.changes["endorsed change"].tolist() == [3.0, 3.0]  # -3 to 0, and 0 to 3
    assert comparison.winners_and_losers == {"gain": 2, "lose": 0, "same": 0}


def test_draws_spread_as_the_evidence_says(comparison: te.Comparison) -> None:
    # endorsed welfare of SIDT under a draw is 3 + 5 e with e of standard deviation 1/5: sd 1
    draws = comparison.draws.xs("sidt", level="arm")["endorsed_welfare"]
    assert abs(draws.std() - 1.0) < 0.2
    assert abs(draws.mean() - 3.0) < 0.3


def test_tipping_point_is_where_the_scores_tie(comparison: te.Comparison) -> None:
    assert comparison.tipping_point.share == pytest.approx(0.4, abs=1e-5)  # 8 - 5 s = 6


def test_break_even_error(comparison: te.Comparison) -> None:
    # thick less SIDT is 6 - (3 + 5 e): zero at e = .6, which is three standard errors of .2
    assert comparison.break_even.gain == pytest.approx(3.0)
    assert comparison.break_even.worst == pytest.approx(3.0, rel=1e-6)
    assert np.nanmin(np.abs(comparison.break_even.by_direction["k"])) == pytest.approx(3.0, rel=1e-6)


def test_loss_bound(comparison: te.Comparison) -> None:
    assert comparison.loss_bound.value == 10.0  # 2 |delta_1|
    assert comparison.loss_bound.exact() == pytest.approx(5.0)  # Delta(x_d) - Delta(x_v) = 5 - 0, the loss is 3


def test_oracle_is_stamped_and_truth_judges() -> None:
    truth = advert()
    seen = truth.with_endorsement([1.0, 1.0])  # no evidence: thick decides like SIDT
    found = te.compare(te.auctions.SecondPrice(), seen, truth=truth, arms=("sidt", "thick", "oracle"), rng=0)
    assert found.to_frame()["endorsed_welfare"].tolist() == [3.0, 3.0, 6.0]
    assert [runs[0].provenance.stamp for runs in found.outcomes.values()] == ["", "", "oracle"]
    assert any("oracle" in text for text in found.caveats)


def test_arms_share_the_lottery() -> None:
    tied = te.ThickProfile.from_values(np.ones((50, 1)))
    found = te.compare(te.auctions.SecondPrice(), tied, replicates=20, rng=3)
    winners = {label: [run.winners[0] for run in runs] for label, runs in found.outcomes.items()}
    assert winners["sidt"] == winners["thick"]
    assert len(set(winners["sidt"])) > 5


def test_custom_arms_and_yardsticks() -> None:
    half = te.Arm(te.auctions.SecondPrice(lens=te.PartialCredit(0.5)), label="half")
    longest = te.Yardstick("rows_taken", lambda outcome, judge: float(outcome.taken.sum()))
    found = te.compare(te.auctions.SecondPrice(), advert(), arms=["sidt", half], yardsticks=[longest], rng=0)
    assert found.to_frame().loc["half", "revealed_welfare"] == 6.0  # 5.5 against 6
    assert found.to_frame()["rows_taken"].tolist() == [1.0, 1.0]


def test_the_baseline_is_found_wherever_it_stands_and_thick_is_what_is_set_against_it() -> None:
    truth = advert()
    seen = truth.with_endorsement([1.0, 0.9])  # too little is taken off: 7.5 against 6, thick decides like SIDT
    found = te.compare(
        te.auctions.SecondPrice(), seen, truth=truth, arms={"best": "oracle", "ours": "thick", "theirs": "sidt"}, rng=0
    )
    assert found.versus == "theirs"
    assert found.differences["difference"].xs("endorsed_welfare", level="yardstick").to_dict() == {
        "best": 3.0,
        "ours": 0.0,
    }
    # of ours, not of the oracle: bidder 0 wins in both, and ours charges the estimated wedge of .5 on top (T18)
    assert found.winners_and_losers == {"gain": 0, "lose": 1, "same": 1}
    assert found.changes.loc[0, "endorsed change"] == pytest.approx(-0.5)
    assert "endorsed ours" in found.changes
    for arms in itertools.permutations(("sidt", "thick", "oracle")):
        again = te.compare(te.auctions.SecondPrice(), seen, truth=truth, arms=arms, rng=0)
        assert again.versus == "sidt"
        assert again.winners_and_losers == found.winners_and_losers
        assert again.tipping_point == found.tipping_point


def test_a_mechanism_in_its_standard_setting_differs_from_sidt_by_nothing() -> None:
    found = te.compare(te.auctions.SecondPrice().baseline(), advert(), arms=("thick", "sidt"), rng=0)
    assert found.versus == "sidt"
    assert (found.differences.loc["thick", "difference"] == 0).all()


def test_who_gains_and_who_loses_by_group() -> None:
    """Bidder 0 (3 people) leaves a regret of 3 behind, bidder 1 (1 person) wins at 3 what it values at 6; bidder 2
    (2 people) stays out of it.
    """
    p = te.ThickProfile.from_values([[8.0], [6.0], [1.0]], agents="abc", weights=[3.0, 1.0, 2.0])
    p = p.with_influence("advert", [[5.0], [0.0], [0.0]])
    found = te.compare(te.auctions.SecondPrice(), p, rng=0)
    table = found.by_group({"reached": ["a"], "others": ["b", "c"], "all": [True] * 3})
    assert table.loc["reached"].tolist() == [3.0, 3.0, 0.0, 0.0, 3.0, -2.0]  # revealed: 8 - 6 to 0
    assert table.loc["others"].tolist() == [3.0, 1.0, 0.0, 2.0, 1.0, 1.0]
    assert table.loc["all"].tolist() == [6.0, 4.0, 0.0, 2.0, 2.0, -0.5]
    assert found.by_group(["x", "y", "y"]).to_numpy().tolist() == table.to_numpy()[:2].tolist()
    with pytest.raises(InputError, match="3 agents, found 2"):
        found.by_group(["x", "y"])
    with pytest.raises(InputError, match="'nobody' has no agents"):
        found.by_group({"nobody": []})
    with pytest.raises(UnknownNameError, match="'d'"):
        found.by_group({"x": ["d"]})


def test_loss_bound_counts_what_is_taken_beyond_the_first_unit() -> None:
    """Four options at v = -1.75 and d = 1.25, doing nothing at v = 0 and d = 3: d takes all four, v none; 7 is lost."""
    p = te.ThickProfile.from_arrays(
        [[[-1.75] * 4, [3.0] * 4]], endorsement=[1.0, 0.0], outside=[[0.0, 3.0]], agents=["a"]
    )
    mechanism = te.welfare.Allocate(te.welfare.Utilitarian(), integral=True)
    found = te.compare(mechanism, te.Assignment(p, demand=4), rng=0)
    assert found.differences.loc[("thick", "objective"), "difference"] == pytest.approx(7.0)
    assert found.loss_bound.exact() == pytest.approx(9.0)  # Delta: 12 less 3
    assert found.loss_bound.value is not None
    assert found.loss_bound.value >= 9.0
    assert "_problem" not in repr(found.loss_bound)


def test_an_estimate_as_evidence() -> None:
    """A share of .4, standard error .1, of the advert's pull of 5: v = 5 and 6; SIDT gives up 1, spread 5 x .1."""
    from thickecon.endorsement import Estimate

    estimate = Estimate("endorsement", ("advert",), np.array([0.4]), np.array([[0.01]]), scalar=True)
    found = te.compare(te.auctions.SecondPrice(), advert(), evidence=estimate, draws=400, rng=0)
    assert found.differences.loc[("thick", "endorsed_welfare"), "difference"] == pytest.approx(1.0)
    assert found.break_even.worst == pytest.approx(2.0, rel=1e-6)  # 6 = 3 + 5 e at e = .6
    spread = found.draws.xs("sidt", level="arm")["endorsed_welfare"].std()
    assert spread == pytest.approx(0.5, rel=0.15)  # four standard errors of a deviation of 400 draws


def test_without_truth_the_reader_is_warned(comparison: te.Comparison) -> None:
    assert any("favours" in text for text in comparison.caveats)


def test_outputs(comparison: te.Comparison, tmp_path) -> None:
    assert "endorsed\\_welfare" in comparison.to_latex()
    place = tmp_path / "report.html"
    comparison.save_html(place)
    page = place.read_text()
    assert "Second-price auction" in page
    assert "http" not in page.split("<body>")[0]
    assert len(comparison.plot().axes) == 2
    assert "thick less sidt" in repr(comparison)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"arms": ("sidt", "thin")}, UnknownNameError, "thin"),
        ({"arms": ("oracle",)}, InputError, "truth"),
        ({"arms": ()}, InputError, "at least one arm"),
        ({"arms": ("sidt", "sidt")}, InputError, "two arms"),
        ({"draws": -1}, InputError, "draws"),
        ({"replicates": 0}, InputError, "replicates"),
        ({"yardsticks": ("enorsed_welfare",)}, UnknownNameError, "endorsed_welfare"),
        ({"truth": te.ThickProfile.from_values([[1.0, 2.0]])}, ProblemError, "same rows"),
    ],
)
def test_bad_arguments(arguments, error, text) -> None:
    with pytest.raises(error, match=text):
        te.compare(te.auctions.SecondPrice(), advert(), rng=0, **arguments)


def test_certify() -> None:
    profile = advert()
    outcome = te.auctions.SecondPrice().baseline().run(profile, rng=0)
    found = te.certify(profile, outcome)
    assert found.walkers.to_dict("list") == {"agent": [0], "self": ["endorsed"], "surplus over outside": [-3.0]}
    assert found.influence_bound == 1.0
    assert found.margin is None
    assert repr(found).startswith("Certification(auctions.SecondPrice: feasible holds")
    with pytest.raises(NotApplicableError):
        te.certify(te.ThickProfile.from_values([[1.0, 2.0]]), outcome)


def test_only_outcomes_and_mechanisms_are_cited() -> None:
    mechanism = te.auctions.SecondPrice()
    assert te.cite(mechanism) == te.cite(mechanism.run(advert(), rng=0))
    assert "10.1111/j.1540-6261.1961.tb02789.x" in te.cite(mechanism)
    with pytest.raises(InputError, match="found int"):
        te.cite(3)  # type: ignore[arg-type]


def test_the_loss_bound_counts_agents_as_the_mechanism_does() -> None:
    """A second price auction counts bidders, not people: the advert of 1 sells a good worth 4.5 to 5 elsewhere."""
    p = te.ThickProfile.from_values([[5.0], [5.5]], weights=[0.1, 0.1]).with_influence("advert", [[0.0], [1.0]])
    bound = te.compare(te.auctions.SecondPrice(), p, rng=0).loss_bound
    assert bound.value == 2.0
    assert bound.exact() == 1.0  # the wedge of who wins under SIDT; the loss itself is .5
