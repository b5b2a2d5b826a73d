"""Random profiles that state their law.

Values: :func:`uniform`, :func:`gaussian`, :func:`mallows`, :func:`euclidean` make thin profiles.
Influences: :func:`targeted`, :func:`broad`, :func:`common_shock`, :func:`sparse_heavy_tailed` take a profile and
return it with one more motive of kind "influence"; decision values move by the lift, endorsed values by the
stated share of it. How many random numbers a sampler draws depends on sizes alone (agents, options, rows,
dimensions), so that two settings with one seed differ by the setting alone.
"""

from .broad import broad
from .common_shock import common_shock
from .euclidean import euclidean
from .gaussian import gaussian
from .mallows import expected_swaps, mallows, mallows_dispersion
from .sparse_heavy_tailed import sparse_heavy_tailed
from .targeted import targeted
from .uniform import uniform

__all__ = [
    "broad",
    "common_shock",
    "euclidean",
    "expected_swaps",
    "gaussian",
    "mallows",
    "mallows_dispersion",
    "sparse_heavy_tailed",
    "targeted",
    "uniform",
]
