"""Foundations shared by every layer: frozen arrays, random numbers, registries, inequality measures."""
