"""Pieces of HTML that several parts of the page show."""

from __future__ import annotations

import html


def problem(error: Exception | str) -> str:
    """A sentence about something that went wrong."""
    return f"<p class='problem' role='alert'>{html.escape(str(error))}</p>"


def hint(sentence: Exception | str) -> str:
    """A sentence that helps, in small grey letters."""
    return f"<p class='hint'>{html.escape(str(sentence))}</p>"


def spoken(text: str) -> str:
    """A hint that spoken.js also tells screen readers, when it is new."""
    return f"<p class='hint spoken'>{html.escape(text)}</p>"


def sentence(text: str) -> str:
    """A plain sentence."""
    return f"<p class='sentence'>{html.escape(text)}</p>"


def player(name: str, address: str, label: str, size: tuple[int, int]) -> str:
    """A video that plays in a loop, with its name and a label below.

    size: (height, width) in any unit. It keeps the room of a video that is not loaded yet, so that
    nothing below it moves under the pointer."""
    height, width = size
    return (
        f"<div class='gate'><video src='{html.escape(address)}' width='{width:d}' "
        f"height='{height:d}' autoplay loop muted playsinline></video></div>"
        f"<p class='meta'><b>{html.escape(name)}</b><span>{html.escape(label)}</span></p>"
    )


def table(**rows: str) -> str:
    """A list of names and values."""
    lines = (
        f"<div><dt>{name}</dt><dd>{html.escape(text)}</dd></div>" for name, text in rows.items()
    )
    return f"<dl class='sizes'>{''.join(lines)}</dl>"
