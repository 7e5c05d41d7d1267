"""Values of the page's components, and what stands for a value that cannot be used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from gradio.components import Component

Values = dict[Component, Any]


class Unfinished(ValueError):
    """Something still has to be chosen before a run can start; nothing is wrong."""


class UnusableValue(ValueError):
    """A control holds a value that cannot be used; most often somebody is still typing it."""


@dataclass(frozen=True)
class Unusable:
    """What an event handler gets instead of a value that its component cannot accept.

    Gradio's components raise an error then, while somebody is typing. Ours pass this on, and the
    handler decides whether anybody has to know.

    sentence: what is wrong, for the user.
    """

    sentence: str


def usable(value: Any) -> Any:
    """The value as it is. Raises UnusableValue, with its sentence, for an `Unusable`."""
    if isinstance(value, Unusable):
        raise UnusableValue(value.sentence)
    return value


def word_for(*facts: Any) -> str:
    """A word that stands for some facts, such as the path of a file, and does not tell them."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def plain_values(values: Values) -> Values:
    """The same with the value of each update in the update's place."""
    return {
        component: value["value"] if isinstance(value, dict) and "value" in value else value
        for component, value in values.items()
    }
