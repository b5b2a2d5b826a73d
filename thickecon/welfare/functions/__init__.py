"""Social welfare functions: one object with a numeric and a symbolic face each."""

from .atkinson import Atkinson
from .base import Separable, WelfareFunction
from .leximin import Leximin
from .maximin import Maximin
from .nash import Nash
from .utilitarian import Utilitarian

__all__ = ["Atkinson", "Leximin", "Maximin", "Nash", "Separable", "Utilitarian", "WelfareFunction"]
