"""
A recommender that lives on engagement
======================================

A feed shows what draws clicks. Part of a click is what the reader finds worth reading, v; the rest is how the headline
is made, delta, which nobody stands behind. Ranking by d = v + delta is what the standard toolkit does: it takes the
click for the preference. The scenario ``feed_auction`` sells five slots to 40 items, by clicks and by evidence on v
that has an error, with the same items and the same noise in every arm.
"""

import tempfile

import matplotlib.pyplot as plt
import numpy as np

import thickecon as te
from thickecon.studies.scenarios.feed_auction import FeedAuction

errors = [0.05, 0.5, 1.0, 1.5, 2.0, 3.0]
suite = {
    "schema": 1,
    "name": "engagement recommender",
    "seed": 7,
    "defaults": {"replicates": 60, "block": 30, "arms": ["sidt", "thick", "shrunk", "oracle"]},
    "study": [{"scenario": "feed_auction", "fixed": {"tau": 1.0, "rho": 0.0}, "grid": {"s": errors}}],
}
with tempfile.TemporaryDirectory() as folder:
    points = te.studies.Study(suite).run(folder).of(0)
    tables = [point.table() for point in points]

# %%
# Sizes are those of the parameters, which were chosen by hand, and the evidence is given. What carries over is where
# the curves cross, and why.

figure, axes = plt.subplots(figsize=(7, 4))
for arm, style in (("oracle", "k:"), ("shrunk", "C2-"), ("thick", "C0-"), ("sidt", "C3-")):
    axes.plot(errors, [table.loc[arm, "endorsed"] for table in tables], style, label=arm)
even = FeedAuction(tau=1.0, rho=0.0).break_even()
axes.axvline(even, color="0.6", linestyle="--", linewidth=1, label="break-even, closed form")
axes.set(xlabel="standard error of the evidence, in standard deviations of v", ylabel="endorsed value of a page")
axes.legend(frameon=False)
figure.tight_layout()

# %%
# Taken at face value, evidence beats clicks as long as its error is below the standard deviation of the clickbait; past
# that the standard toolkit is better. Who knows how inexact the evidence is, and weighs it against the clicks, never
# does worse than either.

assert abs(even - 1.0) < 1e-9
below, above = tables[errors.index(0.5)]["endorsed"], tables[errors.index(2.0)]["endorsed"]
assert below["thick"] > below["sidt"]
assert above["thick"] < above["sidt"] < above["shrunk"]

# %%
# Advertising that informs
# ------------------------
#
# If items that are worth more are also advertised more, clicks say more about worth and the break-even moves down.

for rho in (-0.5, 0.0, 0.5):
    print(f"correlation of worth and clickbait {rho:+.1f}: break-even at s = {FeedAuction(rho=rho).break_even():.3f}")

# %%
# Habit
# -----
#
# Clicks of today move clicks of tomorrow. An item j that is shown becomes a habit, pull = .9 pull + hook_j; over H
# periods the average pull is h/(1 - .9) (1 - (1 - .9^H) / (H (1 - .9))), h the hook. A recommender that looks far
# enough ahead shows every reader the item with the largest v + average pull, one that is greedy starts from the item
# with the most clicks, which is at first the best one, and its habit holds the reader there. Both engage; only one
# collapses.

KEEP, PERIODS, READERS, ITEMS = 0.9, 200, 2000, 10
rng = np.random.default_rng(0)
v, hook = rng.standard_normal((READERS, ITEMS)), rng.exponential(size=(READERS, ITEMS))
reader, best = np.arange(READERS), v.argmax(axis=1)


def greedy(strength: float) -> np.ndarray:
    """Mean endorsed value of what is shown by who follows the clicks of the day, reader by reader."""
    pull, total = np.zeros_like(v), np.zeros(READERS)
    for _ in range(PERIODS):
        shown = (v + pull).argmax(axis=1)
        total += v[reader, shown]
        pull *= KEEP
        pull[reader, shown] += strength * hook[reader, shown]
    return total / PERIODS


settled = 1 / (1 - KEEP) * (1 - (1 - KEEP**PERIODS) / (PERIODS * (1 - KEEP)))
strengths = [0.0, 0.03, 0.06, 0.15, 0.3]
far = [(v + strength * settled * hook).argmax(axis=1) for strength in strengths]
foresight = [v[reader, shown].mean() for shown in far]
collapsed = [(shown != best).mean() for shown in far]
day = [greedy(strength).mean() for strength in strengths]

figure, axes = plt.subplots(figsize=(7, 4))
axes.plot(strengths, foresight, "C3-", label="looks ahead to engagement")
axes.plot(strengths, day, "C1-", label="follows the clicks of the day")
axes.axhline(v.max(axis=1).mean(), color="k", linestyle=":", label="the best for each reader")
axes.set(xlabel="strength of the hook", ylabel="endorsed value of what is shown")
axes.legend(frameon=False)
figure.tight_layout()

# %%
# The collapse comes from planning for engagement, not from engagement as such: a greedy recommender shows what is best
# from the first day to the last.

for strength, share, value in zip(strengths, collapsed, foresight, strict=True):
    print(f"hook {strength:.2f}: {share:4.0%} of readers are shown something else than their best; value {value:.3f}")
assert np.all(np.diff(foresight) < 0)
assert np.allclose(day, v.max(axis=1).mean())
