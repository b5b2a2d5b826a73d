"""``thickecon validate``: what is wrong with a file, or what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..problems.problem import Problem
    from ..profiles.profile import ThickProfile

__all__ = ["coarse_grid", "summary", "validate"]

COARSE = 1e-6
"""Largest step of the comparison grid, in medians of the values read, that goes without a warning (T15)."""


def validate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Profile or problem file (.json or .parquet).")],
    most: Annotated[int, typer.Option(min=1, metavar="N", help="Name at most so many faults.")] = 50,
) -> int:
    """Print every fault, or a summary; see the help text in :mod:`thickecon.cli.app`."""
    from ..problems.faults import examine_file
    from .run import BAD_INPUT
    from .screen import complain, console, one_line, show_notes

    given, found = examine_file(file)
    out = console()
    if given is None:
        if len(found) == 1:
            complain(str(found[0]))
            return BAD_INPUT
        for fault in found[:most]:
            out.print(one_line(str(fault).removeprefix(f"{file}: ")), soft_wrap=True)
        more = f", {most} of them named (--most)" if len(found) > most else ""
        complain(f"{file}: {len(found)} faults{more}")
        return BAD_INPUT
    out.print(f"{one_line(file)}: ok", soft_wrap=True)
    show_notes(out, summary(given))
    show_notes(out, [f"warning: {text}" for text in coarse_grid(_profile_of(given))])
    return 0


def _profile_of(given: ThickProfile | Problem) -> ThickProfile:
    profile: ThickProfile = getattr(given, "profile", given)  # type: ignore[arg-type]
    return profile


def summary(given: Any) -> list[str]:
    """What a profile or problem holds, a sentence a part."""
    import numpy as np

    profile = _profile_of(given)
    rows, e = len(profile.index), profile.endorsement
    kind = getattr(given, "kind", "profile")
    made = [
        f"{kind}: {profile.n_agents} agents, {profile.n_options} options, {rows} evaluated pairs"
        f" ({100 * rows / (profile.n_agents * profile.n_options):.3g} % of all), unit {profile.unit}",
        "motives: " + ", ".join(f"{motive.name} ({motive.kind})" for motive in profile.motives),
        f"endorsement: {e.theta.min():.4g} to {e.theta.max():.4g}, "
        + ("known for certain" if profile.certain else "with an error or interval"),
        f"values: revealed {_range(profile.rows.revealed)}, endorsed {_range(profile.rows.endorsed)}; largest wedge"
        f" {np.abs(profile.rows.wedge).max(initial=0.0):.4g}",
    ]
    for name in ("supply", "capacities"):
        if hasattr(given, name):
            made.append(f"{name}: {_range(np.asarray(getattr(given, name)))}, {np.sum(getattr(given, name)):g} in all")
    for name in ("conflicts", "norms"):
        if len(getattr(given, name, ())):
            made.append(f"{name}: {len(getattr(given, name))}")
    if hasattr(given, "language"):
        made.append(f"bids: language {given.language}, {len(given.items)} items")
    if hasattr(given, "receivers"):
        made.append(f"receivers: {'agents' if given.receivers_are_agents else 'priorities'}")
    return made


def _range(values: object) -> str:
    import numpy as np

    vector = np.asarray(values, dtype=float)
    if not vector.size:
        return "none"
    return f"{vector.min():.4g}" if vector.min() == vector.max() else f"{vector.min():.4g} to {vector.max():.4g}"


def coarse_grid(profile: ThickProfile) -> list[str]:
    """A warning where values are compared on a grid that is coarse beside them (T15)."""
    import numpy as np

    made = []
    for name, values in (("revealed", profile.rows.revealed), ("endorsed", profile.rows.endorsed)):
        sizes = np.abs(values[values != 0])
        median = float(np.median(sizes)) if sizes.size else 0.0
        if median and profile.resolution > COARSE * median:
            share = profile.resolution / median
            made.append(
                f"values are compared on a grid of step {profile.resolution:.3g}, {share:.3g} of the median absolute"
                f" {name} value {median:.3g}: differences below the step count as ties (T15). Look for an outlier"
                " among the contributions, or set 'resolution'."
            )
    return made
