"""Pictures: the only importer of matplotlib, inside functions. Takes frames and arrays, knows no mechanism."""
