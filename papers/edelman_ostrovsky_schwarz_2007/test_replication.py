"""The claims of this paper, recomputed."""

from __future__ import annotations

from papers.claims import check
from papers.edelman_ostrovsky_schwarz_2007.replicate import HERE, replicate


def test_replication() -> None:
    check(HERE, replicate())
