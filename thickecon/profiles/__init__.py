"""WHAT agents value and why: thick value profiles."""

from .endorsement import Endorsement, Evidence
from .motive import Motive
from .observe import observe
from .profile import RowReadings, ThickProfile
from .rows import Rows

__all__ = ["Endorsement", "Evidence", "Motive", "RowReadings", "Rows", "ThickProfile", "observe"]
