"""
From framing data to a recommendation you can defend
====================================================

Many Labs counts, a link, an allocation, its interval, and the point at which the advice turns.

Two public programmes compete for one budget in 40 towns. A *sure* programme is what towns say they want, and it was
described to them in a gain frame. How much of that want did the frame make, and does the advice survive taking it out?
"""

# %%
# 1. What the frame does
# ----------------------
# Klein et al. (2014), 36 sites: the sure programme chosen by 1,200 of 3,174 under the loss frame, by 2,059 of 3,097
# under the gain frame.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import thickecon as te
from thickecon.endorsement import Estimate, GoldinReck, LogitLink, Source, stoye_interval

counts = pd.DataFrame(
    [("all", "against", 3174, 1200), ("all", "for", 3097, 2059)], columns=["cell", "framing", "n", "k"]
)
found = GoldinReck().fit(counts)
print(found.summary())

# %%
# Of everybody, 53 % prefer the sure programme *if* the moved prefer it as often as the others; between 38 and 66 %
# whatever they prefer. Intervals for the set, by Imbens and Manski and by Stoye:
v0, v1 = (y * (1 - y) / n for y, n in ((1200 / 3174, 3174), (2059 / 3097, 3097)))
print(found.bounds_interval(0.95), stoye_interval(*found.bounds, np.diag([v0, v1])))
print("if the moved prefer it with chance p:", found.diagnostics["if_moved_prefer"])

# %%
# 2. A link: from a shift of probability to points
# ------------------------------------------------
# A shift of choice probability is no amount of anything until somebody says what choices are made of. We name a logit
# link with a scale of 10 points for one unit of log odds; another scale is another recommendation, and is shown below.
low, high = 1200 / 3174, 2059 / 3097
shift = high - low
error = float(np.sqrt(v0 + v1))
wedge = Estimate(
    "contribution", ("gain frame",), np.array([shift]), np.array([[error**2]]), unit="probability", scalar=True,
    source=Source("Many Labs 1, two arms", "Klein et al. (2014)", "10.1027/1864-9335/a000178", 6271),
)  # fmt: skip


def towns(scale: float) -> te.ThickProfile:
    """40 towns' points for both programmes, of which the frame made a part."""
    rng = np.random.default_rng(0)
    reports = np.stack([rng.normal(22, 6, 40), rng.normal(19, 6, 40)], axis=1)
    profile = te.ThickProfile.from_values(reports, options=["sure", "risky"])
    link = LogitLink(scale=scale, baseline=low)
    return wedge.apply(profile, motives="gain frame", link=link, options={"gain frame": ["sure"]})


profile = towns(10.0)
print(f"the frame is worth {profile.wedge[0, 0]:.2f} points of each town's report")

# %%
# 3. An allocation, with intervals
# --------------------------------
rule = te.welfare.Allocate()
result = te.compare(rule, te.Choice(profile), arms=("sidt", "thick", "shrunk", "cautious"), draws=1000, rng=0)
print(result.to_frame()[["endorsed_welfare", "revealed_welfare"]].round(1))
print(result.intervals().xs("endorsed_welfare", level="yardstick").round(1))
print("chance that each is better than SIDT:", result.probabilities.loc["endorsed_welfare"].to_dict())

# %%
# In money and as a share of surplus: what SIDT leaves, with its standard error over draws of the evidence.
base = result.draws.xs("sidt", level="arm")["endorsed_welfare"]
gain = result.draws.xs("thick", level="arm")["endorsed_welfare"] - base
share = 100 * gain / base
print(f"{gain.mean():.1f} points (s.e. {gain.std():.1f}), {share.mean():.1f} % of surplus (s.e. {share.std():.1f})")

# %%
# 4. What would change the advice
# -------------------------------
print("tipping point:", result.tipping_point)
print("break-even error:", result.break_even)
print(te.certify(te.Choice(profile), result.outcomes["thick"][0]).summary())

# %%
# And over the link's scale, which no data in hand can tell, and over what the moved prefer: thick recommends the risky
# programme where the corrected total of the sure one is lower.
scales, prefer = np.linspace(0, 20, 81), np.linspace(0, 1, 61)
table = np.empty((len(prefer), len(scales)))
start = towns(1e-9).revealed.sum(axis=0)
unit = LogitLink(scale=1.0, baseline=low).shift(low, high)
for i, p in enumerate(prefer):  # a share p of the frame's pull is stood behind
    table[i] = start[0] - 40 * (1 - p) * scales * unit - start[1]
fig, axis = plt.subplots(figsize=(6.5, 4), layout="constrained")
shown = axis.pcolormesh(scales, prefer, table, cmap="RdBu", vmin=-300, vmax=300)
axis.contour(scales, prefer, table, levels=[0.0], colors="k")
axis.plot(10, 0.0, "ko")
axis.annotate("the advice above", (10, 0), (5, 8), textcoords="offset points")
axis.set(xlabel="points for one unit of log odds (the link)", ylabel="share of the frame's pull stood behind")
axis.set_title("Sure less risky programme, endorsed points: blue says sure")
fig.colorbar(shown)
fig

# %%
margin = start[0] - start[1]
print(f"reports favour sure by {margin:.0f} points; the frame made {40 * 10 * unit:.0f} of them at a link of 10 points")
turns, share = margin / (40 * unit), 1 - margin / (400 * unit)
print(f"turns at a link of {turns:.2f} points, or if {share:.0%} of the pull is endorsed")

# %%
# The recommendation one can defend: at a link of 10 points the frame made far more of the want than the margin is
# worth, so the risky programme is better by what towns stand behind, *unless* more than nine tenths of the frame's
# pull are endorsed, or a unit of log odds is worth less than a point. That sentence, not the point, is the result.
