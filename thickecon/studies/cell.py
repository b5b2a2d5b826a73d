"""A cell: one scenario at one point of its grid, one block of replicates. The unit of work and of storage."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..mechanism.setting import mechanism_with
from .scenario import SCENARIOS, Scenario
from .seeds import Draws

__all__ = ["COLUMNS", "Cell", "canonical", "run_cell"]

SCHEMA = 1

COLUMNS = ("scenario", "mechanism", "parameters", "replicate", "arm", "measure", "value", "status", "error")
"""Columns of a part, a row a number: text but for replicate (whole) and value."""


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same text for the same content."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class Cell:
    """What is to be computed.

    Attributes
    ----------
    scenario, version, parameters
        Registry name, its version, and canonical JSON of its typed knobs.
    mechanism
        Canonical JSON of [name, parameters], "" for the scenario's own.
    arms
        In the order of rows.
    root, first, count
        Seed of the suite and the replicates: ``first`` up to ``first + count``.
    """

    scenario: str
    version: int
    parameters: str
    mechanism: str
    arms: tuple[str, ...]
    root: int
    first: int
    count: int

    @property
    def key(self) -> str:
        """sha256 of everything that decides the numbers."""
        content = {
            "schema": SCHEMA,
            "scenario": self.scenario,
            "version": self.version,
            "parameters": self.parameters,
            "mechanism": self.mechanism,
            "arms": self.arms,
            "root": self.root,
            "first": self.first,
            "count": self.count,
        }
        return hashlib.sha256(canonical(content).encode()).hexdigest()

    def made(self) -> Scenario:
        """The scenario at its knobs.

        Raises
        ------
        InputError
            The installed scenario has another version than the cell.
        """
        kind = SCENARIOS[self.scenario]
        if kind.version != self.version:
            raise InputError(
                f"{self.scenario} has version {kind.version}, the cell was planned for {self.version}",
                where="cell",
                remedy="start a new store",
            )
        mechanism = None
        if self.mechanism:
            name, parameters = json.loads(self.mechanism)
            mechanism = mechanism_with(name, parameters, "mechanism_parameters")
        made: Scenario = kind.make(json.loads(self.parameters), mechanism)
        return made


def run_cell(cell: Cell) -> dict[str, list[Any]]:
    """Columns of the cell's rows, by name. What fails is a row with its error; nothing is raised for it."""
    made = cell.made()
    table: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for replicate in range(cell.first, cell.first + cell.count):
        draws = Draws(cell.root, cell.scenario, replicate)
        world, error = None, ""
        try:
            world = made.draw(draws)
        except Exception as err:  # noqa: BLE001 - one replicate that fails must not cost the study
            error = _words(err)
        for arm in cell.arms:
            values: Mapping[str, float] = {}
            wrong = error
            if not wrong:
                try:
                    values = made.play(world, arm, draws)
                except Exception as err:  # noqa: BLE001 - as above
                    wrong = _words(err)
            _append(table, cell, replicate, arm, values, wrong)
    return table


def _append(
    table: dict[str, list[Any]], cell: Cell, replicate: int, arm: str, values: Mapping[str, float], error: str
) -> None:
    rows = [(name, float(value)) for name, value in values.items()] if not error else [("", math.nan)]
    for name, value in rows:
        lost = error or ("" if math.isfinite(value) else f"{name} is {value}")
        record = (
            cell.scenario,
            cell.mechanism,
            cell.parameters,
            replicate,
            arm,
            name,
            value,
            "failed" if error else "ok",
            lost if error else "",
        )
        for column, item in zip(COLUMNS, record, strict=True):
            table[column].append(item)


def _words(err: Exception) -> str:
    text = " ".join(str(err).split())
    return f"{type(err).__name__}: {text}"[:500]
