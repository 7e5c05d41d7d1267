"""What the figures are put into: rows of one table."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass

BEGAN = time.monotonic()


@dataclass(frozen=True)
class Row:
    """What was done, what happened, a figure, and whether it is as it should be.

    ok: None where the machine does not allow to try it.
    """

    done: str
    happened: str
    figure: str
    ok: bool | None


def say(text: str) -> None:
    """A line of progress."""
    print(f"[{time.monotonic() - BEGAN:5.0f} s] {text}", flush=True)


def told(row: Row) -> Row:
    """The row, said at once: a run that breaks off has told what it found."""
    say(f"{_word(row)}: {row.done}: {row.happened} ({row.figure})")
    return row


def table(rows: list[Row]) -> str:
    """Markdown."""
    cells = [("what was done", "what happened", "figure", "ok"), ("---",) * 4]
    cells += [(row.done, row.happened, row.figure, _word(row)) for row in rows]
    return "\n".join("| " + " | ".join(c.replace("|", "/") for c in line) + " |" for line in cells)


def as_json(rows: list[Row]) -> list[dict]:
    return [asdict(row) for row in rows]


def is_sentence(text: str) -> bool:
    """What a user is told of a refusal: one line, that ends, and not Gradio's for an exception."""
    if "raised an exception" in text:
        return False
    return text.endswith(".") and "\n" not in text and len(text) < 200


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def megabytes(size: float) -> str:
    return f"{size / 1e6:.0f} MB"


def _word(row: Row) -> str:
    return {True: "yes", False: "NO", None: "not tried"}[row.ok]
