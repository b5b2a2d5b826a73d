"""Values written as free text, read naively: the baseline that structured values are compared with."""
