"""Errors of the command line: each becomes one line, and an exit status."""

from __future__ import annotations

import os

import typer

# Typer makes public only one of its errors of usage; this is the class that all of them share.
UsageError = typer.BadParameter.__base__


def sentence(error: UsageError) -> str:
    """What is wrong with a command line, in one line that names the flag or the argument, or the
    variable of the environment that a wrong value came from."""
    text = " ".join(error.format_message().split())
    text = text.replace("Value error, ", "", 1)  # pydantic's words, which tell a user nothing
    if source := _source(error):
        text = f"{source} {error.message}"
    return text if text.endswith((".", "?")) else f"{text}."


def _source(error: UsageError) -> str | None:
    """The flag or the variable that a wrong value of the page's options came from.

    None for other errors. Click would name every variable, whether or not it is set.
    """
    variables = getattr(getattr(error, "param", None), "envvar", None)
    if not isinstance(error, typer.BadParameter) or variables is None:
        return None
    if error.ctx.get_parameter_source(error.param.name).name != "ENVIRONMENT":
        return error.param.opts[0]
    names = [variables] if isinstance(variables, str) else variables
    return next(name for name in names if os.environ.get(name))
