"""The figures of a run: rows of one table, printed as soon as they are known."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass

BEGAN = time.monotonic()


@dataclass(frozen=True)
class Row:
    """One line of the table.

    done: what was tried. happened: what came of it. figure: a measurement.
    ok: whether it is as it should be; None where this machine does not allow to try it.
    """

    done: str
    happened: str
    figure: str
    ok: bool | None


def say(text: str) -> None:
    """Print a line of progress with the time since the start."""
    print(f"[{time.monotonic() - BEGAN:5.0f} s] {text}", flush=True)


def reported(row: Row) -> Row:
    """Print a row and return it: a run that breaks off later has printed what it found."""
    say(f"{_word(row)}: {row.done}: {row.happened} ({row.figure})")
    return row


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    cells = [("what was done", "what happened", "figure", "ok"), ("---",) * 4]
    cells += [(row.done, row.happened, row.figure, _word(row)) for row in rows]
    return "\n".join("| " + " | ".join(c.replace("|", "/") for c in line) + " |" for line in cells)


def as_json(rows: list[Row]) -> list[dict]:
    return [asdict(row) for row in rows]


def is_sentence(text: str) -> bool:
    """Whether a text is one sentence for a user, and not Gradio's own text for an exception."""
    if "raised an exception" in text:
        return False
    return text.endswith(".") and "\n" not in text and len(text) < 200


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def megabytes(size: float) -> str:
    return f"{size / 1e6:.0f} MB"


def _word(row: Row) -> str:
    return {True: "yes", False: "NO", None: "not tried"}[row.ok]
