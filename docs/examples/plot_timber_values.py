"""
What timber bids reveal, and what they do not
=============================================

Bids in first-price auctions hide values: bidders shade. Guerre, Perrigne and Vuong (2000) undo the shading. What they
recover is *revealed* values; whether bidders stand behind them is another question, on which bids say nothing.
"""

# %%
# From bids to values
# -------------------
# 200 auctions of the US Forest Service. Lots differ by orders of magnitude, so bids are first divided by what
# advertised value and volume predict (Haile, Hong and Shum 2003), and densities are those of log bids.
import matplotlib.pyplot as plt
import numpy as np

import thickecon as te

data = te.datasets.load("usfs_timber")
logs = np.log(data[["actual_bid", "adv_value", "volume_total_1"]].to_numpy())
design = np.column_stack((np.ones(len(data)), logs[:, 1:]))
fit, *_ = np.linalg.lstsq(design, logs[:, 0], rcond=None)
size = np.exp(design @ fit)
found = te.auctions.invert_first_price_bids(data["actual_bid"], data["auctionid"], scale=size, log=True)
table = found.to_frame().assign(shading=found.shading, error=found.standard_error / found.values)
print(f"{found.kept.mean():.0%} of bids kept, the ends are trimmed")
print(table.groupby("bidders")[["shading", "error"]].median().round(3))
print("steps at which the inverse falls:", {n: round(share, 3) for n, share in found.decreasing.items()})

# %%
# Shading falls with competition, as it should. Errors are pointwise, of the noise of the densities alone. At the top
# few bids are left, and the values they reveal are hardly known: estimates with an error above a fifth are not shown.
sure = found.standard_error < 0.2 * found.values
print(f"{sure.mean():.0%} of values known to within a fifth")
fig, axis = plt.subplots(figsize=(7, 3.5), layout="constrained")
for color, n in enumerate((2, 3, 6)):
    rows = np.flatnonzero((found.bidders == n) & sure)
    rows = rows[np.argsort(found.bids[rows] / size[rows])]
    bid, value, error = (part[rows] / size[rows] for part in (found.bids, found.values, found.standard_error))
    axis.plot(bid, value, color=f"C{color}", label=f"{n} bidders")
    axis.fill_between(bid, value - 1.96 * error, value + 1.96 * error, color=f"C{color}", alpha=0.2)
axis.plot([0.5, 1.6], [0.5, 1.6], "k:", lw=0.8, label="no shading")
axis.set(xlabel="bid, relative to what the lot predicts", ylabel="revealed value", xlim=(0.5, 1.6), ylim=(0.5, 2.5))
axis.legend(frameon=False)
fig

# %%
# If part of a value were manufactured
# ------------------------------------
# Suppose a campaign had made a share of the value of a third of the bidders. Nothing in these data says so: this is a
# what-if. A second-price auction on revealed values sells to the largest revealed value, on endorsed values to the
# largest endorsed one. Endorsed welfare lost by the standard auction, and the draws' standard errors:
profile = found.profile().restrict(agents=sure[found.kept])
second = te.auctions.SecondPrice()
lost = []
shares = np.linspace(0, 0.4, 9)
for share in shares:
    per_draw = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        reached = rng.random(profile.n_agents) < 1 / 3
        wedge = np.where(reached[profile.rows.agent], share * profile.rows.revealed, 0.0)
        bent = profile.with_influence("campaign", wedge, owner="campaigner")
        thick, sidt = (mech.run(bent, rng=seed) for mech in (second, second.baseline()))
        worth = [float(bent.rows.endorsed @ outcome.taken) for outcome in (thick, sidt)]
        per_draw.append(1 - worth[1] / worth[0])
    lost.append((np.mean(per_draw), np.std(per_draw, ddof=1) / np.sqrt(len(per_draw))))
mean, error = np.array(lost).T
fig, axis = plt.subplots(figsize=(7, 3), layout="constrained")
axis.errorbar(shares, 100 * mean, yerr=196 * error, fmt="o-", capsize=3)
axis.set(xlabel="share of the value that is manufactured, for a third of bidders", ylabel="endorsed welfare lost, %")
fig
