"""Code in the pages runs, each page from top to bottom in a namespace of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# Test classes of a page are run too, as pytest would.
RUN_TESTS = """
for name, made in list(globals().items()):
    if name.startswith("Test") and isinstance(made, type):
        for duty in [duty for duty in dir(made) if duty.startswith("test_")]:
            getattr(made(), duty)()
"""
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = sorted(
    page
    for page in [REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").rglob("*.md")]
    if "_build" not in page.parts and BLOCK.search(page.read_text(encoding="utf-8"))
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    """In an interpreter of its own: recipes register things that no other test should meet."""
    code = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))
    script = tmp_path / "page.py"
    script.write_text(f"import sys\nsys.path.insert(0, {str(REPOSITORY)!r})\n{code}\n{RUN_TESTS}")
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pages_with_code_are_found() -> None:
    assert {"CONTRIBUTING.md", "quickstart.md"} <= {page.name for page in PAGES}
