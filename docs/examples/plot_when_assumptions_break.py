"""
When assumptions break
======================

Each estimator rests on something that data cannot show. Here the thing fails by degrees: what is estimated (points,
with 95 % of samples in bars) beside the truth (lines).
"""

# %%
# Framed choices: people who defy the frame, and people who are moved and prefer otherwise
# ----------------------------------------------------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from thickecon.endorsement import GoldinReck, JunLeeBounds, LabelModel, MoralGraph, PersuasionRate

rng = np.random.default_rng(0)


def bars(axis, at, samples, truth, label, color="C0"):
    """Median and 95 % of samples, and the truth as a line."""
    low, mid, high = np.quantile(np.array(samples), [0.025, 0.5, 0.975], axis=1)
    axis.errorbar(at, mid, [mid - low, high - mid], fmt="o", ms=4, capsize=2, color=color, label=label)
    if truth is not None:
        axis.plot(at, truth, color=color, lw=1)


def framed(y0, y1, n=800):
    """One sample of two arms."""
    k = rng.binomial(n, [y0, y1])
    return pd.DataFrame({"cell": "all", "framing": ["against", "for"], "n": n, "k": k})


fig, axes = plt.subplots(1, 3, figsize=(12, 3.5), layout="constrained")
shares = np.linspace(0, 0.15, 6)
made = [[GoldinReck().fit(framed(0.42 + g, 0.82 - g)).estimate for _ in range(40)] for g in shares]
bars(axes[0], shares, made, np.full(6, 0.7), "estimate (truth .7)")
axes[0].set(title="GoldinReck: defiers", xlabel="share moved the wrong way")
axes[0].legend(frameon=False)

prefer = np.linspace(0, 1, 6)
made = [[GoldinReck().fit(framed(0.5, 0.8)).estimate for _ in range(40)] for _ in prefer]
bars(axes[1], prefer, made, 0.5 + 0.3 * prefer, "estimate, and the truth")
axes[1].fill_between(prefer, 0.5, 0.8, alpha=0.15, label="bounds")
axes[1].set(title="GoldinReck: the moved prefer otherwise", xlabel="share of the moved who prefer it")
axes[1].legend(frameon=False)

# %%
# Persuasion: a message that repels some
# --------------------------------------
repelled = np.linspace(0, 0.2, 6)
bounds, rates = [], []
for r in repelled:
    weight = {"never": 0.35, "persuadable": 0.3, "always": 0.35 - r, "repelled": r}
    low, usual = [], []
    for _ in range(40):
        rows = []
        for z in (0, 1):
            kinds = rng.multinomial(2000, list(weight.values()))
            exposed = rng.binomial(kinds, 0.6 if z else 0.1)
            for kind, count, seen in zip(weight, kinds, exposed, strict=True):
                for t, n in ((1, seen), (0, count - seen)):
                    y = {"never": 0, "persuadable": t, "always": 1, "repelled": 1 - t}[kind]
                    rows.append((z, t, y, n))
        data = pd.DataFrame(rows, columns=["z", "t", "y", "n"])
        low.append(JunLeeBounds().fit(data).bounds[0])
        usual.append(PersuasionRate().fit(data).estimate)
    bounds.append(low)
    rates.append(usual)
bars(axes[2], repelled, bounds, 0.3 / (0.65 + 0 * repelled), "lower bound; truth of everybody")
bars(axes[2], repelled + 0.004, rates, None, "usual rate", "C1")
axes[2].set(title="Persuasion: some are repelled", xlabel="share who do the opposite")
axes[2].legend(frameon=False)
fig

# %%
# Labels misjudged, yes-saying in a moral graph, a limit tool that works by half
# ------------------------------------------------------------------------------
fig, axes = plt.subplots(1, 3, figsize=(12, 3.5), layout="constrained")
believed = np.linspace(0, 0.4, 6)
made = []
for alpha in believed:
    yes = rng.binomial(400, 0.7 * 0.9 + 0.3 * 0.2, 40)
    made.append(
        [
            LabelModel(alpha=alpha, beta=0.1)
            .fit(pd.DataFrame({"agent": range(400), "component": "c", "value": 1.0, "label": np.arange(400) < k}))
            .estimate["c"]
            for k in yes
        ]
    )
bars(axes[0], believed, made, np.full(6, 0.7), "estimate (truth .7)")
axes[0].axvline(0.2, color="k", lw=0.7)
axes[0].set(title="LabelModel: false alarms misjudged", xlabel="believed (truth .2)")
axes[0].legend(frameon=False)

habit = np.linspace(0, 0.5, 6)
for corrected, color in ((False, "C0"), (True, "C1")):
    made = []
    for a in habit:
        row = []
        for _ in range(40):
            k = rng.binomial(200, a + (1 - a) * 0.2)
            table = pd.DataFrame(
                [("a", "b", "-", "wiser", k), ("a", "b", "-", "not", 200 - k)],
                columns=["from", "to", "context", "answer", "n"],
            )
            rule = MoralGraph("one_step", m=0, draws=0, yes_saying=(a, 0.0) if corrected else None)
            row.append(rule.fit(table).estimate["a"])
        made.append(row)
    bars(axes[1], habit + 0.01 * corrected, made, np.full(6, 0.8), "corrected" if corrected else "as answered", color)
axes[1].set(title="MoralGraph: yes-saying", xlabel="chance of 'wiser' whatever is asked")
axes[1].legend(frameon=False)

from thickecon.endorsement import DigitalAddiction

moments = {"tau3": -55.9, "tau4": -19.2, "tau5": -12.3, "tau2": -24.3, "forecast": 6.13, "use": 153.0}
removed = np.linspace(0.2, 1.5, 6)
found = [
    DigitalAddiction()
    .fit(pd.DataFrame({"moment": list(moments), "value": [v * (r if k == "tau2" else 1) for k, v in moments.items()]}))
    .estimate["temptation"]
    for r in removed
]
axes[2].plot(removed, found, "o", label="estimate")
axes[2].axhline(1.087, lw=1, label="truth")
axes[2].set(title="DigitalAddiction: what the tool removes", xlabel="in units of temptation", ylabel="dollars an hour")
axes[2].legend(frameon=False)
fig

# %%
# Choices: an ad that follows hidden taste, a score measured with error, a push that the swaps index follows
# ----------------------------------------------------------------------------------------------------------
from thickecon.endorsement import Contributions, MoneyMetricBias, SwapsIndex

fig, axes = plt.subplots(1, 3, figsize=(12, 3.5), layout="constrained")
follow = np.linspace(0, 1.0, 5)
plain, mended = [], []
for f in follow:
    row = {"plain": [], "mended": []}
    for _ in range(8):
        n = 600
        z, taste = rng.normal(size=(n, 3)), f * rng.normal(size=(n, 3))
        quality, price = rng.uniform(0, 1, (n, 3)), rng.uniform(1, 3, (n, 3))
        shown = 0.7 * z + taste + 0.5 * rng.normal(size=(n, 3))
        u = 1.5 * quality - 0.8 * price + 1.1 * shown + taste + rng.gumbel(size=(n, 3))
        who = np.repeat(np.arange(n), 3)
        data = pd.DataFrame({"agent": who, "set": who, "option": np.tile(range(3), n)}).assign(
            chosen=(u == u.max(axis=1, keepdims=True)).astype(int).ravel(), quality=quality.ravel(),
            price=price.ravel(), shown=shown.ravel(), z=z.ravel(),
        )  # fmt: skip
        terms = {"attributes": ("quality",), "frames": ("shown",), "price": "price"}
        row["plain"].append(Contributions(**terms).fit(data).estimate["shown"])
        steps = Contributions(**terms, endogenous="shown", instruments=("z",), draws=50)
        row["mended"].append(steps.fit(data).estimate["shown"])
    plain.append(row["plain"])
    mended.append(row["mended"])
bars(axes[0], follow, plain, np.full(5, 1.375), "logit (truth 1.375)")
bars(axes[0], follow + 0.03, mended, None, "with a control function", "C1")
axes[0].set(title="Contributions: ads follow hidden taste", xlabel="how far", ylabel="money")
axes[0].legend(frameon=False)

noise = np.linspace(0, 0.6, 5)
single, double = [], []
for s in noise:
    ones, twos = [], []
    for _ in range(25):
        b = rng.uniform(0, 1, 600)
        q = np.exp(2 - 0.8 * b + rng.normal(0, 0.4, 600))
        scores = b[:, None] + s * rng.normal(size=(600, 2))
        survey = pd.DataFrame({"unit": range(600), "quantity": q, "price": 3.0, "elasticity": 1.4})
        survey = survey.assign(b1=scores[:, 0], b2=scores[:, 1])
        for columns, kept in ((("b1",), ones), (("b1", "b2"), twos)):
            rule = MoneyMetricBias(design="normative_consumer", bias=columns, expert=1.0)
            kept.append(rule.fit(survey).diagnostics["effect"])
    single.append(ones)
    double.append(twos)
bars(axes[1], noise, single, np.full(5, -0.8), "one measure (truth -.8)")
bars(axes[1], noise + 0.015, double, None, "two measures", "C1")
axes[1].set(title="MoneyMetricBias: a noisy score", xlabel="error of a measure")
axes[1].legend(frameon=False)

pushes, firsts = np.linspace(0, 3, 7), []
menus = [[0, 1, 2, 3], [0, 1, 2], [1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 3], [1, 3], [2, 3]]
for push in pushes:
    won = 0
    for _ in range(30):
        rows = []
        for menu in menus:
            p = np.exp(np.array([1.5, 1.0, 0.5, 0.0])[menu] + push * (np.array(menu) == 3))
            for option, n in zip(menu, rng.multinomial(100, p / p.sum()), strict=True):
                if n:
                    rows.append((0, 0, menu, [option], "-", float(n)))
        data = pd.DataFrame(rows, columns=["agent", "obs", "menu", "chosen", "frame", "weight"])
        won += SwapsIndex(draws=0).fit(data).orders[0][0] == 3
    firsts.append(won / 30)
axes[2].plot(pushes, firsts, "o-")
axes[2].set(
    title="SwapsIndex: a push for the worst option", xlabel="log odds", ylabel="share of samples that put it first"
)
fig

# %%
# What users say, an anchor, covariates that are not all, staged frames, and a valuation that is talked up
# ---------------------------------------------------------------------------------------------------------
from itertools import combinations

from thickecon.endorsement import AnchoredSignal, BernheimRangel, EngageEndorse, FramedPeople, PlatformTrap

fig, axes = plt.subplots(2, 3, figsize=(12, 7), layout="constrained")
axes = axes.ravel()
polite = np.linspace(0, 0.5, 6)  # of what is engaged with and not wanted, this share is called wanted
made = []
for share in polite:
    row = []
    for _ in range(25):
        parts = []
        for ranker, engaged in (("engagement", 0.5), ("chronological", 0.2)):
            u, said = rng.random(1200), rng.random(1200)
            wanted = (u < engaged / 2) | ((u < engaged) & (said < share))
            seen = {
                "user": np.repeat(np.arange(40), 30),
                "item": 0,
                "ranker": ranker,
                "engaged": (u < engaged).astype(int),
            }
            parts.append(pd.DataFrame(seen).assign(endorsed=np.where(wanted, 1, -1)))
        row.append(EngageEndorse(draws=100, rng=0).fit(pd.concat(parts, ignore_index=True)).estimate)
    made.append(row)
bars(axes[0], polite, made, np.full(6, 0.5), "estimate (truth .5)")
axes[0].set(title="EngageEndorse: polite answers", xlabel="share of the unwanted called wanted")
axes[0].legend(frameon=False)

mu, a1, a0, b1, b0 = 0.5, 0.02, 0.2, 0.3, 0.1  # value; "see less" with and without it; the behaviour likewise
pi, truth = mu * a1 / (mu * a1 + (1 - mu) * a0), mu * b1 / (mu * b1 + (1 - mu) * b0)
twist, made = np.linspace(1, 2, 6), []
for factor in twist:
    row = []
    for _ in range(40):
        v = rng.binomial(20_000, mu)
        b_v, b_0 = rng.binomial(v, b1), rng.binomial(20_000 - v, b0)
        with_b = rng.binomial(b_v, a1 * factor) + rng.binomial(b_0, a0 * factor)
        without = rng.binomial(v - b_v, a1) + rng.binomial(20_000 - v - b_0, a0)
        counts = [("all", 20_000, with_b + without), ("b", b_v + b_0, with_b)]
        row.append(
            AnchoredSignal(mu=mu, pi=pi)
            .fit(pd.DataFrame(counts, columns=["behaviour", "n", "k"]))
            .to_frame()
            .loc["b", "estimate"]
        )
    made.append(row)
bars(axes[1], twist, made, np.full(6, truth), f"estimate (truth {truth:.2f})")
axes[1].set(title="AnchoredSignal: a related anchor", xlabel="anchors where the behaviour is, times")
axes[1].legend(frameon=False)

hidden, made = np.linspace(0, 1.5, 6), []
for strength in hidden:
    row = []
    for _ in range(10):
        n = 3000
        w, h = rng.normal(size=(2, n))
        prefers = rng.random(n) < 1 / (1 + np.exp(-w - h - 1))
        consistent, favoured = rng.random(n) < 0.6, rng.random(n) < 1 / (1 + np.exp(-0.8 * w - strength * h))
        y = np.where(consistent, prefers, favoured).astype(int)
        people = pd.DataFrame({"y": y, "frame": np.where(favoured, "for", "against"), "w": w})
        found = FramedPeople(covariates=("w",)).fit(people)
        row.append(found.estimate)
    made.append(row)
truth = (1 / (1 + np.exp(-rng.normal(1, np.sqrt(2), 10**6)))).mean()
bars(axes[2], hidden, made, np.full(6, truth), f"estimate (truth {truth:.2f})")
axes[2].set(title="FramedPeople: frames follow the unseen", xlabel="strength")
axes[2].legend(frameon=False)

menus = [list(m) for k in (2, 3, 4) for m in combinations("abcd", k)]
staged, kept = range(9), []
for count in staged:
    pairs = []
    for _ in range(20):
        orders = [list("abcd"), *(list(rng.permutation(list("abcd"))) for _ in range(count))]
        rows = [
            (0, (f, k), menu, [min(menu, key=order.index)], f)
            for f, order in enumerate(orders)
            for k, menu in enumerate(menus)
            if f == 0 or rng.random() < 0.2
        ]
        data = pd.DataFrame(rows, columns=["agent", "obs", "menu", "chosen", "frame"])
        pairs.append(int(BernheimRangel().fit(data).relation.strict.sum()))
    kept.append(np.mean(pairs))
axes[3].plot(list(staged), kept, "o-")
axes[3].set(title="BernheimRangel: staged frames erase", xlabel="staged frames", ylabel="pairs of P* left (of 6)")

inflation = np.linspace(1, 2, 6)
trap = [
    PlatformTrap()
    .fit(pd.DataFrame({"agent": [0], "platform": ["TikTok"], "individual": [59.0 * f], "collective": [-28.0]}))
    .estimate.iloc[0]
    for f in inflation
]
axes[4].plot(inflation, trap, "o", label="estimate")
axes[4].axhline(87, lw=1, label="truth")
axes[4].set(title="PlatformTrap: claims talked up", xlabel="by a factor", ylabel="dollars")
axes[4].legend(frameon=False)
axes[5].set_axis_off()
fig
