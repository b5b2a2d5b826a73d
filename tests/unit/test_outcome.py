"""Outcomes: views of one vector over rows, accounts, files."""

from __future__ import annotations

import json

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import FileFormatError, NotApplicableError


@pytest.fixture
def outcome() -> te.Outcome:
    profile = te.ThickProfile.from_arrays(
        [[[10.0, 5.0], [2.0, 0.0]], [[8.0, 7.0], [0.0, 1.0]]],
        endorsement=[1.0, 0.5],
        motives=[te.Motive("taste"), te.Motive("advert", "influence", owner="seller")],
        agents=["ann", "bob"],
        options=["house", "boat"],
    )
    return te.auctions.VCG().run(te.auctions.Bids(profile, language="unit"), rng=0)


def test_views(outcome: te.Outcome) -> None:
    # v: ann 11, 5; bob 8, 7.5. ann takes the house, bob the boat.
    assert outcome.shares.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert outcome.partner.tolist() == [0, 1]
    assert outcome.winners.tolist() == [0, 1]
    assert outcome.matched_pairs().tolist() == [[0, 0], [1, 1]]
    assert outcome.utilities().tolist() == [11.0, 7.5]
    assert outcome.utilities(te.Revealed()).tolist() == [12.0, 8.0]
    assert outcome.welfare == 18.5
    assert outcome.probabilities.tolist() == outcome.shares.tolist()
    assert outcome.sample(0) is outcome


def test_affine_charges_by_hand(outcome: te.Outcome) -> None:
    # scores v; without ann bob takes the house at 8, with her the boat at 7.5: .5, plus ann's wedge of 1
    # without bob ann still takes the house: 0, plus bob's wedge of .5
    assert outcome.payments.tolist() == [1.5, 0.5]
    assert outcome.revenue == 2.0
    assert outcome.surplus().tolist() == [9.5, 7.0]


def test_accounts_by_motive(outcome: te.Outcome) -> None:
    swapped = te.auctions.VCG().run(outcome.problem, reports=[[0.0, 9.0], [9.0, 0.0]], rng=0)
    assert swapped.shares.tolist() == [[0.0, 1.0], [1.0, 0.0]]
    table = outcome.accounts(swapped)
    assert table.loc["ann"].to_dict() == {"taste": 5.0, "advert": 1.0}
    assert table.loc["bob"].to_dict() == {"taste": -1.0, "advert": 0.5}
    assert swapped.provenance.stamp == "reports"


def test_certificate_and_claims(outcome: te.Outcome) -> None:
    assert outcome.certified
    assert {verdict.name for verdict in outcome.certificate} >= {"feasible", "efficient"}
    claims = {(claim.name, claim.self): claim.holds for claim in outcome.mechanism.claims}
    assert claims[("truthful", "decision")]
    assert claims[("efficient", "endorsed")]
    assert not claims[("influence_proof", "nobody")]  # T19: the affine charge moves with the influence


def test_shared_rows_are_refused_where_they_make_no_sense(outcome: te.Outcome) -> None:
    from dataclasses import replace

    half = replace(outcome, decision=replace(outcome.decision, taken=np.full(4, 0.5)))
    with pytest.raises(NotApplicableError, match="shared"):
        _ = half.partner
    drawn = [half.sample(seed).partner.tolist() for seed in range(200)]
    first = np.mean([one[0] == 0 for one in drawn])
    assert 0.35 < first < 0.65  # each option with chance 1/2: 200 draws, four standard errors
    assert not half.certified or half.taken.sum() == 2


def test_tables_and_files(outcome: te.Outcome, tmp_path) -> None:
    frame = outcome.to_frame()
    assert frame["agent"].tolist() == ["ann", "bob"]
    assert frame["agent pays"].tolist() == [1.5, 0.5]
    assert r"\toprule" in outcome.to_latex()
    assert "<table" in outcome._repr_html_()
    assert "10.1007/BF01726210" in outcome.cite()
    assert te.cite(outcome) == outcome.cite()
    place = tmp_path / "outcome.json"
    outcome.save(place)
    read = json.loads(place.read_text())
    assert read["provenance"]["problem"]["sha256"] == outcome.problem.content_hash
    assert read["taken"][0] == {"agent": "ann", "option": "house", "share": 1.0}
    for bad in ("outcome.csv", "outcome.parquet", "nowhere/outcome.json"):
        with pytest.raises(FileFormatError):
            outcome.save(tmp_path / bad)
    assert list(tmp_path.iterdir()) == [place]
    assert outcome.plot().axes


def test_dominant_reports_unravel() -> None:
    """T4 (b): v = 8, wedge 5; under subtraction with Clarke charges the decision self reports d + 5 = 18."""
    profile = te.ThickProfile.from_values([[13.0]]).with_influence("advert", 5.0)
    plain = te.auctions.SecondPrice(charge="clarke")
    assert plain.dominant_reports(profile, "decision").tolist() == [18.0]
    assert te.auctions.SecondPrice().dominant_reports(profile, "decision").tolist() == [13.0]
    assert te.auctions.SecondPrice(reporting="endorsed").dominant_reports(profile, "endorsed").tolist() == [8.0]
    with pytest.raises(NotApplicableError, match="ignored"):
        te.auctions.SecondPrice(reporting="observed").dominant_reports(profile)
