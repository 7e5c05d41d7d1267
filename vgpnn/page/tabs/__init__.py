"""The tabs of the page, one for each task, and one that explains."""
