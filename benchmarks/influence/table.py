"""What influence gains, and gains per unit of cost, under SIDT and each thick lens, for every mechanism.

    python benchmarks/influence/table.py

Writes README.md beside this file. One problem a mechanism, drawn once from a stated law; an influencer may lift any one
agent's evaluation of any one option by up to the largest value. Gains are exact where it says so, else lower bounds.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy.stats import uniform

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

import thickecon as te  # noqa: E402
from thickecon.influence import gain_table  # noqa: E402

LENSES = {"thick": te.Endorsed(), "half credit": te.PartialCredit(influence=0.5)}


def profile(agents: int, options: int, seed: int, **named: object) -> te.ThickProfile:
    """Values uniform on [0, 10], and an advert for option 0 that adds up to 4 and is not endorsed."""
    rng = np.random.default_rng(seed)
    table = np.zeros((agents, 2, options))
    table[:, 0] = rng.uniform(0, 10, (agents, options))
    table[:, 1, 0] = rng.uniform(0, 4, agents)
    motives = [te.Motive("value"), te.Motive("advert", "influence", owner="seller")]
    return te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=motives, unit="money", **named)


def least(mechanism: te.Mechanism, problem: object) -> dict[object, float]:
    """Who owns the option that is taken least in the standard setting."""
    outcome = mechanism.baseline().run(problem, rng=0)
    taken = np.bincount(outcome.profile.index.option, outcome.taken, minlength=outcome.profile.n_options)
    return {outcome.profile.options[int(np.argmin(taken))]: 1.0}


def falling(agents: int, units: int, seed: int) -> te.ThickProfile:
    """Values of a first, second, ... unit that fall, and an advert that lifts all units of an agent alike."""
    rng = np.random.default_rng(seed)
    table = np.empty((agents, 2, units))
    table[:, 0] = -np.sort(-rng.uniform(0, 10, (agents, units)), axis=1)
    table[:, 1] = rng.uniform(0, 4, (agents, 1))
    motives = [te.Motive("value"), te.Motive("advert", "influence", owner="seller")]
    return te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=motives, unit="money")


def traders(pairs: int, seed: int) -> te.ThickProfile:
    """Buyers evaluate buying, as many sellers selling (at minus a cost); an advert lifts buying."""
    rng = np.random.default_rng(seed)
    table = np.full((2 * pairs, 2, 2), np.nan)
    table[:pairs, 0, 0], table[:pairs, 1, 0] = rng.uniform(0, 10, pairs), rng.uniform(0, 4, pairs)
    table[pairs:, 0, 1], table[pairs:, 1, 1] = -rng.uniform(0, 10, pairs), 0.0
    motives = [te.Motive("value"), te.Motive("advert", "influence", owner="seller")]
    return te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=motives, unit="money")


def auction_cases() -> dict[str, tuple[te.Mechanism, object, object]]:
    """The auctions wing; bidders whose best bid is not their value are taken to bid it all the same."""
    a, one, units = te.auctions, profile(4, 1, 4), falling(4, 3, 7)
    costs = profile(4, 1, 8)
    costs = te.ThickProfile.from_arrays(
        np.stack([-10.0 + costs.contributions[0][:, None], costs.contributions[1][:, None]], axis=1), [1.0, 0.0],
        motives=costs.motives, unit="money",
    )  # fmt: skip
    public, crowd = te.Choice(profile(5, 3, 9)), traders(4, 10)
    prior = np.random.default_rng(11).uniform(0, 10, (200, 5, 3))
    adverts = te.ThickProfile.from_values(np.random.default_rng(12).uniform(0, 10, (4, 1)), unit="money")
    made: dict[str, tuple[te.Mechanism, object, object]] = {
        f"auctions.{name}": (getattr(a, name)(), one, "revenue")
        for name in ("FirstPrice", "AllPay", "English", "Dutch")
    }
    made |= {
        f"auctions.{name}": (getattr(a, name)(units=5), units, "revenue")
        for name in ("VickreyMultiUnit", "UniformPrice", "PayAsBid", "Clock", "AusubelClinching")
    }
    made |= {
        f"auctions.{name}": (getattr(a, name)(), crowd, {0: 1.0})
        for name in ("DoubleAuction", "McAfee", "TradeReduction")
    }
    made |= {
        f"auctions.{name}": (getattr(a, name)(), public, "least") for name in ("AffineMaximizer", "Groves", "Pivotal")
    }
    made |= {
        "auctions.AGV": (a.AGV(prior=prior), public, "least"),
        "auctions.AttentionAuction": (
            a.AttentionAuction(clicks=(1.0, 0.6)), te.matching.Market(adverts, profile(1, 4, 13)), "revenue",
        ),
        "auctions.GSP": (a.GSP(clicks=(1.0, 0.6)), one, "revenue"),
        "auctions.Myerson": (a.Myerson(distributions=[uniform(0, 10)] * 4), one, "revenue"),
        "auctions.OutcomeContract": (a.OutcomeContract(noise=0.5), public, "least"),
        "auctions.PostedPrice": (a.PostedPrice(prices=4.0), te.Assignment(profile(4, 3, 14), supply=2), "revenue"),
        "auctions.Reverse": (a.Reverse(ceiling=10.0), costs, "revenue"),
    }  # fmt: skip
    if hasattr(a, "CoreSelecting"):
        made["auctions.CoreSelecting"] = (a.CoreSelecting(), a.Bids(profile(4, 3, 15), language="unit"), "revenue")
        made["auctions.KelsoCrawford"] = (a.KelsoCrawford(), a.Bids(profile(4, 3, 15), language="unit"), "revenue")
    return dict(sorted(made.items()))


def cases() -> dict[str, tuple[te.Mechanism, object, object]]:
    """(mechanism, problem, objective of the influencer); sellers want revenue, others their option."""
    few, many = profile(4, 3, 1), profile(9, 3, 2)
    scarce = te.Assignment(profile(6, 3, 5), supply=4, demand=1)
    shared = te.Assignment(profile(5, 3, 6), supply=4, demand=1)
    deal = te.ThickProfile.from_arrays(
        [[[6.0], [2.0]], [[-4.5], [0.0]]], [1.0, 0.0], motives=[te.Motive("use"), te.Motive("talk", "influence")],
        agents=["buyer", "seller"], unit="money",
    )  # fmt: skip
    a, verified = te.auctions, {"reporting": "observed", "charge": "clarke"}
    projects = te.Choice(profile(12, 5, 3))
    made: dict[str, tuple[te.Mechanism, object, object]] = {
        "auctions.SecondPrice (affine)": (a.SecondPrice(), few, "revenue"),
        "auctions.SecondPrice (Clarke, verified)": (a.SecondPrice(**verified), few, "revenue"),
        "auctions.VCG (affine)": (a.VCG(), few, "revenue"),
        "auctions.VCG (Clarke, verified)": (a.VCG(**verified), few, "revenue"),
        "auctions.PositionVCG": (a.PositionVCG(clicks=[1.0, 0.6]), profile(4, 1, 4), "revenue"),
        "auctions.Majority": (a.Majority(), te.Choice(many), "least"),
        "auctions.BilateralTrade (evidence)": (a.BilateralTrade("evidence"), deal, {0: -1.0}),
        "matching.DeferredAcceptance": (
            te.matching.DeferredAcceptance(),
            te.matching.Market(many, [list(range(9))] * 3, capacities=5),
            "least",
        ),
        "welfare.Allocate (sum)": (te.welfare.Allocate(), scarce, "least"),
        "welfare.Allocate (Nash)": (te.welfare.Allocate(te.welfare.Nash()), shared, "least"),
        "welfare.Allocate (sum, one option for all)": (te.welfare.Allocate(), te.Choice(many), "least"),
        "welfare.ParticipatoryBudgeting": (
            te.welfare.ParticipatoryBudgeting(costs=(4, 3, 3, 2, 2), budget=7), projects, "least",
        ),
        "welfare.QuadraticFunding": (te.welfare.QuadraticFunding(pot=100.0), projects, "least"),
    }  # fmt: skip
    made |= auction_cases()
    left = {name for name in te.catalogue() if not any(case.split(" ")[0] == name for case in made)}
    assert not left, f"no case for {', '.join(sorted(left))}"
    return {
        name: (rule, problem, least(rule, problem) if aim == "least" else aim)
        for name, (rule, problem, aim) in made.items()
    }


def main() -> None:
    table = gain_table(cases(), LENSES, evaluations=40)
    lines = [
        "# What influence gains",
        "",
        (__doc__ or "").split("\n\n")[0] + " Written by `python benchmarks/influence/table.py`.",
        "",
        "One problem a mechanism (values uniform on [0, 10], an unendorsed advert for one option). An influencer may"
        " lift any one agent's evaluation of any one option by up to the largest value: sellers gain revenue, others"
        " shares of the option that is taken least (in bilateral trade: of no trade). Cost: one a unit of effort."
        " `exact` gains are proved, others lower bounds. Bidders bid what they are made to value, also where another"
        " bid would pay; lifts after which a second unit would be worth more than the first are left out.",
        "",
        "| mechanism | setting | gain | per unit of cost | exact | influence-proof |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for (name, setting), row in table.iterrows():  # type: ignore[misc]
        gain, rate = (f"{row[key] if row[key] > 1e-9 else 0.0:.3g}" for key in ("gain", "gain per cost"))
        exact = "yes" if row["exact"] else "no"
        lines.append(f"| {name} | {setting} | {gain} | {rate} | {exact} | {row['influence-proof']} |")
    lines += [
        "",
        "Reading: rules that read endorsed values alone, and charge nothing for the wedge, give an influence nothing"
        " (T6); so do rules without payments. The affine charge makes truth dominant for those who act on what was made"
        " of them, and pays for lifting winners (T19): its gain is above that of SIDT. Half credit mostly lies between;"
        " with several units it can gain more than either.",
        "",
    ]
    (HERE / "README.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
