"""``thickecon example``: a small problem to look at and to edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from ..problems.problem import Problem
    from ..profiles.profile import ThickProfile

__all__ = ["example"]

Kind = Literal["assignment", "market", "bids", "choice", "profile", "course"]


def example(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Ends in .json (to edit by hand) or .parquet.")],
    kind: Annotated[
        Kind, typer.Option(help="What is to be decided; course: the real data of the demo.")
    ] = "assignment",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> int:
    """Write the file; see the help text in :mod:`thickecon.cli.app`.

    Raises
    ------
    InputError
        The file is there already, and ``force`` is not given.
    """
    from pathlib import Path

    from ..errors import InputError
    from .screen import console
    from .targets import check_targets

    check_targets({"FILE": (file, (".json", ".parquet"))})
    if Path(file).exists() and not force:
        raise InputError("is there already", where=file, remedy="choose another name, or pass --force")
    made, mechanism = _EXAMPLES[kind]()
    made.save(file)
    out = console()
    out.print(f"written: {file}", soft_wrap=True)
    out.print(f"try: thickecon compare {file} --mechanism {mechanism}", soft_wrap=True)
    return 0


def _tastes(unit: Literal["utils", "money"] = "utils") -> ThickProfile:
    """Three agents, three options; an advertisement for the first option reached two of them."""
    from ..profiles.profile import ThickProfile

    reported = [[9.0, 7.0, 1.0], [8.0, 7.0, 5.0], [7.0, 3.0, 4.0]]
    thin = ThickProfile.from_values(
        reported, agents=["ann", "bob", "cyd"], options=["north", "south", "west"], unit=unit
    )
    return thin.with_influence(
        "advert", [4.0, 0.0, 0.0], targets=["ann", "bob"], se=[1.0, 0.0, 0.0], owner="north", channel="billboard"
    )


def _assignment() -> tuple[Problem, str]:
    from ..problems import Assignment

    return Assignment(_tastes(), supply=[1, 1, 2], demand=1), "welfare.Allocate"


def _market() -> tuple[Problem, str]:
    from ..problems import Market
    from ..profiles.profile import ThickProfile

    schools = [[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0]]
    receivers = ThickProfile.from_values(
        schools, agents=["north", "south", "west"], options=["ann", "bob", "cyd"], unit="ordinal"
    )
    return Market(_tastes(), receivers, capacities=1), "matching.DeferredAcceptance"


def _bids() -> tuple[Problem, str]:
    from ..problems import Bids
    from ..profiles.profile import ThickProfile

    thin = ThickProfile.from_values(
        [[6.0, 0.0, 8.0], [0.0, 5.0, 5.0], [5.0, 2.0, 12.0]],
        agents=["ann", "bob", "cyd"],
        options=["lamp", "shade", "both"],
        unit="money",
    )
    profile = thin.with_influence("advert", [0.0, 0.0, 4.0], targets=["cyd"], se=[0.0, 0.0, 1.0], owner="seller")
    bundles = [[1, 0], [0, 1], [1, 1]]
    return Bids(profile, bundles=bundles, language="XOR", items=["a lamp", "a shade"]), "auctions.VCG"


def _choice() -> tuple[Problem, str]:
    from ..problems import Choice

    return Choice(_tastes()), "welfare.Allocate"


def _profile() -> tuple[ThickProfile, str]:
    return _tastes("money"), "auctions.SecondPrice"


def _course() -> tuple[Problem, str]:
    """Real points of 26 students for 23 courses, with scarce seats; nothing is planted."""
    from ..datasets import load

    problem: Problem = load("course", capacities="scarce")
    return problem, "welfare.Allocate"


_EXAMPLES: dict[str, Callable[[], tuple[Problem | ThickProfile, str]]] = {
    "assignment": _assignment,
    "market": _market,
    "bids": _bids,
    "choice": _choice,
    "profile": _profile,
    "course": _course,
}
