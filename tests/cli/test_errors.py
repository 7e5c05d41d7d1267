"""Errors of usage as one sentence."""

from __future__ import annotations

import typer

from vgpnn.cli.errors import UsageError, sentence


def test_an_error_of_usage_is_one_line_with_a_full_stop():
    assert sentence(UsageError("Two\n  lines")) == "Two lines."
    assert sentence(UsageError("Is this it?")) == "Is this it?"
    assert sentence(UsageError("It is.")) == "It is."


def test_the_words_of_the_library_that_checks_values_are_left_out():
    error = typer.BadParameter("Value error, 'x' is not one of 'a', 'b'.", param_hint="'--word'")
    assert sentence(error) == "Invalid value for '--word': 'x' is not one of 'a', 'b'."
