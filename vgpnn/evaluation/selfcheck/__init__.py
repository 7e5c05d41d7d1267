"""The test of a new installation: `python -m vgpnn selfcheck`.

A check is a function from a `Target` to an `Outcome`. Each module lists its checks; `report` runs
them one after the other and goes on where one fails.
"""
