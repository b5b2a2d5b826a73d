"""What studies read and write: the suite's file, and the folder of results."""
