"""Studies: whole comparisons with the standard toolkit, from data to report."""
