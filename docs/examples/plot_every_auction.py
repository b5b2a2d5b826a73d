"""
Every auction, thick against SIDT
=================================

Each mechanism of the wing runs on the same kind of crowd twice: once read as revealed (SIDT), once as endorsed. Half of
the agents carry a manufactured wedge of .3 on average, with a standard deviation of .2; values are uniform on [0, 1].
The planner's evidence is either exact, or an estimate of each wedge with a standard error of .3, which is more than
wedges vary. Agents' bids are their true revealed values in both arms; where that is not what they would do
(:func:`thickecon.auctions.equilibrium`), the table says nothing of equilibria.

With exact evidence thick cannot lose in what a mechanism maximises: that half of the table is arithmetic, not news.
The other half is the one to read, and so are the columns on who pays.
"""

# %%
# The crowd, and a problem for each kind of mechanism
# ---------------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import thickecon as te

MOTIVES = ["value", te.Motive("campaign", "influence", owner="a campaign")]
A = te.auctions


def profile(value, wedge, **labels):
    """Rows of value and wedge: endorsed is the first, revealed the sum."""
    return te.ThickProfile.from_arrays(
        np.stack([value, wedge], axis=1), [1.0, 0.0], motives=MOTIVES, unit="money", **labels
    )


def wedges(rng, shape, error):
    """True wedges, and what the planner takes them for."""
    true = np.where(rng.random(shape) < 0.5, rng.normal(0.3, 0.2, shape), 0.0)
    return true, true + rng.normal(0.0, error, shape)


def items(rng, error, n=5, m=3):
    value, (true, seen) = rng.random((n, m)), wedges(rng, (n, m), error)
    return profile(value, true), profile(value + true - seen, seen)


def one(rng, error):
    return items(rng, error, m=1)


def units(rng, error):
    """Marginal values that fall; a wedge lifts all units of a bidder alike, so that they still do."""
    value = -np.sort(-rng.random((5, 3)), axis=1)
    true, seen = (np.repeat(w, 3, axis=1) for w in wedges(rng, (5, 1), error))
    return profile(value, true), profile(value + true - seen, seen)


def costs(rng, error):
    value, (true, seen) = -0.2 - rng.random((5, 1)), wedges(rng, (5, 1), error)
    return profile(value, true), profile(value + true - seen, seen)


def traders(rng, error):
    """Four buyers and four sellers; a row is what buying, or selling, is worth."""
    value, (true, seen) = np.concatenate([rng.random(4), -rng.random(4)]), wedges(rng, 8, error)
    sides, made = np.repeat([0, 1], 4), []
    for wedge in (true, seen):
        rows = np.full((2, 8, 2), np.nan)
        rows[0, np.arange(8), sides], rows[1, np.arange(8), sides] = value + true - wedge, wedge
        made.append(te.ThickProfile.from_arrays(rows.transpose(1, 0, 2), [1.0, 0.0], motives=MOTIVES, unit="money"))
    return tuple(made)


def deal(rng, error):
    """One buyer, one seller, one good: what trade is worth to each."""
    value, (true, seen) = np.array([[rng.random()], [-rng.random()]]), wedges(rng, (2, 1), error)
    return te.Choice(profile(value, true)), te.Choice(profile(value + true - seen, seen))


def options(rng, error):
    value, (true, seen) = rng.random((5, 3)), wedges(rng, (5, 3), error)
    return te.Choice(profile(value, true)), te.Choice(profile(value + true - seen, seen))


def attention(rng, error):
    """Five advertisers, one user; the wedge is the user's."""
    adverts = te.ThickProfile.from_values(rng.random((5, 1)), unit="money")
    user, (true, seen) = rng.normal(0, 0.5, (1, 5)), wedges(rng, (1, 5), error)
    market = te.matching.Market
    return market(adverts, profile(user, true)), market(adverts, profile(user + true - seen, seen))


BUNDLES = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 1, 1]])


def bundles(rng, error):
    """Six bundles of three items; a bundle is worth a little more than its items."""
    size = BUNDLES.sum(axis=1)
    value = (rng.random((5, 3)) @ BUNDLES.T) * (1 + 0.1 * (size - 1))
    true, seen = (np.repeat(w, 6, axis=1) * size for w in wedges(rng, (5, 1), error))
    made = (A.Bids(profile(value + true - w, w), bundles=BUNDLES, language="XOR") for w in (true, seen))
    return tuple(made)


def single_units(rng, error):
    true, seen = items(rng, error)
    return A.Bids(true, language="unit"), A.Bids(seen, language="unit")


def shop(rng, error):
    true, seen = items(rng, error)
    return te.Assignment(true, supply=2), te.Assignment(seen, supply=2)


CLICKS = (1.0, 0.6, 0.3)
PRIOR = np.random.default_rng(7).random((400, 5, 3))
HELD = {
    "AGV": (options, {"prior": PRIOR}),
    "AffineMaximizer": (options, {}),
    "AllPay": (one, {}),
    "AttentionAuction": (attention, {"clicks": CLICKS}),
    "AusubelClinching": (units, {"units": 6}),
    "BilateralTrade": (deal, {}),
    "Clock": (units, {"units": 6}),
    "CoreSelecting": (bundles, {}),
    "DoubleAuction": (traders, {}),
    "Dutch": (one, {}),
    "English": (one, {}),
    "FirstPrice": (one, {}),
    "GSP": (one, {"clicks": CLICKS}),
    "Groves": (options, {}),
    "KelsoCrawford": (single_units, {}),
    "Majority": (options, {}),
    "McAfee": (traders, {}),
    "Myerson": (one, {"distributions": "uniform", "revenue_weight": 0.5}),
    "OutcomeContract": (options, {"noise": 0.5}),
    "PayAsBid": (units, {"units": 6}),
    "Pivotal": (options, {}),
    "PositionVCG": (one, {"clicks": CLICKS}),
    "PostedPrice": (shop, {"prices": 0.5}),
    "Reverse": (costs, {}),
    "SecondPrice": (one, {}),
    "TradeReduction": (traders, {}),
    "UniformPrice": (units, {"units": 6}),
    "VCG": (bundles, {}),
    "VickreyMultiUnit": (units, {"units": 6}),
}
listed = {name.removeprefix("auctions.") for name in te.catalogue() if name.startswith("auctions.")}
assert listed == set(HELD), listed ^ set(HELD)

# %%
# Paired differences over 60 draws
# --------------------------------
# ``endorsed`` is the sum of endorsed values of what is taken, judged on the truth; ``buyers`` what endorsed selves keep
# after payments; ``revenue`` what they pay. For attention the first adds what clicks are worth to the user; for the
# outcome contract it is what is left after the worker's cost; Myerson gives revenue half of the weight. Standard
# errors in brackets; ``worse`` counts draws in which thick attains less.
DRAWS = 60


def differences(name, error):
    maker, parameters = HELD[name]
    mechanism, rows = getattr(A, name)(**parameters), []
    for seed in range(DRAWS):
        truth, seen = maker(np.random.default_rng(seed), error)
        found = te.compare(mechanism, seen, truth=truth, rng=seed).to_frame()
        gain = found.loc["thick"] - found.loc["sidt"]
        worth = gain["surplus_endorsed"] if name == "OutcomeContract" else gain["endorsed_welfare"]
        worth += gain.get("users_endorsed", 0.0)
        rows.append([float(x) for x in (worth, gain.get("surplus_endorsed", np.nan), gain.get("revenue", np.nan))])
    return np.array(rows)


def cell(x):
    if np.isnan(x).all():
        return "no payments"
    return f"{x.mean():+.3f} ({x.std(ddof=1) / np.sqrt(len(x)):.3f})"


table, picture = {}, {}
for name in HELD:
    row = {}
    for title, error in (("exact", 0.0), ("estimated", 0.3)):
        made = differences(name, error)
        picture[name, title] = made[:, 0]
        row |= {f"{title}: {c}": cell(made[:, k]) for k, c in enumerate(("endorsed", "buyers", "revenue"))}
        row[f"{title}: worse"] = int((made[:, 0] < -1e-9).sum())
    table[name] = row
frame = pd.DataFrame(table).T
print(frame.to_string())

# %%
# The same as a picture
# ---------------------
# Rules that maximise nothing can lose even with exact evidence: TradeReduction gives up the last trade, and which one
# that is changes with the reading. Filled: exact evidence. Open: estimated, with an error larger than wedges
# vary. Left of the line SIDT is better.
fig, axis = plt.subplots(figsize=(7, 8), layout="constrained")
for k, name in enumerate(reversed(HELD)):
    for title, face in (("exact", "C0"), ("estimated", "white")):
        x = picture[name, title]
        axis.errorbar(
            x.mean(), k, xerr=1.96 * x.std(ddof=1) / np.sqrt(DRAWS), fmt="o", color="C0", mfc=face, ms=5, lw=1
        )
axis.set_yticks(range(len(HELD)), list(reversed(HELD)))
axis.axvline(0, color="k", lw=0.7)
axis.set(xlabel="endorsed worth of what is taken, thick less SIDT", title="Evidence decides")
plt.show()

# %%
# Demand reduction
# ----------------
# Two units, two bidders: one wants two units at 10 each, the other one at 6. At a uniform price the first bids 0 for
# its second unit, and both win at 0; under Vickrey payments and clinching it does not pay. Wedges change none of this:
# a manufactured want is shaded as an honest one is.
bids = te.ThickProfile.from_values([[10.0, 10.0], [6.0, np.nan]], unit="money")
shades = np.linspace(0, 10, 41)
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, style in {"UniformPrice": "-", "VickreyMultiUnit": "--", "AusubelClinching": ":", "PayAsBid": "-."}.items():
    kept = []
    for shade in shades:
        outcome = getattr(A, name)(units=2, lens=te.Revealed()).run(bids, reports=[10.0, shade, 6.0], rng=0)
        kept.append(10 * outcome.taken[:2].sum() - outcome.payments[0])
    axis.plot(shades, kept, style, label=name)
axis.set(xlabel="bid for the second unit (worth 10)", ylabel="what the bidder keeps", title="Demand reduction")
axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
