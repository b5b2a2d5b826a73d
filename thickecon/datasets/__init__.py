"""Small real data with a description, licence and origin."""

from .registry import DATASETS, Dataset, describe, load, names

__all__ = ["DATASETS", "Dataset", "describe", "load", "names"]
