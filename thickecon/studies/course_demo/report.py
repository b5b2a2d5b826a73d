"""The demonstration as tables for a terminal and as one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...datasets.registry import describe
from ...mechanism.cite import cite
from ...mechanism.comparison_page import claims_frame
from ...mechanism.outcome_file import write_page
from ...plotting.comparisons import comparison_figure, sensitivity_figure, surface_figure
from ...plotting.estimates import plot_intervals
from ...plotting.page import Page
from ...plotting.spread import spread_figure
from .demo import CourseDemo
from .findings import (
    assumption_notes,
    campaign_table,
    headline,
    mechanism_notes,
    mechanism_table,
    sensitivity_table,
    verdicts,
    where_thick_loses,
)
from .plant import MANY_LABS_SHARES
from .runs import CASES, Case
from .surface import cells_where_thick_loses, surface_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["report_page", "summary_tables", "write_report"]

_SUMS = ("objective", "endorsed_welfare", "revealed_welfare", "revenue", "surplus_endorsed", "surplus_decision")
TITLE = "Who gets the seats when courses are promoted?"


def summary_tables(demo: CourseDemo) -> list[tuple[str, pd.DataFrame, list[str]]]:
    """(title, table, notes) for a terminal: what was learnt, one table a mechanism, and the campaigns together."""
    made = [
        (
            "The manipulation, planted and estimated (points)",
            demo.estimates.to_frame(demo.plant),
            [f"{demo.plant.reached.sum()} of {demo.market.profile.n_agents} students were reached."],
        )
    ]
    made += [(case.title, mechanism_table(demo.comparisons[case.key]), mechanism_notes(demo, case)) for case in CASES]
    made.append(("Thick less SIDT in endorsed welfare, over campaigns", headline(demo), _failures(demo)))
    return made


def write_report(demo: CourseDemo, path: str | Path) -> None:
    """Write the page, atomically.

    Raises
    ------
    FileFormatError
        Another ending than .html, or a folder that is not there.
    """
    write_page(report_page(demo).render(), path)


def report_page(demo: CourseDemo) -> Page:
    """Everything that was found, with what it rests on and where it fails."""
    page = Page(
        TITLE,
        "Real course valuations, part of them openly bent by a planted campaign, allocated twice by the same"
        " mechanisms: by the standard toolkit (SIDT), which reads what students report, and thick, which takes out what"
        " an experiment attributes to the campaign.",
    )
    _in_short(page, demo)
    _setting(page, demo)
    _robustness(page, demo)
    for case in CASES:
        _mechanism(page, demo, case)
    _campaigns(page, demo)
    _surface(page, demo)
    _losses(page, demo)
    _yardsticks(page, demo)
    _caveats(page, demo)
    _certificates(page, demo)
    _provenance(page, demo)
    return page


def _in_short(page: Page, demo: CourseDemo) -> None:
    page.section("In short")
    page.table(
        headline(demo),
        "Endorsed welfare, thick less SIDT. First column: the campaign shown below. Then: campaigns drawn anew, the"
        " standard error over campaigns, and how often thick did worse. Oracle: decides on the truth. Tipping point:"
        " the share of the estimated correction at which the result changes.",
    )
    page.notes(
        [
            *verdicts(demo),
            "These effects are small, and that is the finding: most seats go to the same students either way. The"
            " strength of the campaign is a published framing effect and was not chosen by its result here.",
        ]
    )


def _setting(page: Page, demo: CourseDemo) -> None:
    plant, scale, market = demo.plant, demo.scale, demo.market
    low, high = MANY_LABS_SHARES
    page.section("What was planted, and what was learnt")
    page.text(
        f"{market.profile.n_agents} students spread points over {market.profile.n_options} elective courses at a real"
        " registration. Capacities are lowered by one rule until they bind: a seat for every second student who would"
        " take the course if seats were free.",
        f"The campaign promotes {len(plant.courses)} courses, drawn at random from those with an audience"
        f" ({', '.join(map(str, plant.courses))}), to a random {int(plant.reached.sum())} of the students. Its strength"
        f" is {plant.log_odds:.3g} log odds, the framing effect of Many Labs 1 (an option chosen by {100 * low:.2f} %"
        f" under one wording and by {100 * high:.2f} % under the other). A logit fitted to the students' own points"
        f" says that a unit of log odds is {scale.points:.4g} points (standard error {scale.standard_error:.2g}), so"
        f" each promoted course gains {plant.shift:.4g} points with those reached. Nobody endorses the promotion: that"
        " is the normative premise here, not a finding.",
        f"A framing experiment of three arms is then simulated among the students outside the campaign"
        f" ({demo.settings.sets_per_student} menus of {demo.settings.menu_size} courses each). The thick arm sees the"
        " reports and the estimate from this experiment, nothing else; the truth is used to judge, and by the oracle.",
    )
    page.table(demo.estimates.to_frame(plant), "Points added to a promoted course: planted, and as estimated.")
    page.figure(_estimate_figure(demo), "Estimates with 95 % intervals; the dashed line is what was planted.")
    page.table(_frame_table(demo), "The experiment: how often promoted courses were chosen, by arm.")
    quality, neutral = demo.estimates.quality, demo.estimates.neutral
    page.text(
        "The second method is that of Goldin and Reck. If those whom the frame moves preferred the course as often as"
        " those whom it does not move (decision-quality independence), the share that prefers a promoted course would"
        f" be {float(quality.estimate):.3f} (standard error {float(quality.standard_error):.3f}); the neutral arm,"
        f" which needs no such assumption, says {float(neutral.estimate):.3f} ({float(neutral.standard_error):.3f})."
        " The assumption fails in this world by construction, because the frame moves whoever is near indifference."
        ' It is kept beside the logit, as the arm "thick (DQI)", to show what follows from a wrong assumption.'
    )


def _estimate_figure(demo: CourseDemo) -> Any:
    frame = demo.estimates.to_frame(demo.plant)
    frame = frame.rename(columns={"low": "lower", "high": "upper"})
    frame.index = [f"{method}: {course}" for method, course in frame.index]
    axes = plot_intervals(frame, label="points added by the promotion")
    axes.axvline(demo.plant.shift, color="#b5482a", ls="--", lw=1.0)
    return axes.figure


def _frame_table(demo: CourseDemo) -> pd.DataFrame:
    counts = demo.estimates.counts.rename(columns={"cell": "course", "framing": "arm"})
    chosen, shown = (counts.pivot(index="course", columns="arm", values=name) for name in ("k", "n"))
    made = (100.0 * chosen / shown).add_suffix(", %")
    return made.join(shown.astype(int).add_suffix(", menus"))


def _robustness(page: Page, demo: CourseDemo) -> None:
    page.section("How much influence would overturn the result?")
    page.text(
        "On the untouched reports, before anything is planted; this needs valuations and nothing else. Sizes are in"
        " points. An influence of 0 means that several allocations are equally good, so that the tie-break decides.",
        "Shares of divisible seats (Nash) move with every influence, so there is no smallest one.",
    )
    page.table(sensitivity_table(demo), "The smallest influence that changes the allocation, measured three ways.")
    for case in CASES:
        if case.key in demo.sensitivities and demo.sensitivities[case.key].exact:
            page.figure(
                sensitivity_figure(demo.sensitivities[case.key].curve, "points"),
                f"{case.title}: the least influence on each report that can cost a share of the surplus (exact).",
            )


def _mechanism(page: Page, demo: CourseDemo, case: Case) -> None:
    found = demo.comparisons[case.key]
    in_sums = found.differences.index.get_level_values("yardstick").isin(_SUMS)
    page.section(case.title)
    page.text(case.about)
    page.table(
        mechanism_table(found),
        "Every yardstick of every arm, judged on the truth. low, high: 95 % range of the difference over draws of the"
        " planner's evidence, as the planner sees it; with several lotteries, that of a single lottery.",
    )
    page.figure(
        comparison_figure(found.differences[in_sums], found.changes, "sidt"),
        "Left: each arm less SIDT on sums over students, in per cent of SIDT. Right: change in"
        " endorsed surplus of each student under thick.",
    )
    page.notes(mechanism_notes(demo, case))


def _campaigns(page: Page, demo: CourseDemo) -> None:
    page.section("Many campaigns")
    page.text(
        "One campaign is an anecdote. Here promoted courses, students reached, experiment and estimates are drawn"
        f" anew {demo.settings.plants} times; everything else is as above."
    )
    page.table(campaign_table(demo), "Change in endorsed welfare against SIDT, by mechanism and arm.")
    titles = {case.key: case.title for case in CASES}
    groups = {
        (titles[str(key)], str(arm)): part["change"].to_numpy()
        for (key, arm), part in demo.plants.groupby(["mechanism", "arm"], sort=False)
        if arm != "sidt"
    }
    page.figure(
        spread_figure(groups, "endorsed welfare against SIDT, per cent"),
        "Each dot is a campaign; the marker is the mean with its 95 % interval.",
    )
    page.text("What the logit gains over the route whose assumption fails, in the same campaigns:")
    page.notes(assumption_notes(demo) + _failures(demo))


def _surface(page: Page, demo: CourseDemo) -> None:
    page.section("Strength of the campaign against error of the evidence")
    page.text(
        "Both in multiples of the published framing effect. The planner's wedge is the true one plus normal noise; at"
        " error 0 it is exact, at strength 0 there is nothing to correct and noise can only harm. Blue: thick gains;"
        " red: thick loses. Each cell is a mean over campaigns drawn anew, the same ones in all cells of a mechanism."
    )
    for case in CASES:
        page.figure(
            surface_figure(
                surface_table(demo.surface, case.key),
                "strength of the campaign",
                "standard error of the evidence",
                "thick less SIDT, %",
            ),
            f"{case.title}: change in endorsed welfare, per cent.",
        )


def _losses(page: Page, demo: CourseDemo) -> None:
    page.section("Where thick loses")
    lost = where_thick_loses(demo)
    page.table(
        lost.reset_index("yardstick"),
        "In the campaign shown: yardsticks on which thick did worse than SIDT. Where payments are charged for the"
        " wedge, what bidders lose the seller gains.",
    )
    cells = cells_where_thick_loses(demo.surface)
    titles = {case.key: case.title for case in CASES}
    worst = cells.assign(mechanism=[titles[key] for key in cells["mechanism"]]).rename(
        columns={
            "mean": "mean, %",
            "standard error": "s.e.",
            "worse": "share worse",
            "standard errors below 0": "in s.e.",
        }
    )
    page.table(
        worst.head(15).set_index("mechanism"),
        f"Strength and error at which thick does worse on average: the worst 15 of {len(cells)} such cells out of"
        f" {len(demo.surface)}.",
    )


def _caveats(page: Page, demo: CourseDemo) -> None:
    page.section("What these numbers do not show")
    page.notes(
        [
            "The campaign is planted: that anybody bends these students' valuations was never observed.",
            "The experiment is simulated with the same logit that turns log odds into points; a misspecified link is"
            " not tested here.",
            "A framing effect from a laboratory problem about saving lives need not carry over to courses; the surface"
            " shows other strengths.",
            "Points are taken as additive and comparable between students (each had 1000): the utilitarian sum and the"
            " least-off student rest on that, Nash welfare does not.",
            "Thick takes the estimate at face value. An arm that shrinks the estimate towards what is plausible would"
            " lose less where evidence is poor.",
            "With one token a point, payments and points are in one unit by assumption; real registrations have no"
            " money.",
            *(f"{text}" for text in _failures(demo)),
        ]
    )


def _yardsticks(page: Page, demo: CourseDemo) -> None:
    import pandas as pd

    page.section("The yardsticks")
    measured = {name for found in demo.comparisons.values() for name in found.to_frame()}
    known = {item.name: item for case in CASES for item in demo.comparisons[case.key].yardsticks}
    better = {"more": "more", "less": "less", None: "neither"}
    rows = {
        name.replace("_", " "): {"better": better[item.better], "what it is": item.line}
        for name, item in known.items()
        if name in measured
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "yardstick"
    page.table(table, "d: what moves the choice. v: what is endorsed.")


def _certificates(page: Page, demo: CourseDemo) -> None:
    page.section("Certificates and claims")
    for case in CASES:
        found = demo.comparisons[case.key]
        page.heading(case.title)
        for label in ("sidt", "thick"):
            page.table(
                found.outcomes[label][0].certificate_frame().set_index("property"),
                f"{label}: recomputed from the numbers of the first lottery.",
            )
        claims = claims_frame(found)
        page.table(
            claims.loc[claims.index.get_level_values("arm").isin(["sidt", "thick"])],
            "What the setting promises of every outcome, and what is known to fail.",
        )


def _provenance(page: Page, demo: CourseDemo) -> None:
    page.section("Where it comes from")
    found = demo.comparisons[CASES[0].key].outcomes["thick"][0].provenance
    page.text(
        f"Seed {demo.settings.seed}, thickecon {found.version}. The same seed gives the same numbers; make demo writes"
        " this page anew.",
        "Strength of the campaign: Klein et al. (2014), doi:10.1027/1864-9335/a000178. Estimators: Goldin and Reck"
        " (2020), doi:10.1086/706860, and a conditional logit with a framing term.",
        "Data set:",
    )
    page.code(describe("course"))
    page.code("\n".join(dict.fromkeys(cite(demo.comparisons[case.key].mechanism) for case in CASES)))


def _failures(demo: CourseDemo) -> list[str]:
    return [f"Left out because it failed: {text}" for text in demo.failed]
