"""The main job: real course valuations, part of them openly manipulated, allocated by the standard toolkit and thick.

``plant`` bends the reports of some students, ``experiment`` simulates a framing experiment on the others, ``estimate``
fits two methods to it, ``runs`` allocates in every arm, ``plants`` and ``surface`` repeat that, and ``report``
writes it up.
"""

from .demo import CourseDemo, run_course_demo
from .settings import Settings

__all__ = ["CourseDemo", "Settings", "run_course_demo"]
