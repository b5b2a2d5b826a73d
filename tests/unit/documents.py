"""A good profile and a good file, to be bent by tests of bad input."""

from __future__ import annotations

from typing import Any

import thickecon as te

P = te.ThickProfile


def labelled(values: object = ((1.0, 2.0), (3.0, 4.0)), **more: Any) -> te.ThickProfile:
    return P.from_values(values, agents=["ann", "bob"], options=["tea", "milk"], **more)


def tree(kind: str = "profile") -> dict[str, Any]:
    """A good file, to be bent."""
    p = {
        "format": "thickecon/profile",
        "version": 1,
        "agents": ["ann", "bob"],
        "options": ["tea", "milk"],
        "motives": [{"name": "taste"}, {"name": "ad", "kind": "influence"}],
        "rows": {"agent": [0, 0, 1], "option": [0, 1, 1]},
        "contributions": [[1, 2, 3], [0, 0, 0.5]],
        "endorsement": {"theta": [[1, 0]], "lower": [[1, 0]], "upper": [[1, 0.5]]},
        "outside_worth": [0, 1],
        "weights": [1, 1],
    }
    if kind == "profile":
        return p
    theirs = {
        "format": "thickecon/profile",
        "version": 1,
        "agents": 2,
        "options": 2,
        "motives": [{"name": "rank"}],
        "contributions": [[1, 2, 3, 4]],
        "endorsement": {"theta": [[1]]},
    }
    norm = {"name": "n", "coefficients": [1, 1, 1], "sense": "<=", "bound": 1, "because": ["ad"], "scope": ["bob"]}
    more: dict[str, dict[str, Any]] = {
        "assignment": {"supply": [1, 2], "demand": 1, "conflicts": [["tea", "milk"]], "norms": [norm]},
        "market": {"receivers": theirs, "capacities": [1, 1], "demand": 1},
        "bids": {"items": 2, "bundles": [[1, 0], [0, 1]], "supply": [1, 1]},
        "choice": {},
    }
    return {"format": "thickecon/problem", "version": 1, "kind": kind, "profile": p, **more[kind]}
