"""A check of the sentences that users read."""

from __future__ import annotations

import re


def is_one_sentence(text: object, *names: str) -> bool:
    """Whether a text, or the message of an error, is one sentence that names some things.

    It begins with a letter, a digit or an option's dash, ends with its only full stop, and has no
    line break. A point inside a number or a file's name is no full stop.
    names: words that have to be in the sentence, such as the name of a setting.
    """
    text = str(text)
    stops = [match.end() for match in re.finditer(r"\.(?=\s|$)", text)]
    begins = re.match(r"[\w-]", text) is not None
    return begins and stops == [len(text)] and "\n" not in text and all(n in text for n in names)
