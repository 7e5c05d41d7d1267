"""Pieces of HTML that several parts of the page show."""

from __future__ import annotations

import html


def problem(error: Exception | str) -> str:
    """A sentence about something that went wrong."""
    return f"<p class='problem' role='alert'>{html.escape(str(error))}</p>"


def hint(sentence: Exception | str) -> str:
    """A sentence that helps, in small grey letters."""
    return f"<p class='hint'>{html.escape(str(sentence))}</p>"


def sentence(text: str) -> str:
    """A plain sentence."""
    return f"<p class='sentence'>{html.escape(text)}</p>"


def player(name: str, address: str, label: str) -> str:
    """A video that plays in a loop, with its name and a label below."""
    return (
        f"<div class='gate'><video src='{html.escape(address)}' autoplay loop muted "
        f"playsinline></video></div><p class='meta'><b>{html.escape(name)}</b>"
        f"<span>{html.escape(label)}</span></p>"
    )


def table(**rows: str) -> str:
    """A list of names and values."""
    lines = (
        f"<div><dt>{name}</dt><dd>{html.escape(text)}</dd></div>" for name, text in rows.items()
    )
    return f"<dl class='sizes'>{''.join(lines)}</dl>"
