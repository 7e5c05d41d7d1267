"""The tools for agents, through a real client of MCP."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import warnings
from urllib.parse import quote

import jsonschema
import pytest
from gradio_client import Client, handle_file
from helpers import coroutines
from helpers.agents import SMALL, as_agent, called, fetched, refusal
from mcp import types
from mcp.shared.memory import create_connected_server_and_client_session

import vgpnn
from vgpnn.page import api
from vgpnn.page.tools import StatelessServer, uploaded, values_of
from vgpnn.service import files


@pytest.fixture(scope="module")
def tools(server) -> dict[str, types.Tool]:
    """What an agent is told, by name."""
    return {
        tool.name: tool for tool in as_agent(server, lambda session: session.list_tools()).tools
    }


@pytest.fixture
def upload(server, clips) -> str:
    """The path of an uploaded clip, as the server tells it."""
    command = ["curl", "-sS", "-F", f"files=@{clips['tiny']}", f"{server.url}gradio_api/upload"]
    return json.loads(subprocess.check_output(command, text=True))[0]


def test_an_agent_is_told_all_it_needs(server, tools):
    assert [*tools] == [*api.ENDPOINTS]
    for name, tool in tools.items():
        schema = tool.inputSchema
        jsonschema.Draft202012Validator.check_schema(schema)
        parameters = inspect.signature(api.ENDPOINTS[name]).parameters
        assert ["gradio_request", *schema["properties"]] == [*parameters]
        assert all(each["description"] for each in schema["properties"].values())
        assert tool.description and tool.annotations.idempotentHint
        video = schema["properties"]["video"]
        assert "curl -F files=@FILE ADDRESS/gradio_api/upload" in video["description"]
    assert tools["generate"].inputSchema["required"] == ["video"]
    assert tools["inpaint"].inputSchema["required"] == ["video", "cues"]
    settings = tools["sketch"].inputSchema["properties"]["settings"]
    assert settings["properties"]["min_side"]["description"].endswith("Default: 35.")


def test_a_tool_makes_what_the_endpoint_makes(server, clips, upload):
    told = []

    async def progress(done, total, message):
        told.append((done, total, message))

    async def use(session):
        arguments = {"video": upload, "seed": 3, "takes": 2, **SMALL}
        return await session.call_tool("generate", arguments, progress_callback=progress)

    result = as_agent(server, use)
    assert not result.isError
    text, *links = result.content
    assert json.loads(text.text) == result.structuredContent
    addresses = result.structuredContent["files"]
    assert [str(link.uri) for link in links] == addresses
    client = Client(server.url, verbose=False)
    clip = handle_file(str(clips["tiny"]))
    paths, settings = client.predict(video=clip, seed=3, takes=2, **SMALL, api_name="/generate")
    assert settings == result.structuredContent["settings"]
    for address, path in zip(addresses, paths, strict=True):
        with open(path["path"] if isinstance(path, dict) else path, "rb") as file:
            assert fetched(address) == file.read()
    shares = [done for done, _, _ in told]
    assert shares == sorted({*shares}) and shares[-1] == 1
    assert {each[1:] for each in told} <= {(1.0, "queued"), (1.0, "running"), (1.0, "done")}


def test_what_comes_back_can_be_given_again(server, upload):
    """The address of a file is as good as its path, and nothing is fetched for it."""
    address = f"{server.url}gradio_api/file={quote(upload)}"
    first = called(server, "drafts", {"video": address, "count": 2, **SMALL}).structuredContent
    assert [*first] == ["files", "drafts", "settings"] and len(first["drafts"]) == 2
    again = called(server, "drafts", {"video": upload, **first["settings"]}).structuredContent
    assert (again["drafts"], again["settings"]) == (first["drafts"], first["settings"])
    assert [fetched(each) for each in again["files"]] == [fetched(each) for each in first["files"]]
    name = first["drafts"][0]["draft"]
    done = called(server, "finish", {"video": upload, "drafts": [name], **SMALL}).structuredContent
    assert len(fetched(done["files"][0])) > 1000


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("generat", {}, "There is no tool 'generat': the nearest is generate."),
        ("", {}, "There is no tool '': there are generate, drafts,"),
        ("generate", {}, "video is missing"),
        ("analogy", {"video": "UPLOAD"}, "style is missing"),
        ("generate", {"video": "UPLOAD", "sed": 1}, "no argument 'sed': the nearest is seed."),
        ("generate", {"video": "UPLOAD", "gradio_request": 1}, "no argument 'gradio_request'"),
        ("generate", {"video": "UPLOAD", "frames": "many"}, "The number of frames must be"),
        ("generate", {"video": "UPLOAD", "settings": {"pases": 1}}, "the nearest is passes."),
        ("generate", {"video": "UPLOAD", "settings": 7}, "settings must be a dictionary"),
        ("retarget", {"video": "UPLOAD", "width_scale": 9}, "width_scale must be a number"),
        ("drafts", {"video": "UPLOAD", "count": None}, "count must be a whole number"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(server, upload, name, arguments, words):
    before = server.tracebacks()
    given = {key: upload if each == "UPLOAD" else each for key, each in arguments.items()}
    assert words in refusal(called(server, name, given))
    assert server.tracebacks() == before


def test_values_stand_in_the_order_of_the_endpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "UPLOADS", tmp_path.resolve())
    clip = tmp_path.resolve() / "a clip.mp4"
    clip.write_bytes(b"x")
    arguments = {"seed": 7, "video": str(clip), "drafts": ["1"]}
    values = values_of(api.finish, arguments, "U")
    expected = uploaded("video", f"http://a.example/gradio_api/file={quote(str(clip))}", "U")
    assert values[:5] == [expected, ["1"], "balanced", None, 7]
    with pytest.raises(ValueError, match=r"^video must be an uploaded file, not .*\.$"):
        uploaded("video", f"http://a.example/{clip}", "U")


def test_requests_that_overlap_leave_the_log_of_warnings_alone(monkeypatch):
    """The base class puts the list of one of them in its place for good."""
    ours = list().append
    monkeypatch.setattr(warnings, "showwarning", ours)
    over = [asyncio.Event(), asyncio.Event()]

    async def answer(call: types.CallToolRequest) -> types.ServerResult:
        await over[int(call.params.name)].wait()
        return types.ServerResult(types.CallToolResult(content=[], isError=True))

    async def overlapping() -> None:
        server = StatelessServer("overlapping")
        server.request_handlers[types.CallToolRequest] = answer
        async with create_connected_server_and_client_session(server) as session:
            calls = [asyncio.create_task(session.call_tool(name, {})) for name in "01"]
            for each, call in zip(over, calls, strict=True):
                await asyncio.sleep(0.05)
                each.set()
                await call

    coroutines.run(overlapping())
    assert warnings.showwarning is ours


def test_the_version_is_that_of_the_package(server):
    async def info(session):
        return await session.initialize()

    assert as_agent(server, info).serverInfo.version == vgpnn.__version__
