"""The commands by name."""

from __future__ import annotations

from typing import Annotated

import typer

from .compare import compare
from .demo import demo
from .example import example
from .listing import listing
from .sensitivity import sensitivity
from .study import report, study
from .validate import validate

__all__ = ["app"]

app = typer.Typer(
    name="thickecon",
    help="Auctions, matching and welfare with thick value profiles: what agents stand behind, apart from what bends"
    " their choices.",
    epilog="Exit codes: 0 done, 1 ran but something in it failed, 2 bad input or usage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        from .. import __version__

        typer.echo(f"thickecon {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version.")] = False,
) -> None:
    """Options before the name of a command."""


app.command(
    "compare",
    help="Run a mechanism on a problem, thick and in its standard setting (SIDT), and print every yardstick of"
    " every arm and what it takes to overturn the result.",
)(compare)
app.command(
    "sensitivity",
    help="The smallest influence on the valuations that changes what a mechanism decides. Needs valuations only.",
)(sensitivity)
app.command(
    "study",
    help="Run a suite of scenarios into a store, in every arm and over every point of its grid. A run that was stopped"
    " is taken up with --resume; its table is the same, bit for bit.",
)(study)
app.command("report", help="Write up a store: one self-contained page, tidy CSV, LaTeX tables.")(report)
app.command("validate", help="Say what is wrong with a profile or problem file, by row and column.")(validate)
app.command("list", help="What there is: mechanisms with their claims, lenses, yardsticks, estimators, data sets.")(
    listing
)
app.command("example", help="Write a small problem file to look at and to edit.")(example)
app.command(
    "demo",
    help="The main job on real data: course valuations, openly manipulated, allocated by the standard toolkit and"
    " thick; about two minutes.",
)(demo)
