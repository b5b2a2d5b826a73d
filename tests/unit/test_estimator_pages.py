"""Every estimator has a page: kind, what that kind may not be used for, data layout, assumptions, example, picture."""

from __future__ import annotations

from pathlib import Path

import pytest

import thickecon as te
from thickecon.endorsement import LAYOUTS

PAGES = Path(__file__).resolve().parents[2] / "docs" / "endorsement"
NAMES = [name for name in dir(te.endorsement) if isinstance(getattr(te.endorsement, name), type)
         and issubclass(getattr(te.endorsement, name), te.endorsement.Estimator) and name != "Estimator"]  # fmt: skip


def test_the_estimators_of_the_design_are_among_them() -> None:
    wanted = "Contributions MoneyMetricBias DigitalAddiction PlatformTrap MoralGraph LabelModel EngageEndorse"
    wanted += " AnchoredSignal GoldinReck BernheimRangel SwapsIndex PersuasionRate JunLeeBounds FrameAugmentedChoice"
    assert set(wanted.split()) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_estimator_has_its_page(name: str) -> None:
    estimator = getattr(te.endorsement, name)
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    (row,) = [line for line in index.splitlines() if line.startswith(f"| [`{name}`](")]
    assert f"| {estimator.kind} |" in row
    page = (PAGES / row.partition("](")[2].partition(")")[0]).read_text(encoding="utf-8")
    assert f"`{name}`" in page
    assert f"**Kind: `{estimator.kind}`" in page
    assert "may not be used" in page
    assert "Assumptions in words" in page
    assert f"{name}(" in page.partition("```python")[2]
    assert "](../gallery/images/sphx_glr_plot_when_assumptions_break_" in page
    layout = LAYOUTS[estimator.layout]
    for column, held in (layout.required | layout.optional).items():
        assert f"| `{column}`" in page
        assert held in page
