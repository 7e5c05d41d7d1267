"""The endpoints as tools for agents, over MCP (Model Context Protocol).

Gradio's own server of tools calls the endpoints over HTTP from this machine: all callers would be
one person, or whoever they say they are, files would be fetched from any address that is named,
each call would hold a thread, and no password would be asked for. Here a call is answered within
the request that brings it, on the same way as any event: the limits of the guard are those of the
caller, files are uploads of this server, and the job of a client that hangs up is stopped.

Nothing is kept between requests: there are no sessions, and nothing comes unasked.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

import gradio as gr
import gradio.mcp
from gradio.route_utils import get_root_url
from gradio.utils import get_function_description
from mcp import types
from mcp.server import Server
from mcp.shared.session import RequestResponder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

import vgpnn
from vgpnn.checks import known, shown
from vgpnn.page.endpoint import Offer, on_progress
from vgpnn.page.tool_address import ToolAddress
from vgpnn.service import files
from vgpnn.service.guard.addresses import FILE, MCP
from vgpnn.service.sessions import SessionState

UPLOAD = "/gradio_api/upload"
INSTRUCTIONS = (
    "Makes new versions of one short video from patches of that video alone: no training, seconds "
    "to minutes. Upload each file first, as the field `files` of a form sent to the address "
    f"{UPLOAD} of this server, and give the path that comes back. Start with generate and few "
    "frames. Results are MP4 files at addresses of this server, which are deleted after a while; "
    "the settings that come with them make the same again."
)
PATH_HELP = (
    f"the path that `curl -F files=@FILE ADDRESS{UPLOAD}` answers with; ADDRESS: this server"
)
# Makes files of its own, and another call with the same arguments makes the same.
ANNOTATIONS = types.ToolAnnotations(
    readOnlyHint=False, destructiveHint=False, idempotentHint=True, openWorldHint=False
)
LEAST_STEP = 0.01  # of the work that is done, between two reports


class StatelessServer(Server):
    """A server of MCP whose requests share nothing.

    The base class collects the warnings of Python while it answers. Requests that overlap would
    leave its list in the place of our log of warnings."""

    async def _handle_message(self, message, session, lifespan_context, raise_exceptions=False):
        if isinstance(message, RequestResponder):
            request = message.request.root
            with message:
                await self._handle_request(
                    message, request, session, lifespan_context, raise_exceptions
                )


class ToolServer(gradio.mcp.GradioMCPServer):
    """Instead of Gradio's server of tools: tools only, over streamable HTTP only."""

    def create_mcp_server(self) -> Server:
        server = StatelessServer("vgpnn", vgpnn.__version__, INSTRUCTIONS)
        server.list_tools()(self._tools)
        server.request_handlers[types.CallToolRequest] = self._answer
        return server

    def get_tool_to_endpoint(self) -> dict[str, str]:
        """The endpoint of each tool. On a Space Gradio would add its name to the tools' names."""
        return {path.strip("/"): path for path in self.api_info["named_endpoints"]}

    def launch_mcp_on_sse(self, app: Starlette, subpath: str, root_path: str) -> None:
        """Answer at the one address of the guard's list."""
        self.root_path = root_path
        address = ToolAddress(app, self.manager.handle_request)
        app.router.routes += [Route(path, address) for path in (MCP, f"{MCP}/")]

    async def _tools(self) -> list[types.Tool]:
        return self._all_tools

    @cached_property
    def _all_tools(self) -> list[types.Tool]:
        """What agents are told of the endpoints, made once: it is much."""
        return [self._tool(name) for name in self.tool_to_endpoint]

    def _tool(self, name: str) -> types.Tool:
        function = self._function(name)
        description, helps, _ = get_function_description(function)
        parameters = arguments_of(function)
        told = self.api_info["named_endpoints"][self.tool_to_endpoint[name]]["parameters"]
        kinds = {each["parameter_name"]: each["type"] for each in told}
        schema = {
            "type": "object",
            "properties": {
                each: self._schema(function, parameters[each], kinds[each], helps[each])
                for each in parameters
            },
            "required": [p.name for p in parameters.values() if p.default is p.empty],
            "additionalProperties": False,
        }
        return types.Tool(
            name=name,
            description=description,
            inputSchema=schema,
            outputSchema=result_schema(function),
            annotations=ANNOTATIONS,
        )

    def _schema(
        self, function: Callable, parameter: inspect.Parameter, kind: dict, text: str
    ) -> dict:
        """The JSON schema of an argument. kind: that of its type. text: its help."""
        if parameter.name == "settings":
            return function.settings_schema
        if parameter.annotation is gr.FileData:
            return {"type": "string", "description": f"{text.partition(';')[0]}: {PATH_HELP}"}
        schema = {**kind, "description": text}
        has_default = parameter.default is not parameter.empty
        return schema | ({"default": parameter.default} if has_default else {})

    async def _answer(self, call: types.CallToolRequest) -> types.ServerResult:
        result = await self._result(call.params.name, call.params.arguments or {})
        return types.ServerResult(result)

    def _function(self, name: str) -> Callable:
        return self.get_block_fn_from_endpoint_name(self.tool_to_endpoint[name]).fn

    def _request(self) -> Request:
        """The request that is answered at the moment."""
        return self.mcp_server.request_context.request

    def _root(self) -> str:
        """The address of this server, as the caller knows it."""
        return get_root_url(self._request(), MCP, self.root_path)

    async def _result(self, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        """What a tool makes of its arguments. What is wrong becomes one sentence."""
        try:
            known("tool", name, self.tool_to_endpoint)
            function = self._function(name)
            values = values_of(function, arguments, self._root() + UPLOAD)
            block = self.get_block_fn_from_endpoint_name(self.tool_to_endpoint[name])
            sender, report = gr.Request(request=self._request()), self._reporter()
            with on_progress(report):
                output = await self.blocks.process_api(
                    block, values, SessionState(self.blocks), sender
                )
            if report is not None:  # a job may be over before its last change was seen
                await report({"phase": "done", "progress": {"fraction": 1.0}})
        except (gr.Error, ValueError) as error:
            text = error.message if isinstance(error, gr.Error) else str(error)
            content = [types.TextContent(type="text", text=text)]
            return types.CallToolResult(content=content, isError=True)
        return self._made(output["data"], has_drafts=is_offer(function))

    def _made(self, data: list, has_drafts: bool) -> types.CallToolResult:
        """The answer for what an endpoint has returned."""
        paths = [file.path for file in data[0]]
        addresses = [f"{self._root()}{FILE}{quote(path)}" for path in paths]
        drafts = {"drafts": data[1]} if has_drafts else {}
        structured = {"files": addresses, **drafts, "settings": data[-1]}
        links = [
            types.ResourceLink(
                type="resource_link", uri=uri, name=uri.rpartition("/")[2], mimeType="video/mp4"
            )
            for uri in addresses
        ]
        text = types.TextContent(type="text", text=json.dumps(structured))
        return types.CallToolResult(content=[text, *links], structuredContent=structured)

    def _reporter(self) -> Callable | None:
        """A function that tells the caller how far a job is; None where it did not ask."""
        context = self.mcp_server.request_context
        token = context.meta and context.meta.progressToken
        if token is None:
            return None
        told = -1.0

        async def report(view: dict) -> None:
            nonlocal told
            done = (view.get("progress") or {}).get("fraction", 0.0)
            if done < told + LEAST_STEP:
                return
            told = done
            await context.session.send_progress_notification(
                token,
                done,
                total=1.0,
                message=view["phase"],
                related_request_id=str(context.request_id),
            )

        return report


def arguments_of(function: Callable) -> dict[str, inspect.Parameter]:
    """The parameters of an endpoint that a client gives."""
    parameters = inspect.signature(function).parameters
    return {name: parameters[name] for name in parameters if name != "gradio_request"}


def is_offer(function: Callable) -> bool:
    """Whether an endpoint returns drafts."""
    return inspect.signature(function).return_annotation == Offer


def result_schema(function: Callable) -> dict:
    """The JSON schema of what a tool answers with."""
    kinds = {"files": "array", "settings": "object"} | (
        {"drafts": "array"} if is_offer(function) else {}
    )
    helps = {
        "files": "The addresses of the MP4 files.",
        "settings": "The arguments that make the same again, apart from the files.",
        "drafts": "The draft (its name), the error and the change of each file, in their order.",
    }
    properties = {name: {"type": kind, "description": helps[name]} for name, kind in kinds.items()}
    return {"type": "object", "properties": properties, "required": [*kinds]}


def values_of(function: Callable, arguments: dict[str, Any], upload: str) -> list:
    """The values of an endpoint's parameters, in their order. upload: where files are sent to.

    Raises ValueError with one sentence for a wrong or a missing name, or a file that is no upload.
    """
    parameters = arguments_of(function)
    for name in arguments:
        known("argument", name, parameters)
    values = []
    for name, parameter in parameters.items():
        if name not in arguments and parameter.default is parameter.empty:
            raise ValueError(f"{name} is missing: see the schema of this tool.")
        value = arguments.get(name, parameter.default)
        is_file = parameter.annotation is gr.FileData
        values.append(uploaded(name, value, upload) if is_file else value)
    return values


def uploaded(name: str, value: Any, upload: str) -> dict:
    """The payload of an uploaded file that was given by its path or by an address that ends with
    it. Nothing is fetched. Raises ValueError with one sentence for anything else."""
    text = value if isinstance(value, str) else ""
    path = unquote(text.partition(FILE)[2]) if FILE in text else text
    if not files.is_upload(path):
        raise ValueError(
            f"{name} must be an uploaded file, not {shown(value)}: send it to {upload} as the "
            "field files of a form, and give the path that comes back."
        )
    return {"path": path, "meta": {"_type": "gradio.FileData"}}
