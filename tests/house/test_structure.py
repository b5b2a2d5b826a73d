"""Size and shape of files, and what docstrings owe the reader."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import REPOSITORY, Function, Source, own_nodes, public_functions, sources

VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "stuff", "tools"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# Errors that say "a subclass must write this", never met by a user.
ABSTRACT = {"NotImplementedError", "AssertionError"}


def raised(function: Function) -> set[str]:
    """Names of exceptions that the function itself raises by a call, for example ``raise InputError(...)``."""
    found = set()
    for node in own_nodes(function):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            called = node.exc.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name[:1].isupper():
                found.add(name)
    return found - ABSTRACT


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.place)
def test_a_file_has_at_most_500_lines(source: Source) -> None:
    assert len(source.text.splitlines()) <= 500


def test_files_are_small_on_the_whole() -> None:
    sizes = sorted(len(source.text.splitlines()) for source in sources())
    assert sizes[len(sizes) // 2] <= 150


def test_no_file_is_named_after_nothing() -> None:
    assert [source.place for source in sources() if source.path.stem in VAGUE] == []


def test_nothing_is_left_marked_as_unfinished() -> None:
    found = [
        f"{source.place}:{number}"
        for source in sources()
        for number, line in enumerate(source.text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_everything_public_has_a_docstring() -> None:
    found = [
        f"{source.place}: {name}"
        for source in sources()
        for name, node in public_functions(source.tree)
        if not ast.get_docstring(node) and not _is_overload(node)
    ]
    assert found == []


def test_modules_say_what_they_are() -> None:
    assert [source.place for source in sources() if not ast.get_docstring(source.tree)] == []


def test_a_function_that_raises_says_so() -> None:
    """Under ``Raises`` of the function, or of the class whose method it is."""
    found = []
    for source in sources():
        classes = {
            node.name: ast.get_docstring(node) or "" for node in source.tree.body if isinstance(node, ast.ClassDef)
        }
        for name, node in public_functions(source.tree):
            said = (ast.get_docstring(node) or "") + classes.get(name.partition(".")[0], "")
            for error in sorted(raised(node)):
                if "Raises\n" not in said or error not in said:
                    found.append(f"{source.place}: {name} raises {error}")
    assert found == []


def _is_overload(node: Function) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id in ("overload", "setter") for mark in node.decorator_list)


def test_the_check_of_raises_finds_what_it_looks_for() -> None:
    tree = ast.parse("def f(x):\n    'Doc.'\n    if x:\n        raise InputError('no')\n    raise\n")
    ((_, node),) = public_functions(tree)
    assert raised(node) == {"InputError"}


def test_the_root_holds_what_the_house_names() -> None:
    wanted = "README.md LICENSE CHANGELOG.md CITATION.cff CONTRIBUTING.md Makefile pyproject.toml .ci/run docs tests"
    assert [name for name in wanted.split() if not (REPOSITORY / name).exists()] == []
