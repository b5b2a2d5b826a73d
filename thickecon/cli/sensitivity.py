"""``thickecon sensitivity``: how much manipulation it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .options import HtmlFile, LensText, MechanismName, Parameters, ProblemFile, Seed

if TYPE_CHECKING:
    from ..mechanism.sensitivity import Sensitivity
    from ..plotting.page import Page

__all__ = ["sensitivity", "sensitivity_page"]


def sensitivity(
    problem: ProblemFile,
    mechanism: MechanismName,
    param: Parameters = None,
    lens: LensText = None,
    norm: Annotated[
        Literal["sup", "total", "agents"],
        typer.Option(help="sup: largest entry; total: sum of entries; agents: largest entry on --agents agents."),
    ] = "sup",
    agents: Annotated[int | None, typer.Option(min=1, help="At most so many agents are reached.")] = None,
    loss: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", help="Also: the least largest entry that costs this share of the surplus."),
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="Runs of the mechanism where the answer is searched for.")] = 200,
    seed: Seed = 0,
    html: HtmlFile = None,
) -> int:
    """Run, print, write; see the help text in :mod:`thickecon.cli.app`.

    Raises
    ------
    InputError
        A share outside [0, 100), or a number of agents with a norm that does not count them.
    """
    from ..errors import InputError
    from ..mechanism.sensitivity import sensitivity as measure
    from ..mechanism.setting import make_mechanism
    from ..problems.io import read_file
    from .screen import console, one_line, show_frame
    from .targets import check_targets, write_targets

    if agents is not None and norm == "total":
        raise InputError("counts agents, and --norm total does not", where="--agents", remedy="use --norm agents")
    if loss is not None and not 0 <= loss < 100:
        raise InputError(f"must be a share in per cent, at least 0 and below 100, found {loss:g}", where="--loss")
    check_targets({"--html": (html, (".html", ".htm"))}, problem)
    made = make_mechanism(mechanism, param or (), lens)
    found = measure(made, read_file(problem), norm=norm, agents=agents, budget=budget, rng=seed)
    out = console()
    out.print(one_line(f"{found}."))
    out.print()
    show_frame(out, found.to_frame())
    line = _loss_line(found, loss)
    if line:
        out.print(f"\n{line}")
    if html is not None:
        write_targets({html: sensitivity_page(found, line).render()})
        out.print(f"\nwritten: {html}", soft_wrap=True)
    return 0


def _loss_line(found: Sensitivity, loss: float | None) -> str:
    """What costs ``loss`` per cent of the surplus, in a sentence."""
    if loss is None:
        return ""
    size = found.costs(loss / 100)
    if size is None:
        return f"No influence was found that costs {loss:g} % of the surplus."
    proof = "exact" if found.exact else f"the smallest found in {found.budget} runs"
    return f"An influence whose largest entry is {size:.4g} costs {loss:g} % of the surplus ({proof})."


def sensitivity_page(found: Sensitivity, *sentences: str) -> Page:
    """The answer, its table and curve, as a self-contained page."""
    import pandas as pd

    from ..mechanism.cite import cite
    from ..plotting.page import Page

    page = Page(
        f"{found.mechanism.title}: how much manipulation changes the result",
        "The smallest influence hidden in the valuations that changes what is decided. No evidence is needed.",
    )
    page.section("Result").text(f"{found}.", *sentences)
    page.table(found.to_frame(), "The smallest influence that changes the allocation, measured in three ways.")
    page.section("What it costs")
    curve = found.curve.assign(exact=["yes" if exact else "no" for exact in found.curve["exact"]])
    curve.index = pd.Index([f"{100 * share:g}" for share in curve.pop("share lost")], name="per cent lost")
    page.table(curve, "Least largest entry of an influence that costs so much of the surplus.")
    page.figure(found.plot(), "Surplus lost against the size of the influence.")
    if not found.exact:
        page.notes((f"Sizes are the smallest found in {found.budget} runs of the mechanism: smaller ones may exist.",))
    page.section("Provenance and citation")
    made = found.outcome.provenance
    page.text(f"{made.mechanism}. Seed {made.seed}. Version {made.version}. Problem sha256 {made.problem_hash}.")
    page.code(cite(found.mechanism))
    return page
