"""The command line, `python -m vgpnn`: one module per command, and what the commands share."""
