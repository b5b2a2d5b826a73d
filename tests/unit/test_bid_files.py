"""Bids in CATS text, CSV and JSON: hand-written files, round trips, and one clear error that names the line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import thickecon as te
from thickecon.auctions import instances
from thickecon.auctions.instances import Manufactured
from thickecon.errors import FileFormatError, ProblemError
from thickecon.interop import read_bids, read_cats, write_bids, write_cats

# the example of the format in the CATS manual's form: three goods, a dummy that ties bids 0 and 2
THREE = """% a comment
goods 3
bids 4
dummy 1

0\t12.5\t0\t1\t3\t#
1\t7\t2\t#
2\t9\t1\t3\t#
3\t4\t0\t2\t#
"""


def put(folder: Path, text: str, name: str = "file.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def bid_sets(bids: te.auctions.Bids, values: np.ndarray | None = None) -> list[set[tuple[tuple[str, ...], float]]]:
    """By bidder, in no order: (items as text, one entry a unit) and value."""
    rows, items = bids.profile.rows, [str(item) for item in bids.items]
    made: list[set[tuple[tuple[str, ...], float]]] = [set() for _ in range(bids.profile.n_agents)]
    for i, x, v in zip(rows.agent, rows.option, rows.revealed if values is None else values, strict=True):
        held = [item for item, units in zip(items, bids.bundles[x], strict=True) for _ in range(int(units))]
        made[i].add((tuple(sorted(held)), float(v)))
    return made


# ---- CATS -----------------------------------------------------------------------------------------------------------


def test_cats_by_hand(tmp_path):
    bids = read_cats(put(tmp_path, THREE))
    assert (bids.language, tuple(bids.items)) == ("XOR", (0, 1, 2))
    assert bid_sets(bids) == [
        {(("0", "1"), 12.5), (("1",), 9.0)},
        {(("2",), 7.0)},
        {(("0", "2"), 4.0)},
    ]
    # by hand: {0,1} and {2} for 19.5 is the most that fits together
    outcome = te.auctions.VCG().run(bids, rng=0)
    assert outcome.winners.tolist() == [0, 0, 1]
    kept = read_cats(put(tmp_path, THREE), dummies="items")
    assert (kept.language, kept.items[3]) == ("OR*", "dummy 0")
    assert kept.profile.options[0] == "0+1+dummy 0"
    assert te.auctions.VCG().run(kept, rng=0).taken.sum() == 2


def test_cats_bids_held_together_by_several_dummies(tmp_path):
    """0 excludes 1 and 1 excludes 2, but 0 and 2 fit together: OR* can say it, XOR cannot."""
    text = "goods 3\nbids 3\ndummy 2\n0 5 0 3 #\n1 8 1 3 4 #\n2 5 2 4 #\n"
    path = put(tmp_path, text)
    with pytest.raises(FileFormatError, match=r"line 5: holds two dummies.*dummies='items'"):
        read_cats(path)
    bids = read_cats(path, dummies="items")
    assert bids.profile.n_agents == 1
    again = tmp_path / "again.txt"
    write_cats(bids, again)
    assert bid_sets(read_cats(again, dummies="items")) == bid_sets(bids)
    assert "dummy 2" in again.read_text()


def test_cats_keeps_the_larger_of_two_bids_on_the_same_goods(tmp_path):
    bids = read_cats(put(tmp_path, "goods 1\nbids 3\ndummy 1\n0 5 0 1 #\n1 6 0 1 #\n2 5 0 #\n"))
    assert bids.profile.revealed.tolist() == [[6.0], [5.0]]


@pytest.mark.parametrize("rng", range(3))
def test_cats_round_trip(tmp_path, rng):
    bids = instances.regions(20, bids=80, influence=Manufactured("agency", share=0.3, reach=0.5), rng=rng)
    path = tmp_path / "regions.txt"
    write_cats(bids, path)
    read = read_cats(path)
    assert bid_sets(read) == bid_sets(bids)  # every value to the bit
    once = path.read_bytes()
    write_cats(read, path)
    assert bid_sets(read_cats(path)) == bid_sets(bids)
    assert len(once.splitlines()) == 20 + bids.profile.n_agents + 3 + 1 + 80
    write_cats(bids, path, lens=te.Endorsed())
    grid = te.Endorsed().read(bids.profile).values  # rounded as every reading is
    assert bid_sets(read_cats(path)) == bid_sets(bids, grid)


def test_cats_languages(tmp_path):
    path = tmp_path / "unit.txt"
    write_cats(instances.motive_mixture(3, 2, rng=0), path)
    assert [len(mine) for mine in bid_sets(read_cats(path))] == [2, 2, 2]
    write_cats(instances.motive_mixture(3, 2, language="additive", rng=0), path)
    assert [len(mine) for mine in bid_sets(read_cats(path))] == [1] * 6  # nobody excludes anybody


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("goods 3\n", ""), r"line 3: must be 'goods NUMBER' before any bid"),
        (("goods 3", "goods three"), r"line 2: must be 'goods NUMBER'"),
        (("bids 4", "bids 5"), r"line 9: the file ends after 4 bids, with 'bids 5'"),
        (("7\t2\t#", "7\t2"), r"line 7: a bid must end in '#', found '2'"),
        (("7\t2\t#", "seven\t2\t#"), r"line 7: the value must be a finite number, found 'seven'"),
        (("7\t2\t#", "inf\t2\t#"), r"line 7: the value must be a finite"),
        (("7\t2\t#", "7\t4\t#"), r"line 7: goods must be numbers from 0 to 3, found '4'"),
        (("7\t2\t#", "7\t-1\t#"), r"line 7: goods must be numbers"),
        (("7\t2\t#", "7\t2\t2\t#"), r"line 7: names a good twice"),
        (("7\t2\t#", "7\t3\t#"), r"line 7: holds dummies alone"),
        (("7\t2\t#", "7\t#"), r"line 7: must be 'NUMBER VALUE GOOD ... #'"),
        (("1\t7", "0\t7"), r"line 7: bid 0 stands twice, first in line 6"),
        (("dummy 1", "dummy 1\ngoods 3"), r"line 5: must be 'goods NUMBER', once"),
    ],
)
def test_cats_errors_name_the_line(tmp_path, change, said):
    assert change[0] in THREE
    text = THREE.replace(*change)
    lines = {"goods 3\n": said.replace("line 3", "line 5")}  # without the first header the first bid is in line 5
    with pytest.raises(FileFormatError, match=lines.get(change[0], said)):
        read_cats(put(tmp_path, text))


def test_cats_other_errors(tmp_path):
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_cats(tmp_path / "nothing.txt")
    with pytest.raises(FileFormatError, match="ends after 0 bids"):
        read_cats(put(tmp_path, "% nothing\n"))
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_cats(tmp_path / "binary.txt")
    two = te.auctions.Bids(te.ThickProfile.from_values([[1.0]]), supply=2)
    with pytest.raises(ProblemError, match="one unit of each item"):
        write_cats(two, tmp_path / "two.txt")
    with pytest.raises(ProblemError, match="must read numbers"):
        write_cats(instances.llg(rng=0), tmp_path / "x.txt", lens=te.Unanimous())
    assert not list(tmp_path.glob("*.tmp"))


# ---- CSV and JSON ---------------------------------------------------------------------------------------------------


def thick() -> te.auctions.Bids:
    """Own endorsements, two units of an item, an owner and a channel."""
    profile = te.ThickProfile.from_rows(
        [0, 0, 1, 2],
        [0, 1, 1, 2],
        [[5.0, 7.25, 0.1, 3.0], [1.0, 0.0, 1 / 3, 2.0]],
        [[1.0, 0.0], [1.0, 0.5], [0.75, 0.0]],
        motives=["use", te.Motive("advert", "influence", owner="agency, inc", channel='the "feed"')],
        agents=["ann", "bob", "eve, jr"],
        options=["A", "A+A+B", "B"],
        unit="money",
    )
    return te.auctions.Bids(profile, [[1, 0], [2, 1], [0, 1]], "XOR", [3, 2], ["A", "B"])


@pytest.mark.parametrize("name", ["bids.csv", "bids.json"])
def test_tables_give_back_what_was_written(tmp_path, name):
    bids, path = thick(), tmp_path / name
    write_bids(bids, path)
    more = {"supply": {"A": 3, "B": 2}, "items": ["A", "B"]} if name.endswith("csv") else {}
    assert read_bids(path, **more).equals(bids)
    before = path.read_bytes()
    write_bids(read_bids(path, **more), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["bids.csv", "bids.json"])
def test_tables_of_random_auctions(tmp_path, name):
    advert = Manufactured("agency", share=0.2, amount=1.0, reach=0.5, endorsement=0.25)
    made = [
        instances.llg(influence=advert, rng=0),
        instances.regions(30, bids=100, influence=advert, rng=1),
        instances.gsvm(bids=40, influence=advert, rng=2),
    ]
    for bids in made:
        path = tmp_path / name
        write_bids(bids, path)
        read = read_bids(path)
        assert bid_sets(read) == bid_sets(bids)
        order = sorted(
            zip(read.profile.rows.agent, read.profile.rows.revealed, read.profile.rows.endorsed, strict=True)
        )
        assert order == sorted(
            zip(bids.profile.rows.agent, bids.profile.rows.revealed, bids.profile.rows.endorsed, strict=True)
        )
        assert read.profile.motives == bids.profile.motives
        assert read.language == "XOR"


def test_a_plain_csv_is_thin(tmp_path):
    bids = read_bids(put(tmp_path, "bidder,bundle,value\nann, A + B ,5\nann,A,2\nbob,B,3\n", "bids.csv"))
    assert bid_sets(bids) == [{(("A", "B"), 5.0), (("A",), 2.0)}, {(("B",), 3.0)}]
    assert bids.profile.n_motives == 1
    assert (bids.profile.rows.wedge == 0).all()
    assert read_bids(tmp_path / "bids.csv", language="OR", items=["B", "A", "C"]).items == ("B", "A", "C")


def test_a_plain_json(tmp_path):
    tree = {
        "format": "thickecon/bids",
        "version": 1,
        "bids": [{"bidder": 1, "items": ["A"], "value": 5}, {"bidder": 2, "items": ["A", "B"], "value": 6.5}],
    }
    bids = read_bids(put(tmp_path, json.dumps(tree), "bids.json"))
    assert bids.profile.agents == (1, 2)
    assert bid_sets(bids) == [{(("A",), 5.0)}, {(("A", "B"), 6.5)}]


CSV = "bidder,bundle,motive,kind,owner,value,endorsement\nann,A,use,value,,5,1\nann,A,ad,influence,x,2,0\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("bundle", "bunch"), r"line 1: has no column 'bundle'"),
        (("owner", "owned"), r"line 1: column 'owned' is unknown or there twice"),
        (("owner", "kind"), r"line 1: column 'kind' is unknown or there twice"),
        (("ann,A,ad", ",A,ad"), r"line 3: has no bidder"),
        (("ann,A,ad", "ann,,ad"), r"line 3: bids on nothing"),
        (("ann,A,ad", "ann,A+,ad"), r"line 3: names an empty item in 'A\+'"),
        (("x,2,0", "x,two,0"), r"line 3: must be a number, found 'two'"),
        (("x,2,0", "x,nan,0"), r"line 3: a value must be a finite number"),
        (("x,2,0", "x,2,1.5"), r"line 3: an endorsement must lie in \[0, 1\], found 1.5"),
        (("x,2,0", "x,2"), r"line 3: has more or fewer cells"),
        (("ad,influence", "ad,nudge"), r"line 3: kind must be 'value' or 'influence', found 'nudge'"),
        (("A,ad,influence,x", "A,use,value,"), r"line 3: bidder 'ann' bids twice on \['A'\] for 'use'"),
        (("A,ad,influence,x", "A+B,use,influence,x"), r"line 3: says otherwise about motive 'use'"),
        (("A,ad,influence,x", "A+B,use,value,"), r"line 3: endorsement of 'use' was 1.0 before, is 0.0 now"),
        (("ann,A,use,value,,5,1\nann,A,ad,influence,x,2,0\n", ""), r"has no bids"),
    ],
)
def test_csv_errors_name_the_line(tmp_path, change, said):
    assert change[0] in CSV
    with pytest.raises(FileFormatError, match=said):
        read_bids(put(tmp_path, CSV.replace(*change, 1), "bids.csv"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "thickecon/profile"}, "format: input should be 'thickecon/bids'"),
        ({"version": 2}, "version"),
        ({"colour": 1}, "colour: extra inputs"),
        ({"bids": []}, "bids"),
        ({"bids": [{"bidder": "a", "items": ["A"]}]}, "bid 0: must have a value, or values"),
        ({"bids": [{"bidder": "a", "items": [], "value": 1}]}, "bid 0: bids on nothing"),
        ({"bids": [{"bidder": "a", "items": ["A"], "value": "1"}]}, r"bids\.0\.value"),
        ({"bids": [{"bidder": "a", "items": ["A"], "values": {"ad": 1}}]}, "bid 0: names motive 'ad'"),
        ({"endorsement": {"ad": 1}}, "endorsement: names motive 'ad'"),
        ({"bidders": [{"bidder": "zoe", "endorsement": {}}]}, "bidder 'zoe': makes no bid"),
        ({"items": ["B"]}, r"bundle \['A'\] names 'A', which is no item"),
        ({"supply": {"Q": 1}}, "supply names 'Q'"),
        ({"language": "AND"}, "language: must be one of"),
    ],
)
def test_json_errors_name_the_place(tmp_path, change, said):
    tree = {
        "format": "thickecon/bids",
        "version": 1,
        "bids": [{"bidder": "ann", "items": ["A"], "value": 5}],
        **change,
    }
    with pytest.raises(FileFormatError, match=said):
        read_bids(put(tmp_path, json.dumps(tree), "bids.json"))


def test_what_tables_do_not_hold_is_refused(tmp_path):
    path = tmp_path / "bids.json"
    plain = te.ThickProfile.from_values([[1.0, 2.0]])
    for profile, said in (
        (plain.with_influence("ad", 0.5, se=0.1), "uncertain endorsement"),
        (te.ThickProfile.from_values([[1.0, 2.0]], outside=0.5), "doing nothing"),
        (te.ThickProfile.from_values([[1.0, 2.0]], weights=[2.0]), "weights"),
        (te.ThickProfile.from_values([[1.0, 2.0]], resolution=0.5), "own resolution"),
        (te.ThickProfile.from_arrays([[[1.0, 2.0]]], motives=[te.Motive("use", tier=1)]), "tiers"),
    ):
        with pytest.raises(ProblemError, match=said):
            write_bids(te.auctions.Bids(profile), path)
    odd = te.ThickProfile.from_values([[1.0]], agents=[("a", 1)])
    with pytest.raises(FileFormatError, match="neither text nor number"):
        write_bids(te.auctions.Bids(odd), path)
    plus = te.ThickProfile.from_values([[1.0]], options=["A+B"])
    with pytest.raises(FileFormatError, match=r"'A\+B'"):
        write_bids(te.auctions.Bids(plus), tmp_path / "bids.csv")
    twins = te.ThickProfile.from_values([[1.0, 2.0]], options=[1, "1"])
    for name in ("bids.csv", "bids.json"):
        with pytest.raises(FileFormatError, match="same as text"):
            write_bids(te.auctions.Bids(twins), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_files_are_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    for name, write in (("bids.json", write_bids), ("bids.csv", write_bids), ("bids.txt", write_cats)):
        path = tmp_path / name
        write(instances.llg(rng=0), path)
        before = path.read_bytes()
        with monkeypatch.context() as broken:
            broken.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "no space left")))
            with pytest.raises(FileFormatError, match="cannot be written"):
                write(instances.llg(rng=1), path)
        assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bids.csv", "bids.json", "bids.txt"]
    with pytest.raises(FileFormatError, match="must end in"):
        write_bids(instances.llg(rng=0), tmp_path / "bids.xlsx")
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_bids(tmp_path / "none.csv")
    with pytest.raises(FileFormatError, match="line 2"):
        read_bids(put(tmp_path, '{\n"a" 1}', "bad.json"))
