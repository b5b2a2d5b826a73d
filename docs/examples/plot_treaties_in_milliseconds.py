"""
Treaties in milliseconds
========================

Two parties send delegates that are programs. They conclude treaties faster than anybody can read them, and each has
learnt that it pays to say that one needs the treaty less than one does. An overseer looks at claims once a second.

This is an illustration. Its parts are those of two scenarios, ``bilateral_trade`` (who sets the terms) and
``regulation_lag`` (rules that are right but late). Its formulas are written out below, and for the whole of it,
delegates that learn under an overseer who is late, no closed form is claimed: that curve is simulated.

One treaty
----------

A treaty is worth b to one party and costs the other c, both uniform on [0, 1]. Each side overstates its threat point,
what it has without a treaty, by z: b - z and c + z are said, and the terms are halfway between. They sign if b - z is
at least c + z, so of a gain g = b - c, which has density 1 - g, everything below 2z is lost:

    G(Z) = integral of g (1 - g) from Z to 1 = 1/6 - Z^2/2 + Z^3/3,     Z = 2z.
"""

import matplotlib.pyplot as plt
import numpy as np

import thickecon as te
from thickecon.studies.scenarios.bilateral_trade import BilateralTrade as Bargaining


def gains(z):
    """Mean gain of a treaty when both sides overstate by z."""
    Z = np.minimum(2 * np.asarray(z), 1.0)
    return 1 / 6 - Z**2 / 2 + Z**3 / 3


# %%
# The same through the mechanism of the package: 20,000 treaties, the claims an influence that nobody stands behind.
# Under the standard lens terms are made of what is said.

rng = np.random.default_rng(3)
count, claim = 20_000, 1 / 6
b, c = rng.random((2, count))
treaty = te.auctions.BilateralTrade(rule="evidence")
said = te.ThickProfile.from_values(np.stack([b - claim, -c - claim]), agents=["buyer", "seller"], unit="money")
seen = said.with_influence("overstated threat point", -claim)
signed = treaty.baseline().run(seen).shares[0]
realised = signed * (b - c)
assert abs(realised.mean() - gains(claim)) < 4 * realised.std() / np.sqrt(count)
assert np.array_equal(treaty.run(seen).shares[0] > 0.5, b >= c)  # the claims seen through: every gain is realised
print(f"both overstate by 1/6: {realised.mean():.4f} a treaty (formula {gains(claim):.4f}), of {1 / 6:.4f} there is")

# %%
# How claims grow
# ---------------
#
# A delegate is paid for its own gain and, with weight kappa, for what the other side does not get. Given the other's
# claim, a little more z changes that by
#
#     (1 - Z) ((1 - Z)(1 + kappa)/4 - z (1 - kappa))     where both claim z:
#
# a worse chance of a treaty against better terms. Delegates go up this slope by a small step with every treaty they
# negotiate. Without anybody to stop them they end at z = (1 + kappa) / (6 - 2 kappa): 1/6 for kappa = 0, and 1/2 for
# kappa = 1, where nothing is signed any more.


def slope(z, kappa):
    """What a delegate gains by a little more inflation, both claiming z."""
    short = 1 - 2 * z
    return short * (short * (1 + kappa) / 4 - z * (1 - kappa)) if short > 0 else 0.0


def against(own, other, kappa):
    """What a delegate is paid for on average when it claims ``own`` and the other side ``other``, by quadrature."""
    at, weight = np.polynomial.legendre.leggauss(40)
    least = own + other
    g = least + (1 - least) * (at + 1) / 2
    w = weight * (1 - least) / 2 * (1 - g)
    return float(w @ ((g + own - other) / 2 - kappa * (g - own + other) / 2))


for kappa in (0.0, 0.5):
    for z in (0.05, 0.2):
        by_hand = (against(z + 1e-5, z, kappa) - against(z - 1e-5, z, kappa)) / 2e-5
        assert abs(by_hand - slope(z, kappa)) < 1e-6
    assert abs(slope((1 + kappa) / (6 - 2 * kappa), kappa)) < 1e-12

# %%
# An overseer who is late
# -----------------------
#
# Once a second the overseer takes out of all claims what it measured a fifth of a second before. It is right about
# that moment; what came after stays in. Between its visits delegates go on learning, by ``speed`` treaties a second.

LAG, STEP, SECONDS = 0.2, 0.02, 30


def overseen(speed, kappa):
    """Mean gain of a treaty over the last ten seconds."""
    z, taken, claims, found = 0.0, 0.0, [], []
    late = round(LAG * speed)
    for t in range(SECONDS * speed):
        claims.append(z)
        if t % speed == 0:
            taken = claims[max(t - late, 0)]
        net = max(z - taken, 0.0)
        if t >= (SECONDS - 10) * speed:
            found.append(net)
        z = taken + net + STEP * slope(net, kappa)
    return float(np.mean(gains(found)))


speeds = np.array([1, 3, 10, 30, 100, 300, 1000, 3000])
curves = {kappa: [overseen(int(speed), kappa) for speed in speeds] for kappa in (0.0, 0.5, 0.9)}

# %%
# Terms from evidence
# -------------------
#
# Against it, terms that are made of evidence on both threat points, with an error of s N(0, 1) each. Nothing the
# delegates say moves them, so speed does not matter. Either side may refuse. One that is no rival refuses what it would
# lose by, and the mean gain is that of the scenario ``bilateral_trade``, the integral of
# g (1 - g)(2 Phi(g / (s sqrt 2)) - 1). A rival also refuses where its own gain is below kappa times that of the other
# side, so both sign only where the error of the terms is at most (g / 2)(1 - kappa)/(1 + kappa): rivalry makes evidence
# (1 + kappa)/(1 - kappa) times as inexact.


def from_evidence(s, kappa):
    """Mean gain of a treaty on terms made of evidence."""
    return Bargaining(s=s * (1 + kappa) / (1 - kappa)).gains("thick")


s, kappa = 0.1, 0.5
error = s * (rng.standard_normal(count) + rng.standard_normal(count)) / 2  # of the terms, halfway between two estimates
mine, yours = (b - c) / 2 + error, (b - c) / 2 - error
realised = (b - c) * ((mine >= kappa * yours) & (yours >= kappa * mine) & (b >= c))
assert abs(realised.mean() - from_evidence(s, kappa)) < 4 * realised.std() / np.sqrt(count)

errors = (0.02, 0.1, 0.3)
figure, panels = plt.subplots(1, 3, figsize=(10, 4), sharey=True)
for axes, (kappa, curve) in zip(panels, curves.items(), strict=True):
    axes.semilogx(speeds, curve, "C3o-", label="late overseer")
    for s, shade in zip(errors, ("C0", "C2", "C1"), strict=True):
        axes.axhline(from_evidence(s, kappa), color=shade, linestyle="--", label=f"evidence, s = {s:g}")
    axes.axhline(1 / 6, color="k", linestyle=":", label="all gains there are")
    axes.set(xlabel="treaties a second", title=f"rivalry {kappa:g}", ylim=(0, 0.18))
panels[0].set(ylabel="mean gain of a treaty")
panels[0].legend(frameon=False, fontsize=8, loc="lower left")
figure.tight_layout()

# %%
# At one treaty a second the overseer keeps up and beats all evidence that has an error: slow worlds need none of this.
# As treaties come faster, more of them are signed between two of its visits, and what is left is what delegates settle
# on by themselves.
#
# Where thick values do not help: if evidence is bad (s = .3), delegates that are no rivals do better unseen; and where
# evidence can be talked into something else, or measures how hard a side bargains and not what it needs, nothing is
# gained by it.

for kappa, curve in curves.items():
    alone = float(gains((1 + kappa) / (6 - 2 * kappa)))
    shown = ", ".join(f"{from_evidence(s, kappa):.4f}" for s in errors)
    print(f"rivalry {kappa:.1f}: overseen {curve[0]:.4f} to {curve[-1]:.4f}, unseen {alone:.4f}; from evidence {shown}")
    assert np.all(np.diff(curve) <= 1e-9)
    assert curve[0] > from_evidence(errors[0], kappa) > curve[-1]
assert from_evidence(0.3, 0.0) < curves[0.0][-1]
