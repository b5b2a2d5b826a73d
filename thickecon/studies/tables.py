"""Results as files for other programs: tidy CSV and LaTeX tables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import FileFormatError
from ..mechanism.tables import latex
from .break_evens import break_evens
from .incidence import both_selves, loss_bounds, premises, who_pays
from .results import Results
from .store.text_file import put_text
from .summary import checks_table, headline, known_table, losses, main_point, wins

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["tables", "write_csv", "write_latex"]


def tables(results: Results) -> dict[str, pd.DataFrame]:
    """By file name: the long table of means, the summary tables, and one table a study."""
    import pandas as pd

    means = []
    for k in range(len(results.suite.study)):
        for point in results.of(k):
            table, errors = point.table(), point.standard_errors()
            for arm in table.index:
                for measure in table.columns:
                    row = {"study": k + 1, "scenario": point.scenario.name, **_knobs(point.scenario.parameters)}
                    row |= {"arm": str(arm), "measure": str(measure)}
                    row |= {"mean": table.loc[arm, measure], "standard_error": errors.loc[arm, measure]}
                    means.append(row)
    made = {
        "headline": headline(results),
        "break_even": break_evens(results),
        "wins": wins(results),
        "losses": losses(results),
        "who_pays": who_pays(results),
        "both_selves": both_selves(results),
        "loss_bounds": loss_bounds(results),
        "premises": premises(results),
        "checks": checks_table(results),
        "means": pd.DataFrame(means).set_index(["study", "scenario"]) if means else pd.DataFrame(),
    }
    for k in range(len(results.suite.study)):
        name = f"{k + 1:02d}_{main_point(results, k).scenario.name}"
        made[name] = main_point(results, k).table()
        known = known_table(results, k)
        if len(known):
            made[f"{name}_closed_forms"] = known
    return {name: table for name, table in made.items() if len(table)}


def _knobs(parameters: dict[str, object]) -> dict[str, object]:
    return {"knobs": "; ".join(f"{name}={value}" for name, value in parameters.items())}


def write_csv(results: Results, folder: str | os.PathLike[str]) -> list[Path]:
    """Every table as ``NAME.csv``; returns the paths.

    Raises
    ------
    FileFormatError
        The folder cannot be made or written to.
    """
    return _write(folder, {f"{name}.csv": table.to_csv() for name, table in tables(results).items()})


def write_latex(results: Results, folder: str | os.PathLike[str]) -> list[Path]:
    """Every table but the long ones as ``NAME.tex`` (booktabs); returns the paths.

    Raises
    ------
    FileFormatError
        The folder cannot be made or written to.
    """
    made = {f"{name}.tex": latex(table) for name, table in tables(results).items() if name != "means"}
    return _write(folder, made)


def _write(folder: str | os.PathLike[str], texts: dict[str, str]) -> list[Path]:
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise FileFormatError(f"cannot be made ({err.strerror})", where=str(place)) from err
    made = []
    for name, text in texts.items():
        put_text(place / name, text)
        made.append(place / name)
    return made
