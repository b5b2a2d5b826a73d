"""Who computes cells: this process, several, or a cluster. Only the process that runs the study writes."""
