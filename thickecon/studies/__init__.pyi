"""Public names of the studies; one line a name."""

from .survey_size import EvidenceSize as EvidenceSize
from .survey_size import evidence_size as evidence_size
from .results import Results as Results
from .scenario import Known as Known
from .scenario import Measure as Measure
from .scenario import Scenario as Scenario
from .scenario import knob as knob
from .seeds import Draws as Draws
from .study import Study as Study
from .study import load as load
from .suite import Suite as Suite
from .text.embeddings import TfIdf as TfIdf
from .text.recorded import Ratings as Ratings
from .text.recorded import Recorded as Recorded
from .text.values import TextValues as TextValues

__all__: list[str]
