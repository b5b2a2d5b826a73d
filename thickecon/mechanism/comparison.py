"""The result of a comparison: every yardstick for every arm, and what it takes to overturn it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .._core.arrays import FloatArray
from ..errors import NotApplicableError
from ..lenses.lens import Endorsed, Revealed
from ..problems.problem import Problem
from .arms import Arm
from .incidence import Groups, incidence, tolerance
from .loss import LossBound, loss_bound
from .mechanism import Mechanism
from .outcome import Outcome
from .tipping import BreakEven, TippingPoint, break_even, tipping_point
from .yardsticks import Yardstick, measure

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Arms beside each other. Made by :func:`compare`.

    Attributes
    ----------
    mechanism
        In its thick setting.
    seen, judge
        The planner's picture, and the problem whose values count.
    has_truth
        Were values other than the planner's estimate used to judge?
    arms
        By label.
    outcomes
        By label, one a lottery.
    yardsticks
        Those asked for; columns that do not apply are left out.
    """

    mechanism: Mechanism
    seen: Problem
    judge: Problem
    has_truth: bool
    arms: Mapping[str, Arm]
    outcomes: Mapping[str, tuple[Outcome, ...]]
    yardsticks: tuple[Yardstick, ...]
    n_draws: int
    draw_seed: int

    # ---- numbers ------------------------------------------------------------------------------------------

    @cached_property
    def values(self) -> pd.DataFrame:
        """(arm, lottery) x yardstick."""
        import pandas as pd

        records = {
            (label, k): measure(outcome, self.judge, self.yardsticks)
            for label, runs in self.outcomes.items()
            for k, outcome in enumerate(runs)
        }
        frame = pd.DataFrame.from_dict(records, orient="index")
        frame.index = pd.MultiIndex.from_tuples(list(records), names=["arm", "lottery"])
        known = [item.name for item in self.yardsticks if item.name in frame.columns]
        return frame[known]

    def to_frame(self) -> pd.DataFrame:
        """Rows: arms. Columns: every yardstick, the mechanism's own objective first; means over lotteries."""
        return self.values.groupby(level="arm", sort=False).mean()

    @cached_property
    def standard_errors(self) -> pd.DataFrame:
        """Standard errors of the means over lotteries (nan for one lottery)."""
        return self.values.groupby(level="arm", sort=False).sem()

    @property
    def versus(self) -> str:
        """The arm differences are taken from: ``sidt``, or the arm that is the standard setting on the planner's
        picture, wherever it stands; the first arm where there is none.
        """
        if "sidt" in self.outcomes:
            return "sidt"
        return self._labelled(self.mechanism.baseline()) or next(iter(self.outcomes))

    def _labelled(self, mechanism: Mechanism) -> str | None:
        """The arm that is this mechanism on the planner's picture."""
        same = (label for label, arm in self.arms.items() if arm.mechanism == mechanism and arm.problem is self.seen)
        return next(same, None)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Each arm less SIDT, paired by lottery: difference, standard error, per cent, and the range over draws.

        ``low`` and ``high`` are the 2.5 and 97.5 % points over draws of the planner's endorsement (``draws=``), each
        draw with the next lottery: with several lotteries the range is that of one lottery, not of their mean.
        """
        import pandas as pd

        base = self._of(self.versus)
        records = []
        for label in self.outcomes:
            if label == self.versus:
                continue
            gap = self._of(label) - base
            spread = self._draw_gaps(label)
            for name in gap.columns:
                mean, level = float(np.mean(gap[name])), abs(float(np.mean(base[name])))
                ends = spread[name].quantile([0.025, 0.975]).tolist() if spread is not None else [np.nan, np.nan]
                records.append(
                    {
                        "arm": label,
                        "yardstick": name,
                        "difference": mean,
                        "standard error": float(cast("Any", gap[name].sem())),
                        "per cent": 100.0 * mean / level if level > 0 else np.nan,
                        "low": ends[0],
                        "high": ends[1],
                    }
                )
        columns = ["arm", "yardstick", "difference", "standard error", "per cent", "low", "high"]
        return pd.DataFrame(records, columns=columns).set_index(["arm", "yardstick"])

    @cached_property
    def draws(self) -> pd.DataFrame | None:
        """(draw, arm) x yardstick: outcomes judged on draws of the planner's endorsement, lotteries taken in turn."""
        if not self.n_draws:
            return None
        import pandas as pd

        records: dict[tuple[int, str], dict[str, float]] = {}
        profile = self.seen.profile
        for k, drawn in enumerate(profile.endorsement.draws(self.n_draws, self.draw_seed)):
            judge = self.seen.with_profile(profile.with_endorsement(drawn))
            for label, runs in self.outcomes.items():
                records[(k, label)] = measure(runs[k % len(runs)], judge, self.yardsticks)
        frame = pd.DataFrame.from_dict(records, orient="index")
        frame.index = pd.MultiIndex.from_tuples(list(records), names=["draw", "arm"])
        return frame

    def intervals(self, level: float = 0.95) -> pd.DataFrame:
        """(arm, yardstick): the value, and the range of it over draws of the planner's endorsement.

        Raises
        ------
        NotApplicableError
            No draws were asked for.
        """
        from .evidence_spread import intervals

        return intervals(self, level)

    @cached_property
    def probabilities(self) -> pd.DataFrame:
        """(yardstick, arm): share of draws in which the arm is better than SIDT; nan where neither direction is.

        Raises
        ------
        NotApplicableError
            No draws were asked for.
        """
        from .evidence_spread import probabilities

        return probabilities(self)

    def _draw_gaps(self, label: str) -> pd.DataFrame | None:
        if self.draws is None:
            return None
        frame = self.draws
        one, two = (
            frame[frame.index.get_level_values("arm") == name].droplevel("arm") for name in (label, self.versus)
        )
        return one - two

    def _of(self, label: str) -> pd.DataFrame:
        """Lottery x yardstick of one arm."""
        return self.values[self.values.index.get_level_values("arm") == label].droplevel("arm")

    @cached_property
    def changes(self) -> pd.DataFrame:
        """By agent, averaged over lotteries: endorsed and revealed surplus under SIDT and under the thick arm (the
        first other arm where the mechanism itself was not run).
        """
        import pandas as pd

        other = self._other()
        columns: dict[str, FloatArray] = {}
        for name, lens in (("endorsed", Endorsed()), ("revealed", Revealed())):
            pair = [self._mean_surplus(label, lens) for label in (self.versus, other)]
            columns |= {
                f"{name} {self.versus}": pair[0],
                f"{name} {other}": pair[1],
                f"{name} change": pair[1] - pair[0],
            }
        return pd.DataFrame(columns, index=pd.Index(list(self.judge.profile.agents), name="agent"))

    def _mean_surplus(self, label: str, lens: Endorsed | Revealed) -> FloatArray:
        made: FloatArray = np.mean([outcome.surplus(lens, self.judge) for outcome in self.outcomes[label]], axis=0)
        return made

    def _other(self) -> str:
        thick = self._labelled(self.mechanism)
        if thick is not None and thick != self.versus:
            return thick
        found = next((label for label in self.outcomes if label != self.versus), None)
        if found is None:
            raise NotApplicableError("only one arm was run", where="comparison", remedy="arms=('sidt', 'thick')")
        return found

    @cached_property
    def winners_and_losers(self) -> dict[str, int]:
        """How many agents gain, lose, or stay within a millionth of the largest endorsed value."""
        change = self.changes["endorsed change"].to_numpy()
        tol = tolerance(self.judge.profile)
        gain, lose = int((change > tol).sum()), int((change < -tol).sum())
        return {"gain": gain, "lose": lose, "same": len(change) - gain - lose}

    def by_group(self, groups: Groups) -> pd.DataFrame:
        """Who gains and who loses, by group: people, how many gain, lose or stay, mean changes a head.

        Parameters
        ----------
        groups
            Name -> labels (or mask) of its agents; or one name for each agent, in their order.

        Raises
        ------
        InputError
            Not one name an agent, or a group without agents.
        UnknownNameError
            An agent that is not there.
        """
        return incidence(self.changes, self.judge.profile, groups)

    # ---- what it takes to overturn it ---------------------------------------------------------------------

    @cached_property
    def loss_bound(self) -> LossBound:
        """The most SIDT can lose against the oracle (T3), from the wedges alone; ``.exact()`` solves for it."""
        return loss_bound(self.mechanism, self.judge)

    @cached_property
    def tipping_point(self) -> TippingPoint:
        """How much of the estimated correction it takes before the result changes."""
        thick, sidt = self.outcomes[self._other()][0], self.outcomes[self.versus][0]
        return tipping_point(self.mechanism, self.seen, thick, sidt)

    @cached_property
    def break_even(self) -> BreakEven:
        """The error of evidence, in standard errors, at which SIDT is as good."""
        thick, sidt = self.outcomes[self._other()][0], self.outcomes[self.versus][0]
        return break_even(self.mechanism, self.seen, thick, sidt)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What a reader must know before quoting a number."""
        made = []
        if not self.has_truth:
            made.append(
                "No truth was given: outcomes are judged on the planner's own estimate, which favours the arm that"
                " decided on it."
            )
        runs = max(len(outcomes) for outcomes in self.outcomes.values())
        if runs == 1:
            made.append("One lottery only: where ties are broken at random, raise replicates=.")
        if any(outcome.provenance.stamp == "oracle" for outcome in self._all()):
            made.append("An arm marked oracle decided on the truth: an upper bound for its own objective only.")
        if not self.seen.profile.certain and not self.n_draws:
            made.append("The evidence has an error that these numbers do not show: pass draws=.")
        failed = sum(not outcome.certified for outcome in self._all())
        if failed:
            made.append(f"{failed} of the outcomes are not certified: see outcomes[arm][k].certificate.")
        return tuple(made)

    def _all(self) -> list[Outcome]:
        return [outcome for runs in self.outcomes.values() for outcome in runs]

    # ---- out ----------------------------------------------------------------------------------------------

    def to_latex(self) -> str:
        """Yardsticks by arm, with paired differences, as a booktabs table."""
        from .tables import latex

        return latex(self.table())

    def table(self) -> pd.DataFrame:
        """Rows: yardsticks. Columns: arms, then each arm less SIDT with its standard error."""
        made = self.to_frame().T
        made.index.name = "yardstick"
        made.columns.name = None
        for label in list(made.columns):
            if label != self.versus:
                gap = self.differences.loc[label]
                made[f"{label} less {self.versus}"] = gap["difference"]
                made["per cent" if len(self.outcomes) == 2 else f"{label}, per cent"] = gap["per cent"]
                if gap["standard error"].notna().any():
                    made["standard error" if len(self.outcomes) == 2 else f"{label}, s.e."] = gap["standard error"]
        return made

    def plot(self) -> Any:
        """Differences by yardstick and, where agents have utilities, changes by agent; a matplotlib Figure."""
        from ..plotting.comparisons import comparison_figure

        self._other()
        changes = None if self.judge.profile.unit == "ordinal" else self.changes
        return comparison_figure(self.differences, changes, self.versus)

    def save_html(self, path: Any, title: str | None = None) -> None:
        """One self-contained page: tables, plots, certificates, caveats; written atomically.

        Raises
        ------
        FileFormatError
            The folder is not there.
        """
        from .comparison_page import comparison_page
        from .outcome_file import write_page

        write_page(comparison_page(self, title).render(), path)

    def __repr__(self) -> str:
        return f"Comparison({self.mechanism.name}: {', '.join(self.outcomes)})\n{self.table().to_string()}"

    def _repr_html_(self) -> str:
        from .tables import html

        notes = "".join(f"<li>{text}</li>" for text in self.caveats)
        return html(self.table()) + f"<ul>{notes}</ul>"
