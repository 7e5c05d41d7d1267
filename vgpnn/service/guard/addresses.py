"""The addresses that the server answers, and what a request to each kind of them may take."""

from __future__ import annotations

import re
from enum import Enum

from vgpnn.limits import LIMITS

FILE = "/gradio_api/file="
BY_NAME = "/gradio_api/call/v2/"  # where programs name an endpoint and its arguments
MCP = "/gradio_api/mcp"  # where tools are called
HEARTBEAT = "/gradio_api/heartbeat/"
# The addresses that the page, gradio_client, agents and a log-in need; all others do not exist.
OPEN = re.compile(
    r"/(config/?|favicon\.ico|robots\.txt|manifest\.json|theme\.css|healthz|metrics|login/?|logout"
    r"|(assets|static)/.+"
    r"|gradio_api/((info|openapi\.json|app_id|startup-events|user|token|login_check|theme\.css"
    r"|upload|upload_progress|mcp|queue/(join|data|status)|cancel|reset)/?"
    r"|(heartbeat|run|api|call)/.+|file=.+))?"
)
# What is the same for everybody: a browser asks for a hundred of these at once.
FIXED = re.compile(
    r"/(favicon\.ico|robots\.txt|healthz|metrics|(.*/)?theme\.css|(assets|static)/.+)"
)
STREAMS = re.compile(r"/gradio_api/(heartbeat/.+|queue/data/?|upload_progress/?|call/.+)")
BODY_BYTES = 1_000_000  # [bytes] of a request that is no upload


class Kind(Enum):
    """What a request takes from the server, and how many of it one person may have at once."""

    WORK = "work"  # whatever is no GET
    STREAM = "stream"  # an answer that goes on as long as the page is open, or an event takes
    READ = "read"
    FIXED = "fixed"

    @property
    def most(self) -> int | None:
        """How many of one person may be under way; None for any number."""
        return {
            Kind.WORK: LIMITS.requests_per_person,
            Kind.STREAM: LIMITS.streams_per_person,
            Kind.READ: 2 * LIMITS.streams_per_person,
            Kind.FIXED: None,
        }[self]


def kind_of(method: str, path: str) -> Kind:
    """The kind of a request."""
    if method not in ("GET", "HEAD"):
        return Kind.WORK
    if FIXED.fullmatch(path):
        return Kind.FIXED
    return Kind.STREAM if STREAMS.fullmatch(path) else Kind.READ


def is_upload(path: str) -> bool:
    return path.rstrip("/").endswith("/upload")


def max_bytes(path: str) -> int:
    """How many bytes the body of a request to an address may have."""
    return BODY_BYTES + (LIMITS.upload_bytes if is_upload(path) else 0)
