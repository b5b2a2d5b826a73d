"""The exported project computes payoffs as the mechanism does, runs under oTree with bots, and gives data back.

The run under oTree is skipped where the command ``otree`` is neither on the path nor named by THICKECON_OTREE (it pins
old versions of other packages, so it lives in an environment of its own).
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import thickecon as te
from thickecon.auctions import FirstPrice, SecondPrice
from thickecon.errors import FileFormatError, InputError
from thickecon.interop import export_otree, read_bids
from thickecon.mechanism.lottery import Lottery

OTREE = os.environ.get("THICKECON_OTREE") or shutil.which("otree")


def rules_of(project: Path, name: str = "thick_auction") -> ModuleType:
    spec = importlib.util.spec_from_file_location("exported_rules", project / name / "rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def settings_of(project: Path) -> dict[str, dict[str, object]]:
    space: dict[str, object] = {}
    exec((project / "settings.py").read_text(), space)
    return {config["name"]: config for config in space["SESSION_CONFIGS"]}  # type: ignore[attr-defined]


def lab_profile(bids: np.ndarray, wedges: np.ndarray, endorsement: float) -> te.ThickProfile:
    """Bids as decision values: what is left without the advert, and what the evidence says it added."""
    return te.ThickProfile.from_arrays(
        np.stack([bids - wedges, wedges], axis=1)[:, :, None],
        [1.0, endorsement],
        motives=["value", te.Motive("advert", "influence", owner="seller")],
        unit="money",
    )


SETTINGS = [
    kind(reserve=reserve, entry_fee=fee, charge=charge, lens=lens)
    for kind, reserve, fee, charge, lens in itertools.product(
        (FirstPrice, SecondPrice),
        (0.0, 30.0),
        (0.0, 1.5),
        ("affine", "clarke"),
        (te.Endorsed(), te.Revealed(), te.PartialCredit(influence=0.5)),
    )
]


@pytest.mark.parametrize("mechanism", SETTINGS, ids=repr)
def test_payoffs_are_those_of_the_mechanism(mechanism, tmp_path):
    """Winners, payments and ties, on random bids with many ties, of the thick arm and of the baseline."""
    rng, endorsement = np.random.default_rng(1), 0.25
    project = export_otree(mechanism, tmp_path / "lab", endorsement=endorsement, wedge=12.0)
    settle, arms = rules_of(project).settle, settings_of(project)
    for arm, ours in (("thick", mechanism), ("sidt", mechanism.baseline())):
        config = arms[f"thick_auction_{arm}"]
        for seed in range(30):
            n = int(rng.integers(2, 6))
            bids = rng.choice([0.0, 7.5, 20.0, 29.0, 30.0, 32.0, 41.0, 60.1], n)
            wedges = np.where(rng.random(n) < 0.5, 12.0, 0.0)
            outcome = ours.run(lab_profile(bids, wedges, endorsement), rng=seed)
            winner, payments = settle(
                bids.tolist(),
                (wedges * config["correction"]).tolist(),
                Lottery.draw(seed, n).agents.tolist(),
                pricing="second" if isinstance(mechanism, SecondPrice) else "first",
                charge=config["charge"],
                reserve=mechanism.reserve,
                entry_fee=mechanism.entry_fee,
            )
            assert (-1 if winner is None else winner) == outcome.winners[0]
            assert np.allclose(payments, outcome.payments, atol=1e-8)


def test_what_is_taken_off_is_what_the_lens_says(tmp_path):
    """Endorsed: one less the share that is stood behind; Revealed: nothing; half credit to influences: half."""
    for k, (lens, endorsement, expected) in enumerate(
        [
            (te.Endorsed(), 0.0, 1.0),
            (te.Endorsed(), 0.25, 0.75),
            (te.Revealed(), 0.0, 0.0),
            (te.PartialCredit(influence=0.5), 0.0, 0.5),
        ]
    ):
        project = export_otree(SecondPrice(lens=lens), tmp_path / str(k), endorsement=endorsement)
        arms = settings_of(project)
        assert arms["thick_auction_thick"]["correction"] == pytest.approx(expected, abs=1e-9)
        assert arms["thick_auction_sidt"]["correction"] == 0
        assert (arms["thick_auction_thick"]["charge"], arms["thick_auction_sidt"]["charge"]) == ("affine", "clarke")


def test_by_hand(tmp_path):
    """Ann bids 50 after an advert of 20, Bob 40, Cy 35; reserve 10."""
    settle = rules_of(export_otree(SecondPrice(), tmp_path / "lab")).settle
    bids, wedges, tickets = [50.0, 40.0, 35.0], [20.0, 0.0, 0.0], [1, 2, 3]
    thick = settle(bids, wedges, tickets, pricing="second", charge="affine", reserve=10.0)
    assert thick == (1, [0.0, 35.0, 0.0])
    assert settle(bids, [0.0] * 3, tickets, pricing="second", charge="clarke", reserve=10.0) == (0, [40.0, 0.0, 0.0])
    assert settle([80.0, 40.0], [20.0, 0.0], [1, 2], pricing="second", charge="affine") == (0, [60.0, 0.0])
    assert settle([80.0, 40.0], [20.0, 0.0], [1, 2], pricing="first", charge="affine") == (0, [80.0, 0.0])
    assert settle([5.0, 5.0], [0.0, 0.0], [2, 1], pricing="first", charge="clarke", reserve=6.0) == (None, [0.0, 0.0])
    assert settle([5.0, 5.0], [0.0, 0.0], [2, 1], pricing="second", charge="clarke", entry_fee=1.0) == (1, [1.0, 6.0])


def test_the_project_is_whole_and_the_same_each_time(tmp_path):
    made = [
        export_otree(FirstPrice(reserve=5), tmp_path / f"lab{k}", name="coffee", owner='Bean\'s "best"', bidders=4)
        for k in (0, 1)
    ]
    files = sorted(path.relative_to(made[0]) for path in made[0].rglob("*") if path.is_file())
    assert [str(path) for path in files] == [
        "README.md", "_static/.gitkeep", "coffee/Bid.html", "coffee/Endorse.html", "coffee/Introduction.html",
        "coffee/Results.html", "coffee/__init__.py", "coffee/rules.py", "coffee/tests.py", "requirements.txt",
        "settings.py",
    ]  # fmt: skip
    for path in files:
        text = (made[0] / path).read_text()
        assert text == (made[1] / path).read_text()
        assert "$" not in text.replace("$5", "")
        if path.suffix == ".py":
            compile(text, str(path), "exec")
    assert "PLAYERS_PER_GROUP = 4" in (made[0] / "coffee/__init__.py").read_text()
    assert settings_of(made[0]).keys() == {"coffee_thick", "coffee_sidt"}


def test_nothing_is_overwritten_and_nothing_is_left_over(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    export_otree(SecondPrice(), tmp_path / "empty")
    with pytest.raises(FileFormatError, match="not empty"):
        export_otree(SecondPrice(), tmp_path / "empty")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileFormatError, match="not empty"):
        export_otree(SecondPrice(), tmp_path / "file")
    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(OSError(28, "no space left")))
        with pytest.raises(FileFormatError, match="no space left"):
            export_otree(SecondPrice(), tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file"]


@pytest.mark.parametrize(
    ("mechanism", "more", "said"),
    [
        (te.auctions.VCG(), {}, "must be auctions.FirstPrice or auctions.SecondPrice"),
        (SecondPrice(reporting="endorsed"), {}, "reports of the decision self"),
        (SecondPrice(reserve=(1.0, 2.0)), {}, "must be one number"),
        (SecondPrice(lens=te.PartialCredit(value=0.5, influence=0.5)), {}, "mechanism.lens: must take off a share"),
        (SecondPrice(), {"name": "random"}, "identifier that is not taken"),
        (SecondPrice(), {"name": "Thick"}, "identifier"),
        (SecondPrice(), {"name": "../up"}, "identifier"),
        (SecondPrice(), {"bidders": 1}, "bidders"),
        (SecondPrice(), {"wedge": -1.0}, "wedge"),
        (SecondPrice(), {"reach": 1.5}, "reach"),
        (SecondPrice(), {"endorsement": 2.0}, "endorsement"),
        (SecondPrice(), {"advert": "buy {price}"}, "field {worth} and no other"),
        (SecondPrice(), {"advert": "buy {worth"}, "no text with fields"),
        (SecondPrice(), {"owner": ""}, "owner"),
    ],
)
def test_bad_input(mechanism, more, said, tmp_path):
    with pytest.raises(InputError, match=said):
        export_otree(mechanism, tmp_path / "lab", **more)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(OTREE is None, reason="oTree is not installed; name its command in THICKECON_OTREE")
@pytest.mark.parametrize("mechanism", [SecondPrice(reserve=10, entry_fee=1.0), FirstPrice(charge="clarke")], ids=repr)
def test_bots_play_it_and_the_data_come_back(mechanism, tmp_path):
    """`otree test` passes, exported payoffs are the mechanism's, and the tidy table reads as a thick profile."""
    endorsement, wedge = 0.25, 20.0
    project = export_otree(mechanism, tmp_path / "lab", rounds=3, endorsement=endorsement, wedge=wedge)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(OTREE), "test", "--export=out"]
    done = subprocess.run(command, cwd=project, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    data = pd.read_csv(project / "out" / "thick_auction.csv")
    wide = pd.read_csv(project / "out" / "all_apps_wide.csv")
    arm_of = dict(zip(wide["session.code"], wide["session.config.name"], strict=True))
    assert len(data) == 2 * 5 * 3 * 3  # arms, cases of bots, rounds, bidders
    lots = ["session.code", "subsession.round_number", "group.id_in_subsession"]
    for (code, *_), lot in data.groupby(lots):
        ours = mechanism if arm_of[code] == "thick_auction_thick" else mechanism.baseline()
        order = np.argsort(lot["player.ticket"].to_numpy())
        seed = next(k for k in range(1000) if np.array_equal(np.argsort(Lottery.draw(k, 3).agents), order))
        told = wedge * lot["player.advertised"].to_numpy()
        outcome = ours.run(lab_profile(lot["player.bid"].to_numpy(), told, endorsement), rng=seed)
        assert np.allclose(lot["player.payment"], outcome.payments, atol=1e-6)
        gain = lot["player.value"] * outcome.taken - outcome.payments
        assert np.allclose(lot["player.payoff"], gain, atol=0.006)  # oTree rounds points to cents
    assert data["player.advertised"].mean() not in (0, 1)
    assert (data["player.wedge"] > 0).any()
    assert set(data.loc[data["player.advertised"] == 1, "player.stands_behind"]) == {25}
    table = read_bids(project / "out" / "thick_auction_custom.csv")
    assert table.profile.n_agents == len(data)
    assert [motive.owner for motive in table.profile.motives] == [None, "seller"]
    assert np.allclose(np.sort(table.profile.rows.revealed), np.sort(data["player.bid"]))
    wedges = wedge * data["player.advertised"] * (1 - data["player.stands_behind"].fillna(0) / 100)
    assert np.allclose(np.sort(table.profile.rows.wedge), np.sort(wedges))
    assert SecondPrice().run(table.profile, rng=0).certified
