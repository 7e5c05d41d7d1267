"""How good, how different and how fast results are."""
