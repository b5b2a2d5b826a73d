"""The scenarios of the comparison, one a file; each registers itself. See :mod:`thickecon.studies.scenario`."""
