"""Public names of readers and converters; one line a name."""

from .bid_tables import read_bids as read_bids
from .bid_tables import write_bids as write_bids
from .cats import read_cats as read_cats
from .cats import write_cats as write_cats
from .choice_files import read_choices as read_choices
from .moral_graph_file import MoralGraphFile as MoralGraphFile
from .moral_graph_file import read_moral_graph as read_moral_graph
from .otree import export_otree as export_otree

__all__: list[str]
