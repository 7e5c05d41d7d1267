"""Both sides of the process that opens files from strangers."""
