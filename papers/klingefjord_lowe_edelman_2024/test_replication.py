"""The claims of this paper, recomputed."""

from __future__ import annotations

from papers.claims import check
from papers.klingefjord_lowe_edelman_2024.replicate import HERE, replicate


def test_replication() -> None:
    check(HERE, replicate())
