"""A linear programme that stays in the solver between solves: objectives and columns change, rows are added."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from .._core.arrays import BoolArray, FloatArray
from ..errors import SolverError
from .highs import _load, _run

__all__ = ["KeptLinear"]


class KeptLinear:
    """Maximise ``gain @ x`` with ``matrix @ x <= upper`` and ``0 <= x <= 1``, again and again from the last basis.

    Parameters
    ----------
    matrix
        (rows, columns) sparse.
    upper
        (rows,)

    References
    ----------
    Q. Huangfu and J. A. J. Hall, Parallelizing the dual revised simplex method, Math. Prog. Computation 10 (2018),
    119-142, doi:10.1007/s12532-017-0130-5

    Examples
    --------
    >>> kept = KeptLinear(np.array([[1.0, 1.0]]), np.array([0.5]))
    >>> x, price = kept.solve(np.array([3.0, 5.0]), np.array([True, True]))
    >>> x.tolist(), price.tolist()
    ([0.0, 0.5], [5.0])
    """

    def __init__(self, matrix: Any, upper: FloatArray) -> None:
        import highspy  # the solver is loaded when one is needed

        table = csc_array(matrix)
        self._highs, count = highspy, table.shape[1]
        ends = (np.full(len(upper), -np.inf), np.asarray(upper, dtype=np.float64), np.zeros(count), np.ones(count))
        self._solver = _load(highspy, np.zeros(count), table, ends, None)
        for option, value in {"threads": 1, "primal_feasibility_tolerance": 1e-9}.items():
            self._solver.setOptionValue(option, value)
        self._columns: npt.NDArray[np.int32] = np.arange(count, dtype=np.int32)

    def add(self, matrix: Any, upper: FloatArray) -> None:
        """Further rows ``matrix @ x <= upper``."""
        table = csr_array(matrix)
        self._solver.addRows(
            table.shape[0],
            np.full(table.shape[0], -np.inf),
            np.asarray(upper, dtype=np.float64),
            table.nnz,
            table.indptr[:-1].astype(np.int32),
            table.indices.astype(np.int32),
            table.data.astype(np.float64),
        )

    def solve(self, gain: FloatArray, allowed: BoolArray) -> tuple[FloatArray, FloatArray]:
        """(columns,) a solution that leaves out columns not ``allowed``, and (rows,) prices of the rows, at least 0.

        Raises
        ------
        SolverError
            The solver stopped without an answer.
        """
        count = len(self._columns)
        self._solver.changeColsCost(count, self._columns, -np.asarray(gain, dtype=np.float64))
        self._solver.changeColsBounds(count, self._columns, np.zeros(count), allowed.astype(np.float64))
        _run(self._highs, self._solver)
        status = self._solver.getModelStatus()
        if status not in (self._highs.HighsModelStatus.kOptimal, self._highs.HighsModelStatus.kModelEmpty):
            raise SolverError(
                f"HiGHS {self._solver.version()} stopped with status {self._solver.modelStatusToString(status)!r}",
                where="a linear relaxation",
                remedy="look for values of very different sizes",
            )
        found = self._solver.getSolution()
        prices = -np.array(found.row_dual, dtype=np.float64)
        return np.array(found.col_value, dtype=np.float64), np.maximum(prices, 0.0)
