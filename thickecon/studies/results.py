"""The results of a study: a row a number, and the tables that are made of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UnknownNameError
from .scenario import SCENARIOS, Scenario
from .suite import StudyPlan, Suite

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PointResults", "Results"]


@dataclass(frozen=True, eq=False)
class PointResults:
    """One study at one point of its grid.

    Attributes
    ----------
    plan, scenario
        As in the suite; the scenario at its knobs.
    values
        Index (arm, replicate), a column a measure; failed rows are left out.
    failed
        Rows that failed: arm, replicate, error.
    """

    plan: StudyPlan
    scenario: Scenario
    values: pd.DataFrame
    failed: pd.DataFrame

    @property
    def headline(self) -> str:
        """The first measure of the scenario that was measured."""
        return next((m.name for m in self.scenario.measures if m.name in self.values.columns), "")

    def arm(self, name: str) -> pd.DataFrame:
        """Replicate x measure of one arm.

        Raises
        ------
        UnknownNameError
            The arm was not run.
        """
        if name not in self.values.index.get_level_values("arm"):
            raise UnknownNameError(f"no arm {name!r} was run here", where=self.scenario.name)
        found: Any = self.values.loc[name]
        made: pd.DataFrame = found
        return made

    @property
    def arms(self) -> list[str]:
        """Arms that were run, in the scenario's order."""
        found = set(self.values.index.get_level_values("arm").unique())
        return [name for name in self.scenario.arms if name in found]

    def table(self) -> pd.DataFrame:
        """Arm x measure: means over replicates."""
        made = self.values.groupby(level="arm").mean().reindex(self.arms)
        return made[[m.name for m in self.scenario.measures if m.name in made.columns]]

    def standard_errors(self) -> pd.DataFrame:
        """Arm x measure: standard errors of the means."""
        made = self.values.groupby(level="arm").sem().reindex(self.arms)
        return made[[m.name for m in self.scenario.measures if m.name in made.columns]]

    def differences(self, arm: str, versus: str = "sidt") -> pd.DataFrame:
        """Replicate x measure: paired differences of two arms."""
        return (self.arm(arm) - self.arm(versus)).dropna(how="all")

    def replicates_needed(
        self,
        difference: float,
        arm: str = "thick",
        versus: str = "sidt",
        measure: str | None = None,
        *,
        level: float = 0.95,
        power: float = 0.8,
    ) -> int:
        """How many worlds it takes to see a true difference of this size, given the spread of those that were drawn.

        Parameters
        ----------
        difference
            In the unit of the measure; not 0.
        arm, versus, measure
            Which difference; the headline measure by default.
        level, power
            Of the two-sided test.

        Raises
        ------
        UnknownNameError
            An arm that was not run, or a measure that was not taken.
        """
        from .statistics import replicates_needed

        gaps, name = self.differences(arm, versus), measure or self.headline
        if name not in gaps:
            raise UnknownNameError(f"no measure {name!r} was taken here", where=self.scenario.name)
        return replicates_needed(gaps[name].dropna(), difference, level=level, power=power)


@dataclass(frozen=True, eq=False)
class Results:
    """Everything in a store.

    Attributes
    ----------
    suite
        What was run.
    rows
        pyarrow table, a row a number: study, scenario, mechanism, parameters, replicate, arm, measure, value, status,
        error.
    origin
        The store's folder.
    """

    suite: Suite
    rows: Any
    origin: str

    @cached_property
    def frame(self) -> pd.DataFrame:
        """``rows`` as a DataFrame; text columns are categories."""
        made: pd.DataFrame = self.rows.to_pandas()
        return made

    @cached_property
    def points(self) -> tuple[PointResults, ...]:
        """Every study at every point of its grid, in the order of the suite."""
        frame = self.frame
        made = []
        groups: Any = frame.groupby(["study", "parameters"], sort=False, observed=True)
        for (study, parameters), part in groups:
            plan = self.suite.study[int(study)]
            made.append(_point(plan, json.loads(str(parameters)), part))
        return tuple(made)

    def of(self, study: int) -> list[PointResults]:
        """The points of one study, by its position in the suite."""
        plan = self.suite.study[study]
        return [point for point in self.points if point.plan is plan]

    @property
    def failed(self) -> pd.DataFrame:
        """Rows that failed."""
        return self.frame[self.frame["status"] != "ok"]

    def headline(self) -> pd.DataFrame:
        """One row a study: shares of the oracle by arm, and the differences that matter."""
        from .summary import headline

        return headline(self)

    def save_html(self, path: Any) -> None:
        """Write the report as one self-contained page.

        Raises
        ------
        FileFormatError
            Another ending than .html, or a folder that is not there.
        """
        from .report import write_report

        write_report(self, path)

    def to_csv(self, folder: Any) -> None:
        """Write every table as CSV into a folder.

        Raises
        ------
        FileFormatError
            The folder cannot be made or written to.
        """
        from .tables import write_csv

        write_csv(self, folder)

    def to_latex(self, folder: Any) -> None:
        """Write every table but the long ones as LaTeX into a folder.

        Raises
        ------
        FileFormatError
            The folder cannot be made or written to.
        """
        from .tables import write_latex

        write_latex(self, folder)

    def __repr__(self) -> str:
        lost = len(self.failed)
        return (
            f"Results({self.suite.name!r}: {len(self.suite.study)} studies, {len(self.points)} points,"
            f" {len(self.frame):,} rows{f', {lost} failed' if lost else ''})"
        )


def _point(plan: StudyPlan, parameters: dict[str, Any], part: pd.DataFrame) -> PointResults:
    kind: type[Scenario] = SCENARIOS[plan.scenario]
    good = part[part["status"] == "ok"]
    arms, measures = good["arm"].astype(str).to_numpy(), good["measure"].astype(str).to_numpy()
    import pandas as pd

    values = pd.DataFrame(
        {
            "arm": arms,
            "replicate": good["replicate"].to_numpy(np.int64),
            "measure": measures,
            "value": good["value"].to_numpy(float),
        }
    ).pivot(index=["arm", "replicate"], columns="measure", values="value")
    values.columns.name = None
    failed = part[part["status"] != "ok"][["arm", "replicate", "error"]].reset_index(drop=True)
    return PointResults(plan, kind.make(parameters), values, failed)
