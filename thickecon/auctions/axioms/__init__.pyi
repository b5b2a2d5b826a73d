"""Public names of the audits; one line a name."""

from .incentives import dominant_strategy as dominant_strategy
from .stage import Stage as Stage
from .type_space import TypeSpace as TypeSpace
from .witnesses import Deviation as Deviation
from .witnesses import ExpectedDeviation as ExpectedDeviation
from .witnesses import Witness as Witness

__all__: list[str]
