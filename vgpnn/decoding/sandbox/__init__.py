"""The code of the process that opens files from strangers; `main.py` says how it is confined."""
