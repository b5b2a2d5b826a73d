"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["HtmlFile", "LensText", "MechanismName", "Parameters", "ProblemFile", "Seed"]

ProblemFile = Annotated[str, typer.Argument(metavar="PROBLEM", help="Profile or problem file (.json or .parquet).")]
MechanismName = Annotated[
    str, typer.Option("--mechanism", "-m", metavar="NAME", help="For example auctions.VCG; 'thickecon list' has all.")
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="NAME=VALUE",
        help="Parameter of the mechanism, for example reserve=3 or 'welfare=Atkinson(2)'; may be repeated.",
    ),
]
LensText = Annotated[
    str | None,
    typer.Option("--lens", metavar="LENS", help="For example 'PartialCredit(influence=0.5)'; default: Endorsed."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of everything that is random.")]
HtmlFile = Annotated[str | None, typer.Option("--html", metavar="FILE", help="Write a self-contained page.")]
