"""Whether agents can call the endpoints as tools: the package `mcp` has to be installed."""

from __future__ import annotations

import logging

import gradio.mcp

log = logging.getLogger(__name__)


def serve() -> bool:
    """Let Gradio serve our tools in the place of its own. Returns whether it can; if not, one line
    of the log says so, and all else works."""
    try:
        from vgpnn.page.tools import ToolServer
    except ImportError as error:
        log.warning("no tools for agents", extra={"fields": {"missing": error.name}})
        return False
    gradio.mcp.GradioMCPServer = ToolServer
    return True
