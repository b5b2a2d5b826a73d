"""The timber bids are those of their source, to the byte, and say where they come from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

import thickecon as te
from thickecon.errors import InputError

HERE = Path(te.__file__).parent / "datasets" / "usfs_timber"
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "auctions" / "usfs_timber_sample.csv"


def test_the_vendored_file_is_what_was_drawn():
    # sha256 of the sample that ORIGIN.md describes
    digest = hashlib.sha256((HERE / "usfs_timber_sample.csv").read_bytes()).hexdigest()
    assert digest == "19b3f178641d97f8a0ae24b18a1360dcbd1356fb56a1162e986e73d07c545126"
    assert "MIT License" in (HERE / "LICENSE.simple_fpa-MIT").read_text()
    assert "54041f12" in (HERE / "ORIGIN.md").read_text()
    assert "usfs_timber" in te.datasets.names()


@pytest.mark.shared_data
def test_the_vendored_file_equals_the_shared_one():
    if not SHARED.exists():
        pytest.skip("../shared/data is not there")
    assert SHARED.read_bytes() == (HERE / "usfs_timber_sample.csv").read_bytes()


def test_what_the_description_says_holds():
    text, data = te.datasets.describe("usfs_timber"), te.datasets.load("usfs_timber")
    raw = pd.read_csv(HERE / "usfs_timber_sample.csv")
    pd.testing.assert_frame_equal(data[raw.columns], raw)
    assert (len(data), data["auctionid"].nunique()) == (800, 200)
    assert data.groupby("auctionid").size().value_counts().to_dict() == dict.fromkeys(range(2, 7), 40)
    assert (data["bidders"] == data.groupby("auctionid")["auctionid"].transform("count")).all()
    ratio = data["actual_bid"] / data["adv_value"]
    assert "All but 5 of the 800" in text
    assert (ratio < 1).sum() == 5
    assert "1.33 times" in text
    assert round(ratio.median(), 2) == 1.33
    assert (data["year"].min(), data["year"].max()) == (73, 90)
    assert data.groupby("auctionid")["actual_bid"].apply(lambda b: b.is_monotonic_decreasing).all()
    assert (data.groupby("auctionid")["adv_value"].nunique() == 1).all()


def test_auctions_of_one_size():
    assert set(te.datasets.load("usfs_timber", bidders=4)["bidders"]) == {4}
    with pytest.raises(InputError, match="must be 2, 3, 4, 5 or 6"):
        te.datasets.load("usfs_timber", bidders=7)
