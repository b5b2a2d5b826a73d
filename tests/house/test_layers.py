"""What import-linter cannot see: imports of the root, files, and random numbers."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.house.source import REPOSITORY, Source, sources

# Folders and modules that may ask the root for names, because they stand above all it loads.
ABOVE = ("cli", "studies", "testing", "interop", "datasets", "__init__")
# The only places that open files; `_core/lazy` reads the package's own stubs, `testing` what it wrote itself.
FILES = ("testing", "interop", "datasets", "profiles/io", "problems/io", "studies/store", "_core/lazy")
OPENERS = {"open", "read_text", "read_bytes", "write_text", "write_bytes"}


def under(source: Source, places: tuple[str, ...]) -> bool:
    return any(source.inside == place or source.inside.startswith(place + "/") for place in places)


def imports_of_root(tree: ast.Module) -> Iterator[int]:
    """Lines with ``import thickecon`` or ``from thickecon import``, which would go around the layers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name == "thickecon" for alias in node.names):
            yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "thickecon" and not node.level:
            yield node.lineno


def opened_files(tree: ast.Module) -> Iterator[int]:
    """Lines that call ``open`` or one of pathlib's short forms."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in OPENERS:
                yield node.lineno


def offences(look: Callable[[ast.Module], Iterator[int]], allowed: tuple[str, ...]) -> list[str]:
    return [f"{s.place}:{line}" for s in sources() if not under(s, allowed) for line in look(s.tree)]


def test_nothing_below_asks_the_root() -> None:
    assert offences(imports_of_root, ABOVE) == []


def test_files_are_opened_in_their_places_only() -> None:
    assert offences(opened_files, (*FILES, "cli")) == []


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (imports_of_root, "def f():\n    import thickecon as te\n"),
        (imports_of_root, "from thickecon import VCG\n"),
        (opened_files, "with open('x') as f: pass\n"),
        (opened_files, "Path('x').write_text('y')\n"),
    ],
)
def test_the_checks_find_what_they_look_for(look: Callable[[ast.Module], Iterator[int]], text: str) -> None:
    assert list(look(ast.parse(text)))


def test_layers_of_the_house_hold() -> None:
    """The contracts of pyproject.toml, which ``make lint`` also runs."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*command, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
