"""Putting the page on Hugging Face Spaces."""
