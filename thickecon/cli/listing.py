"""``thickecon list``: the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["listing"]

What = Literal["mechanisms", "lenses", "yardsticks", "estimators", "datasets", "scenarios", "all"]


def listing(
    what: Annotated[What, typer.Option(help="What to list.")] = "all",
) -> int:
    """Print the catalogue; see the help text in :mod:`thickecon.cli.app`."""
    from .. import catalogue
    from .screen import console

    catalogue()  # loads the wings, whose modules file what they have
    out = console()
    parts = list(_PARTS) if what == "all" else [what]
    for k, part in enumerate(parts):
        if k:
            out.print()
        out.print(part.capitalize() if part != "datasets" else "Data sets", style="bold")
        out.print()
        _PARTS[part](out)
    return 0


def _mechanisms(out: Console) -> None:
    """Name, title, what it decides, reference; claims below."""
    from rich.padding import Padding

    from .. import catalogue
    from .screen import one_line, show_notes

    for name, kind in catalogue().items():
        out.print(one_line(f"{name}: {kind.title}"))
        decides, reads = (" or ".join(each.kind for each in kinds) for kinds in (kind.problem_kinds, kind.reads))
        reference = f"; doi:{kind.reference}" if kind.reference else ""
        out.print(Padding(one_line(f"decides {decides}; reads {reads}{reference}"), (0, 0, 0, 2)))
        show_notes(out, _claims(kind))
        out.print()


def _claims(kind: type[Any]) -> list[str]:
    """Claims of the default instance, those that hold first."""
    try:
        made = kind()
    except TypeError:
        return [f"its claims depend on parameters: {kind.__name__}(...).claims"]
    except Exception as err:  # noqa: BLE001 - code of strangers: one fault must not hide all the others
        return [f"cannot be made: {type(err).__name__}: {err}"]
    try:
        claims = sorted(made.claims, key=lambda claim: not claim.holds)
    except Exception as err:  # noqa: BLE001 - as above
        return [f"its claims cannot be read: {type(err).__name__}: {err}"]
    return [
        f"{'holds' if claim.holds else 'fails'}: {claim.name.replace('_', ' ')}{_of(claim.self)}: {claim.statement}"
        + (f" [{claim.reference}]" if claim.reference else "")
        for claim in claims
    ]


def _of(whose: str) -> str:
    return {"nobody": "", "reading": ", for what is read"}.get(whose, f", {whose} self")


def _lenses(out: Console) -> None:
    from ..lenses.lens import LENSES
    from .screen import text_table

    rows = [(name, lens.line, f"ignores {lens.ignores}") for name, lens in LENSES.items()]
    out.print(text_table(out, ("name", "what it sees", "what it does not"), rows, (False,) * 3))


def _yardsticks(out: Console) -> None:
    from .. import catalogue
    from ..mechanism.yardsticks import YARDSTICKS
    from .screen import text_table

    found = dict(YARDSTICKS.items())
    for kind in catalogue().values():
        found |= {each.name: each for each in kind.yardsticks if each.name not in found}
    rows = [(name, each.better or "-", each.line) for name, each in sorted(found.items())]
    out.print(text_table(out, ("name", "better", "meaning"), rows, (False,) * 3))


def _estimators(out: Console) -> None:
    from ..endorsement.estimator import ESTIMATORS
    from .screen import text_table

    rows = [(name, each.kind, f"{each.title}. {each.citation}") for name, each in ESTIMATORS.items()]
    out.print(text_table(out, ("name", "estimates", "method"), rows, (False,) * 3))


def _datasets(out: Console) -> None:
    from ..datasets.registry import describe, names
    from .screen import text_table

    first = {name: describe(name).strip().splitlines()[0] for name in names()}
    rows = [(name, re.sub(r":\w+:`~?([^`]*)`", r"\1", line)) for name, line in first.items()]
    out.print(text_table(out, ("name", "what it is"), rows, (False,) * 2))


def _scenarios(out: Console) -> None:
    """Name, title, what it asks, where thick does not help; knobs below."""
    from rich.padding import Padding

    from ..studies.scenario import SCENARIOS
    from .screen import one_line, show_notes

    for name, kind in SCENARIOS.items():
        out.print(one_line(f"{name}: {kind.title} ({kind.section})"))
        out.print(Padding(one_line(f"{kind.question} Arms: {', '.join(kind.arms)}."), (0, 0, 0, 2)))
        show_notes(out, [f"{each.name} = {each.default!r}: {each.metadata['line']}" for each in kind.knobs()])
        out.print()


_PARTS: dict[str, Callable[[Any], None]] = {
    "mechanisms": _mechanisms,
    "lenses": _lenses,
    "yardsticks": _yardsticks,
    "estimators": _estimators,
    "datasets": _datasets,
    "scenarios": _scenarios,
}
