"""Public names of readers and converters; one line a name."""

from .choice_files import read_choices as read_choices
from .moral_graph_file import MoralGraphFile as MoralGraphFile
from .moral_graph_file import read_moral_graph as read_moral_graph

__all__: list[str]
