"""Bayes-Nash equilibria of auctions: one door to the closed forms and the solver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, frozen
from ...errors import InputError, NotApplicableError
from .common_value import WalletPlay
from .law import Law, as_laws
from .play import Play
from .result import Equilibrium
from .rules import Rules, as_rules
from .symmetric import SymmetricAllPay, SymmetricFirstPrice, least_type
from .thick import ThickPlay
from .truthful import SpitefulSecondPrice, TruthfulBids

__all__ = ["equilibrium"]


def equilibrium(
    auction: Any,
    n: int | None = None,
    distribution: Any = "uniform",
    *,
    risk_aversion: float = 0.0,
    spite: float = 0.0,
    common_value: bool = False,
    cursed: float = 0.0,
    wedge: npt.ArrayLike = 0.0,
    acts_on: str = "decision",
    regret: float = 0.0,
) -> Equilibrium:
    laws = as_laws(distribution, n)
    rules = as_rules(auction)
    base = _solve(rules, laws, risk_aversion, spite)
    return Equilibrium(type(rules.auction).title, base, np.zeros(len(laws)))


def _solve(rules, laws, risk, spite):
    if rules.kind == "second":
        return TruthfulBids(laws, rules.reserve, rules.fee, rules.reserve)
    l = least_type(laws[0], len(laws), rules.reserve, rules.fee)
    return SymmetricFirstPrice(laws, rules.reserve, rules.fee, l, risk, spite)
