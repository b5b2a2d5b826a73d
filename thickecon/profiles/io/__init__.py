"""Profiles in files: ``.json`` (versioned schema) and ``.parquet`` (large ones); exact to the bit, written atomically.

The published schema is ``docs/reference/schema/profile-v1.schema.json``. Pickle is never read.
"""

from __future__ import annotations

import os
from typing import Any

from ...errors import FileFormatError
from .. import schema
from ..profile import ThickProfile
from .document import build_profile, checked, located, profile_tree, require_format
from .files import JSON_LIMIT, container_of, replace_file, write_target

__all__ = ["JSON_LIMIT", "read_profile", "read_tree", "write_profile", "write_tree"]


def read_profile(path: str | os.PathLike[str]) -> ThickProfile:
    """The profile in a ``.json`` or ``.parquet`` file.

    Parameters
    ----------
    path
        Written by :meth:`ThickProfile.save`, or by hand after the published schema.

    Returns
    -------
    ThickProfile
        Equal to the one that was saved, to the bit.

    Raises
    ------
    FileFormatError
        Missing, alien, truncated, unsorted, of another version, a pickle, or a problem rather than a profile.
    SizeError
        JSON above 100 MB.
    ProfileError
        What the file holds is no profile: the message names the file, the entry, the agent and the remedy.
    MissingExtraError
        ``.parquet`` without pyarrow (extra ``interop``).

    Examples
    --------
    >>> import tempfile, thickecon as te
    >>> p = te.ThickProfile.from_values([[8.0, 3.0]], agents=["ann"], options=["tea", "coffee"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     p.save(f"{folder}/ann.json")
    ...     read_profile(f"{folder}/ann.json").equals(p)
    True
    """
    tree, where = read_tree(path)
    known = {schema.FORMAT: schema.VERSION, "thickecon/problem": 1}
    if require_format(tree, known, where) != schema.FORMAT:
        raise FileFormatError(
            "holds a problem, a profile is needed", where=where, remedy="te.read_problem(path).profile"
        )
    return build_profile(checked(schema.ProfileDocument, tree, where), where)


def write_profile(profile: ThickProfile, path: str | os.PathLike[str]) -> None:
    """Write ``.json`` or ``.parquet`` by the ending of ``path``, atomically: all of it or nothing.

    Raises
    ------
    FileFormatError
        Another ending, a folder that does not exist, labels that files cannot hold.
    SizeError
        JSON above 100 MB.
    MissingExtraError
        ``.parquet`` without pyarrow (extra ``interop``).
    """
    if not isinstance(profile, ThickProfile):
        raise FileFormatError(f"must be a ThickProfile, found {type(profile).__name__}", where="write_profile")
    write_tree(profile_tree(profile, os.fspath(path)), path)


def read_tree(path: str | os.PathLike[str]) -> tuple[dict[str, Any], str]:
    """The unchecked tree in a file, and the name of the place for messages."""
    place, container = container_of(path)
    if container == "json":
        from .text import read_json

        return read_json(place), str(place)
    from .parquet import read_parquet

    return read_parquet(place), str(place)


def write_tree(tree: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Put a tree into a file, atomically."""
    place, container = write_target(path)
    if container == "json":
        from .text import write_json

        with located(str(place)):
            replace_file(place, lambda file: write_json(tree, file, str(place)))
        return
    from .parquet import write_parquet

    replace_file(place, lambda file: write_parquet(tree, file))
