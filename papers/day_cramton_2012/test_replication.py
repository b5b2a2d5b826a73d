"""The claims of this paper, recomputed."""

from __future__ import annotations

from papers.claims import check
from papers.day_cramton_2012.replicate import HERE, replicate


def test_replication() -> None:
    check(HERE, replicate())
