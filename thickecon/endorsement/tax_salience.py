"""How far demand reacts to a tax that is not on the tag: Chetty, Looney and Kroft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import FloatArray
from ..errors import EvidenceError
from .layouts import LAYOUTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Salience", "salience", "salience_from_posting"]


@dataclass(frozen=True)
class Salience:
    """theta = (elasticity by tax) / (elasticity by price), with its delta-method error."""

    theta: float
    theta_error: float
    by_price: float
    by_tax: float
    n: int


def salience_from_posting(fall: float, elasticity: float, tax: float) -> float:
    """Theta from posting tax-inclusive prices: 1 - theta = fall / (elasticity log-tax).

    Parameters
    ----------
    fall
        Share by which demand fell when the tax was shown.
    elasticity
        Of demand by price, positive.
    tax
        Ad valorem.

    Examples
    --------
    The grocery experiment: demand fell by .076, elasticity 1.59, tax .07375.

    >>> round(salience_from_posting(0.076, 1.59, 0.07375), 3)
    0.352
    """
    return 1.0 - fall / (elasticity * tax)


def salience(data: pd.DataFrame, controls: tuple[str, ...] = ()) -> Salience:
    """Regress log quantity on log price and log (1 + tax); theta is the ratio of coefficients.

    Parameters
    ----------
    data
        Layout Salience: quantity, price, tax (ad valorem); ``cluster`` for errors clustered by it, else HC1.
    controls
        Columns of numbers.

    Raises
    ------
    EvidenceError
        A table that is not of this layout, quantities or prices that are not positive, no variation.
    """
    extra = (*controls, *(("cluster",) if "cluster" in getattr(data, "columns", ()) else ()))
    table = LAYOUTS["Salience"].check(data, extra)
    columns = {name: table[name].to_numpy(dtype=np.float64) for name in ("quantity", "price", "tax", *controls)}
    for name, least in (("quantity", 0.0), ("price", 0.0), ("tax", -1.0)):
        if not (columns[name] > least).all():
            raise EvidenceError(f"must lie above {least:g}", where=f"column {name!r}", remedy="drop rows without sales")
    x = np.column_stack(
        [np.log(columns["price"]), np.log1p(columns["tax"]), np.ones(len(table)), *(columns[c] for c in controls)]
    )
    y = np.log(columns["quantity"])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise EvidenceError("price, tax and controls do not vary apart", where="Salience")
    cluster = None if "cluster" not in extra else table["cluster"].to_numpy()
    b, joint = least_squares(x, y, x, cluster)
    if b[0] == 0:
        raise EvidenceError("demand does not react to the price", where="Salience")
    theta = float(b[1] / b[0])
    slope = np.zeros(len(b))
    slope[:2] = -theta / b[0], 1.0 / b[0]
    return Salience(theta, float(np.sqrt(slope @ joint @ slope)), float(b[0]), float(b[1]), len(table))


def least_squares(
    x: FloatArray, y: FloatArray, z: FloatArray, cluster: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """(K,) coefficients and (K, K) covariance of y on x with instruments z (z = x: least squares), HC1 or clustered.

    Parameters
    ----------
    x, z
        (rows, K) each.
    y
        (rows,).
    cluster
        (rows,) labels.
    """
    bread = np.linalg.inv(z.T @ x)
    b = bread @ (z.T @ y)
    scores = z * (y - x @ b)[:, None]
    n, k = x.shape
    if cluster is None:
        meat = n / max(n - k, 1) * scores.T @ scores
    else:
        _, code = np.unique(cluster, return_inverse=True)
        groups = int(code.max()) + 1
        summed = np.zeros((groups, k))
        np.add.at(summed, code, scores)
        meat = groups / max(groups - 1, 1) * (n - 1) / max(n - k, 1) * summed.T @ summed
    return np.asarray(b), np.asarray(bread @ meat @ bread.T)
