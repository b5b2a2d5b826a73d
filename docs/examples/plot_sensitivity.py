"""
How much manipulation would overturn an auction?
================================================

Only valuations are needed. Each of four bidders says what a week in each of three holiday homes is worth; each wins
at most one. We ask for the smallest influence, hidden in these reports, without which the weeks would go to others.
"""

import thickecon as te

bids = te.ThickProfile.from_values(
    [[90, 70, 20], [84, 30, 10], [50, 60, 40], [75, 40, 30]],
    agents=["Ann", "Bob", "Cem", "Dia"],
    options=["lake", "forest", "city"],
    unit="money",
)
auction = te.auctions.VCG()
robust = te.sensitivity(auction, bids)
robust.to_frame()

# %%
# By hand: Ann in the forest, Bob at the lake and Cem in the city are worth 194 together. With Dia in Bob's place it is
# 185, a difference of 9. With Ann at the lake, Cem in the forest and Dia in the city it is 180, a difference of 14 that
# is spread over six valuations: 14 / 6 on each of them is enough.

assert robust.exact
assert abs(robust.smallest.size - 14 / 6) < 1e-9

# %%
# A change of the allocation need not be costly. How large must the largest entry be before a share of the surplus is
# lost? The curve answers.

robust.plot()

# %%
# Now a particular influence was found: an advert lifted Bob's bid for the lake by 15 (standard error 4). The same
# auction is run through the standard lens and through the thick one, and both are judged by every yardstick.

seen = bids.with_influence("advert", 15, se=4, targets=["Bob"], options=["lake"], owner="lake resort")
result = te.compare(auction, seen, draws=200, rng=0)
result.plot()

# %%
# Who wins and who loses, and what a reader must know before quoting a number:

print(result.winners_and_losers)
print(*result.caveats, sep="\n")
