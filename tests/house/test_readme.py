"""The README's example runs, and prints what the README says it prints."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCK = re.compile(r"<!-- example -->.*?```python\n(.*?)```.*?```text\n(.*?)```.*?<!-- /example -->", re.DOTALL)


def printed(code: str) -> str:
    """What ``code`` prints in a namespace of its own."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    return out.getvalue()


def lines(text: str) -> list[str]:
    """Without blanks at the ends, where editors disagree."""
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_example_prints_what_stands_beneath_it() -> None:
    found = BLOCK.search(README.read_text(encoding="utf-8"))
    assert found is not None, "README.md has no example between its markers"
    code, shown = found.groups()
    assert lines(shown), "the README shows no output"
    assert lines(printed(code)) == lines(shown)


def test_the_example_is_short() -> None:
    found = BLOCK.search(README.read_text(encoding="utf-8"))
    assert found is not None
    code = [line for line in found[1].splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(code) <= 15


def test_links_of_the_readme_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (README.parent / target).exists()] == []
