"""The claims of this paper, recomputed."""

from __future__ import annotations

from papers.apesteguia_ballester_2015.replicate import HERE, replicate
from papers.claims import check


def test_replication() -> None:
    check(HERE, replicate())
