"""Checks of values from users: a wrong value becomes an error with one sentence.

The sentence names the value and says which values are allowed.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

SHOWN = 40  # characters of a wrong value that a sentence repeats


def number(
    name: str, value: Any, low: float = -math.inf, high: float = math.inf, whole: bool = False
) -> float | int:
    """A value as a number in [low, high]: an int if it has to be whole, else a float.

    name: how the sentence of the error calls the value.
    Raises ValueError with one sentence for anything else, such as a bool or NaN.
    """
    # NumPy's whole numbers and a JSON 3.0 are whole numbers too.
    fits = isinstance(value, Real) and not isinstance(value, bool) and low <= value <= high
    if not fits or not math.isfinite(value) or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise ValueError(
            f"{name} must be {kind} from {written(low)} to {written(high)}, not {shown(value)}."
        )
    return int(value) if whole else float(value)


def shown(value: Any) -> str:
    """A wrong value as a sentence shows it: texts in quotation marks, and nothing long in full."""
    number = isinstance(value, Real) and not isinstance(value, int)
    try:
        text = str(value) if number else repr(value)
    except (ValueError, RecursionError):  # of a whole number with thousands of digits, for one
        return "this one"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def written(value: float) -> str:
    """A limit in full, without an exponent: 2147483647, 0.5 or 0.000001."""
    if not math.isfinite(value) or value == int(value):
        return f"{value:.0f}"
    return f"{value:.9f}".rstrip("0")


def one_of(name: str, value: Any, choices: Iterable[str]) -> str:
    """The value itself, if it is one of the choices.

    name: how the sentence of the error calls the value.
    Raises ValueError with one sentence for any other value.
    """
    choices = tuple(choices)
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{name} must be one of {listed}, not {shown(value)}.")
    return value


def yes_or_no(name: str, value: Any) -> bool:
    """The value itself, if it is true or false; see `one_of`."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {shown(value)}.")
    return value


def known(kind: str, name: Any, names: Iterable[str]) -> str:
    """The name itself, if it is one of those that there are.

    kind: what the sentence of the error calls them.
    Raises ValueError with one sentence that has the nearest of the names, or all of them.
    """
    names = tuple(names)
    if not isinstance(name, str) or name not in names:
        near = difflib.get_close_matches(str(name)[:SHOWN], names, 1)
        rest = f"the nearest is {near[0]}" if near else f"there are {', '.join(names)}"
        raise ValueError(f"There is no {kind} {shown(name)}: {rest}.")
    return name


def in_minutes(seconds: float) -> str:
    """A time [s] as it is told: "a minute" or "about 5 minutes"."""
    minutes = round(seconds / 60)
    return "a minute" if minutes <= 1 else f"about {minutes} minutes"
