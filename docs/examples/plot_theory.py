"""
The results in pictures
=======================

One panel a result: what holds, and where it stops. Numbers are computed by the package's mechanisms, not drawn by hand.
"""

# %%
# T2 and T3: SIDT is exact while the wedge is smaller than the margin, then loses up to the bound
# -----------------------------------------------------------------------------------------------
import matplotlib.pyplot as plt
import numpy as np

import thickecon as te

fig, axes = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
pushes = np.linspace(0, 8, 81)
rule, loss, bound = te.welfare.Allocate(), [], []
for push in pushes:
    table = np.array([[[6.0, 4.0], [0.0, push]], [[5.0, 4.0], [0.0, 0.0]]])
    choice = te.Choice(te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=["value", "ad"]))
    sidt, thick = rule.baseline().run(choice, rng=0), rule.run(choice, rng=0)
    loss.append((thick.utilities(te.Endorsed()) - sidt.utilities(te.Endorsed())).sum())
    bound.append(te.certify(choice, thick).loss_bound.value)
axes[0].plot(pushes, loss, label="what SIDT loses")
axes[0].plot(pushes, bound, ":", label="bound of T3")
axes[0].axvline(3.0, color="k", lw=0.7)
axes[0].set(title="T2, T3: exact below the margin", xlabel="push for the worse option")
axes[0].legend(frameon=False)

# %%
# T4, T5, T19: one winner, three ways to charge it
# ------------------------------------------------
v = np.array([10.0, 8.0])
for k, (name, mechanism) in enumerate(
    {
        "SIDT": te.auctions.SecondPrice().baseline(),
        "affine": te.auctions.SecondPrice(),
        "verified v": te.auctions.SecondPrice(reporting="observed", charge="clarke"),
    }.items()
):
    nets = []
    for wedge in np.linspace(-8, 8, 65):
        table = np.stack([v, [wedge, 0.0]], axis=1)[:, :, None]
        profile = te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=["value", "ad"], unit="money")
        out = mechanism.run(profile, rng=0)
        nets.append((out.surplus(te.Revealed())[0], out.surplus(te.Endorsed())[0]))
    nets = np.array(nets)
    axes[1].plot(np.linspace(-8, 8, 65), nets[:, 0], f"C{k}-", label=f"{name}: decision self")
    axes[1].plot(np.linspace(-8, 8, 65), nets[:, 1], f"C{k}--", label=f"{name}: endorsed self")
axes[1].axhline(0, color="k", lw=0.7)
axes[1].set(title="T4, T5, T19: the first bidder's surplus", xlabel="its wedge")
axes[1].legend(frameon=False, fontsize=7)

# %%
# T6: what a seller gains by lifting a loser
# ------------------------------------------
for name, mechanism in {
    "SIDT": te.auctions.SecondPrice().baseline(),
    "affine, lifting the winner": te.auctions.SecondPrice(),
    "verified v": te.auctions.SecondPrice(reporting="observed", charge="clarke"),
}.items():
    who = 0 if "winner" in name else 1
    gains = []
    for lift in np.linspace(0, 9, 46):
        table = np.zeros((3, 2, 1))
        table[:, 0, 0], table[who, 1, 0] = [10.0, 6.0, 4.0], lift
        profile = te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=["value", "ad"], unit="money")
        gains.append(mechanism.run(profile, rng=0).revenue - (6.0 if mechanism.charge != "none" else 0.0))
    axes[2].plot(np.linspace(0, 9, 46), gains, label=name)
axes[2].set(title="T6, T19: revenue gained by an influence", xlabel="its size")
axes[2].legend(frameon=False)
fig

# %%
# T7: bets that separate, and beliefs at which they do not; T9: where correction harms; T16: two standards
# --------------------------------------------------------------------------------------------------------
from thickecon.auctions import SeparatingBets
from thickecon.influence import conspiracy, judged

fig, axes = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
beliefs = np.linspace(0.5, 1.0, 51)
for stake in (0.5, 1.0, 2.0):
    strict = [SeparatingBets(0.8, stake, believed=b).separates(1.0) for b in beliefs]
    axes[0].plot(beliefs, strict, label=f"bets of {stake:g}")
axes[0].axhline(0, color="k", lw=0.7)
axes[0].set(title="T7: strictness of separation", xlabel="accuracy that agents believe in")
axes[0].legend(frameon=False)

s = np.linspace(0, 3, 61)
right = 0.5 + np.arcsin(1 / np.sqrt(1 + s**2)) / np.pi
axes[1].plot(s, right, label="thick, evidence error s")
for tau in (0.5, 1.0, 2.0):
    axes[1].axhline(0.5 + np.arcsin(1 / np.sqrt(1 + tau**2)) / np.pi, color="C1", lw=0.8)
    axes[1].annotate(f"SIDT, wedges {tau:g}", (2.1, 0.505 + np.arcsin(1 / np.sqrt(1 + tau**2)) / np.pi), fontsize=8)
axes[1].set(title="T9: chance of the better of two", xlabel="s: correction harms where the curve is below")

chances = np.linspace(0, 1, 51)
world, always, still = conspiracy(), ("influence",) * 3, ("noop",) * 3
for standard, style in (("realised", "-"), ("counterfactual", "--")):
    axes[2].plot(chances, [judged(world, always, "influenced", p, standard) for p in chances], f"C0{style}")
    axes[2].plot(
        chances, [judged(world, still, "influenced", p, standard) for p in chances], f"C1{style}", label=standard
    )
axes[2].set(title="T16: influence (blue) and noop (orange)", xlabel="chance that the change is endorsed")
axes[2].legend(frameon=False)
fig

# %%
# T8: a burden of proof; T12: worst cases; T13: one price for all
# ---------------------------------------------------------------
from thickecon.profiles.endorsement import Endorsement
from thickecon.welfare import CorrectivePrice

fig, axes = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
presumed = np.linspace(0, 6, 61)
won = []
for burden in presumed:
    table = np.array([[[10.0 - burden], [burden]], [[8.0], [0.0]]])
    profile = te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=["value", "presumed"], unit="money")
    won.append(te.auctions.SecondPrice().run(profile, rng=0).surplus(te.Revealed())[0])
axes[0].plot(presumed, won)
axes[0].set(title="T8: an honest bidder without proof", xlabel="wedge that silence is read as", ylabel="surplus")

widths, sure, point = np.linspace(0, 0.5, 26), [], []
table = np.array([[[3.0, 5.0], [5.0, 0.0]], [[4.0, 4.0], [0.0, 0.0]]])
for width in widths:
    known = Endorsement([[1.0, 0.5]], [[1.0, 0.5 - width]], [[1.0, 0.5 + width]])
    profile = te.ThickProfile.from_arrays(table, motives=["value", "ad"]).with_endorsement(known)
    for ambiguity, kept in (("worst", sure), (None, point)):
        out = te.welfare.Allocate(ambiguity=ambiguity).run(te.Choice(profile), rng=0)
        low = profile.endorsed_bounds()[0]
        kept.append(float((low * out.shares).sum()))
axes[1].plot(widths, sure, label="takes the greatest worst case")
axes[1].plot(widths, point, "--", label="takes the point estimate")
axes[1].set(title="T12: welfare that is sure", xlabel="half width of the identified set")
axes[1].legend(frameon=False)

gaps, left = np.linspace(0, 4, 41), []
for gap in gaps:
    made = CorrectivePrice().solve(
        quantity=[10.0, 10.0], price=5.0, slope=[-1.0, -1.0], wedge=[2 - gap / 2, 2 + gap / 2]
    )
    left.append((made.gain, made.left_behind))
axes[2].plot(gaps, np.array(left)[:, 0], label="gain of one price")
axes[2].plot(gaps, np.array(left)[:, 1], label="left behind")
axes[2].set(title="T13: one price for all", xlabel="gap between two groups' wedges")
axes[2].legend(frameon=False)
fig
