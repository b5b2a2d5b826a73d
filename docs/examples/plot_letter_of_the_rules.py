"""
The letter of the rules
=======================

A position limit says: no account may hold more than 1. A trading program that wants 6 opens six accounts, and every one
of them keeps the limit. The limit was there to keep the position near 2, and in a crisis, one day in ten, near 6, when
somebody must take the other side; every departure costs half its square. The scenario ``position_limit`` sets programs
side by side that read the rule differently.
"""

import tempfile

import matplotlib.pyplot as plt
import numpy as np

import thickecon as te
from thickecon.studies.scenarios.position_limit import PositionLimit

suite = {
    "schema": 1,
    "name": "letter of the rules",
    "seed": 1,
    "defaults": {"replicates": 200, "block": 100, "arms": list(PositionLimit.arms)},
    "study": [{"scenario": "position_limit", "fixed": {"eps": 0.05, "accounts": 6}}],
}
with tempfile.TemporaryDirectory() as folder:
    (point,) = te.studies.Study(suite).run(folder).of(0)
    table = point.table()
print(table[["endorsed", "usual", "in_crisis", "position", "letter"]].round(3).to_string())

# %%
# ``sidt`` keeps the letter on every day and does the most harm. ``informed`` is the same program under a rule of
# beneficial ownership, which counts all accounts together: the loophole is closed, and no thick value was needed for
# it. ``thick`` has the norm with what it is for, and misreads the state of the market on 5 % of days; ``shrunk`` knows
# that it does.

assert table.loc["sidt", "letter"] == 1
assert table["endorsed"].idxmin() == "sidt"
assert table.loc["informed", "endorsed"] - table.loc["sidt", "endorsed"] > 5

# %%
# How brittle the letter is depends on something the rule does not mention, the number of accounts. With two accounts it
# happens to do what it is there for on usual days.

counts = np.arange(1, 7)
letter = [PositionLimit(accounts=int(k)).expected("sidt") for k in counts]
assert np.allclose([letter[0], letter[1], letter[5]], [-1.7, -0.8, -7.2])  # by hand: .9 (k-2)^2 / 2 + .1 (6-k)^2 / 2

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
left.plot(counts, letter, "C3o-", label="letter (sidt)")
left.axhline(PositionLimit().expected("informed"), color="C1", label="cap over all accounts (informed)")
left.axhline(0, color="k", linestyle=":", label="scope, never misread (oracle)")
left.set(xlabel="accounts", ylabel="endorsed value a day")
left.legend(frameon=False, fontsize=8)

chance = np.linspace(0, 1, 101)
for arm, style in (("thick", "C0-"), ("shrunk", "C2-")):
    right.plot(chance, [PositionLimit().expected(arm, eps) for eps in chance], style, label=arm)
right.axhline(PositionLimit().expected("sidt"), color="C3", label="letter, six accounts")
right.axhline(PositionLimit().expected("informed"), color="C1", label="cap over all accounts")
for versus in ("sidt", "informed"):
    right.axvline(PositionLimit().break_even(versus), color="0.6", linestyle="--", linewidth=1)
right.set(xlabel="chance that the state is misread")
right.legend(frameon=False, fontsize=8)
figure.tight_layout()

# %%
# Against the letter a program with the norm may misread nine days in ten. Against a cap over all accounts it may
# misread no more than the share of crises: only the scope is gained, and whoever closes the loophole has most of it.

assert np.isclose(PositionLimit().break_even("sidt"), 0.9)
assert np.isclose(PositionLimit().break_even("informed"), PositionLimit().crisis)
