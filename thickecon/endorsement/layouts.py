"""Data layouts: the tables that estimators read, with their columns in words."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._core.registry import nearest
from ..errors import EvidenceError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "Layout", "frame_counts"]

FRAMINGS = ("against", "for", "neutral")


@dataclass(frozen=True)
class Layout:
    """Columns that a table must have and may have.

    Parameters
    ----------
    name
        Of the layout.
    required, optional
        Column -> what it holds.
    """

    name: str
    required: dict[str, str]
    optional: dict[str, str]

    def check(self, data: pd.DataFrame, extra: tuple[str, ...] = ()) -> pd.DataFrame:
        """The required and ``extra`` columns, complete and in a fresh frame.

        Raises
        ------
        EvidenceError
            Not a frame, empty, a column missing (the nearest is suggested) or with a missing value.
        """
        import pandas as pd

        if not isinstance(data, pd.DataFrame):
            raise EvidenceError(f"must be a pandas DataFrame, found {type(data).__name__}", where=self.name)
        wanted = [*self.required, *extra]
        for column in wanted:
            if column not in data.columns:
                raise EvidenceError(
                    f"has no column {column!r}; {nearest(column, [str(c) for c in data.columns])}",
                    where=self.name,
                    remedy=f"columns: {'; '.join(f'{c}: {text}' for c, text in self.required.items())}",
                )
        if data.empty:
            raise EvidenceError("has no rows", where=self.name)
        kept = data[list(dict.fromkeys(wanted))].reset_index(drop=True)
        missing = kept.isna()
        if missing.to_numpy().any():
            column = next(c for c in kept.columns if missing[c].any())
            row = data.index[int(np.argmax(missing[column].to_numpy()))]
            raise EvidenceError(
                f"column {column!r} has a missing value in row {row!r}", where=self.name, remedy="drop or impute it"
            )
        return kept


def _layouts() -> dict[str, Layout]:
    agent = {"agent": "who"}
    return {
        layout.name: layout
        for layout in (
            Layout(
                "ChoiceSets",
                {"agent": "who", "set": "choice set", "option": "what is evaluated", "chosen": "1 for the one chosen"},
                {"frame columns": "level or intensity, a row", "attributes": "numbers, a row"},
            ),
            Layout(
                "Ratings",
                {"item": "what was rated or sold"},
                {"agent": "who", "outcome": "price or rating", "frame columns": "any", "attributes": "numbers"},
            ),
            Layout(
                "FramedChoices",
                {
                    **agent,
                    "obs": "choice",
                    "menu": "list of options",
                    "chosen": "list of options",
                    "frame": "condition",
                },
                {"welfare_relevant": "False: deleted", "weight": "of the row", "covariates": "any"},
            ),
            Layout(
                "FramedPrices",
                {**agent, "frame": "condition", "amount": "of money instead", "bought": "1: the good was chosen"},
                {},
            ),
            Layout(
                "FrameCounts",
                {"cell": "site or group", "framing": "against, for or neutral", "n": "people", "k": "chose the option"},
                {},
            ),
            Layout(
                "FramedPeople",
                {"y": "1: chose the option", "frame": "against, for or neutral"},
                {"covariates": "numbers", "weight": "of the person", "cluster": "label"},
            ),
            Layout(
                "OrderedCounts",
                {"cell": "group", "framing": "against, for or neutral", "option": "ordered number", "n": "chose it"},
                {},
            ),
            Layout(
                "Persuasion",
                {"y": "outcome 0/1", "z": "assignment 0/1"},
                {"t": "exposure 0/1", "n": "people in the row", "w": "covariates", "cluster": "label"},
            ),
            Layout(
                "WTPPairs",
                {**agent, "item": "good", "arm": "label", "wtp_decision": "before", "wtp_reflective": "after"},
                {"censored": "True: at an end of the scale"},
            ),
            Layout(
                "UsePanel",
                {**agent, "period": "number", "x": "use"},
                {"price": "paid", "limit": "arm", "bonus": "arm", "predicted": "own forecast"},
            ),
            Layout(
                "Moments",
                {"moment": "tau3, tau4, tau5, tau2, forecast, use", "value": "minutes a day"},
                {"standard_error": "of the value"},
            ),
            Layout(
                "Valuations",
                {**agent, "platform": "good", "individual": "worth while others stay", "collective": "worth to all"},
                {"user": "1: uses it", "weight": "of the answer"},
            ),
            Layout(
                "Salience",
                {"quantity": "sold", "price": "on the tag", "tax": "ad valorem, not on the tag"},
                {"controls": "any", "cluster": "label"},
            ),
            Layout(
                "BiasSurvey",
                {"unit": "household", "quantity": "bought", "price": "paid", "elasticity": "of demand"},
                {"bias scores": "any", "tastes": "any", "controls": "any"},
            ),
            Layout(
                "EngageEndorse",
                {"user": "who", "item": "what", "ranker": "which", "engaged": "0/1", "endorsed": "-1, 0, 1"},
                {"prob_shown": "chance of being shown"},
            ),
            Layout(
                "Upgrades",
                {
                    "from": "value",
                    "to": "value said to be wiser",
                    "context": "in which",
                    "answer": "wiser, not, unsure",
                },
                {
                    "n": "answers in the row",
                    "user": "who",
                    "group": "of the user",
                    "proposer": "of the edge",
                    "from_card": "shown for the value, before cards were merged",
                    "to_card": "shown for the wiser value",
                },
            ),
            Layout(
                "AnchorCounts",
                {"behaviour": "name, or 'all'", "n": "items with it", "k": "of them with the anchor"},
                {},
            ),
            Layout("Events", {"user": "who", "time": "of the event"}, {"item vector": "embedding"}),
            Layout(
                "Labels",
                {**agent, "component": "of the value", "value": "number", "label": "endorsed or not"},
                {
                    "rater": "who labelled",
                    "alpha": "P(labelled endorsed | manufactured)",
                    "beta": "P(labelled manufactured | endorsed)",
                },
            ),
        )
    }


LAYOUTS = _layouts()
"""Layouts by name (endorsement.md, section 5)."""


def frame_counts(
    choices: pd.DataFrame, option: Hashable, frame: str = "frame", cell: str | None = None
) -> pd.DataFrame:
    """Counts that :class:`GoldinReck` reads, from choice sets in which ``option`` stood under some framing.

    Parameters
    ----------
    choices
        Layout ChoiceSets with a column ``frame`` of "for", "against" or "neutral".
    option
        The option whose choice is counted; only sets that offer it are.
    cell
        Column that says which cell a set belongs to; None: one cell named "all".

    Returns
    -------
    DataFrame
        Layout FrameCounts.

    Raises
    ------
    EvidenceError
        A column is missing, a framing has another name, or no set offers the option.
    """
    import pandas as pd

    extra = (frame,) if cell is None else (frame, cell)
    table = LAYOUTS["ChoiceSets"].check(choices, extra)
    offered = table[table["option"] == option]
    if offered.empty:
        raise EvidenceError(
            f"no set offers {option!r}; {nearest(str(option), [str(x) for x in table['option'].unique()])}",
            where="frame_counts",
        )
    alien = sorted(set(offered[frame].astype(str)) - set(FRAMINGS))
    if alien:
        raise EvidenceError(f"must be one of {', '.join(FRAMINGS)}, found {alien[0]!r}", where=f"column {frame!r}")
    named = offered.assign(cell="all" if cell is None else offered[cell], framing=offered[frame])
    groups = named.groupby(["cell", "framing"], sort=True, observed=True)["chosen"]
    return pd.DataFrame({"n": groups.size(), "k": groups.sum().astype("int64")}).reset_index()
