"""The package `mcp` is there, or the page has no tools."""

from __future__ import annotations

import sys

import gradio.mcp
import pytest

from vgpnn.page import agents


def test_gradio_serves_our_tools(monkeypatch):
    from vgpnn.page.tools import ToolServer

    monkeypatch.setattr(gradio.mcp, "GradioMCPServer", None)
    assert agents.serve() is True
    assert gradio.mcp.GradioMCPServer is ToolServer


def test_without_the_package_there_is_one_line_of_log(monkeypatch, caplog):
    theirs = gradio.mcp.GradioMCPServer
    for name in [name for name in sys.modules if name.partition(".")[0] == "mcp"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "vgpnn.page.tools", raising=False)
    monkeypatch.delattr(sys.modules["vgpnn.page"], "tools", raising=False)
    assert agents.serve() is False
    assert gradio.mcp.GradioMCPServer is theirs
    (record,) = caplog.records
    assert record.message == "no tools for agents"
    with pytest.raises(ImportError):
        import mcp  # noqa: F401
