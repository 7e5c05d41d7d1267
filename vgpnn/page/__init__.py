"""The page. It wires: validate, run, show; what is computed on videos is in the core."""
