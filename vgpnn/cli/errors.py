"""Errors of the command line: each becomes one line, and an exit status."""

from __future__ import annotations

import typer

# Typer makes public only one of its errors of usage; this is the class that all of them share.
UsageError = typer.BadParameter.__base__


def sentence(error: UsageError) -> str:
    """What is wrong with a command line, in one line that names the flag or the argument."""
    text = " ".join(error.format_message().split())
    text = text.replace("Value error, ", "", 1)  # pydantic's words, which tell a user nothing
    return text if text.endswith((".", "?")) else f"{text}."
