"""Public names of readers and converters; one line a name."""

from .moral_graph_file import MoralGraphFile as MoralGraphFile
from .moral_graph_file import read_moral_graph as read_moral_graph

__all__: list[str]
