"""The tables of docs/api.md, made from the endpoints themselves."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import gradio as gr
from gradio.utils import get_function_description

from vgpnn.page.api import ENDPOINTS
from vgpnn.page.arguments import common_arguments

SHARED = common_arguments("generate", has_takes=True, has_marks=True)
WORDS = {gr.FileData: "file", int: "whole number", float: "number", bool: "true or false"}
WORDS |= {str: "text", list[str]: "list of texts", dict[str, str]: "texts by name"}
NOT_SHOWN = "gradio_request"

Rows = list[list[str]]


def endpoint_rows() -> Rows:
    """Every endpoint, and what it does."""
    return [[f"`/{name}`", get_function_description(call)[0]] for name, call in ENDPOINTS.items()]


def shared_rows() -> Rows:
    """The arguments that several endpoints have, and which."""
    rows = []
    for name, about in SHARED.items():
        having = [f"`/{each}`" for each, call in ENDPOINTS.items() if name in parameters_of(call)]
        where = "all" if len(having) == len(ENDPOINTS) else ", ".join(having)
        rows.append([f"`{name}`", type_text(about.kind), default_text(about.default), where])
        rows[-1].append(f"{about.help}.")
    return rows


def own_rows() -> Rows:
    """The arguments that an endpoint has for its task, by endpoint."""
    rows = []
    for endpoint, call in ENDPOINTS.items():
        _, helps, _ = get_function_description(call)
        for name, parameter in parameters_of(call).items():
            if name not in SHARED:
                default = default_text(parameter.default)
                kind = type_text(parameter.annotation)
                rows.append([f"`/{endpoint}`", f"`{name}`", kind, default, helps[name]])
    return rows


def parameters_of(call: Callable) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(call).parameters
    return {name: parameters[name] for name in parameters if name != NOT_SHOWN}


def type_text(kind: Any) -> str:
    """A type in words."""
    if kind in WORDS:
        return WORDS[kind]
    if get_origin(kind) is Literal:
        return "text"
    choices = [each for each in get_args(kind) if each is not type(None)]
    if choices:
        return f"{type_text(choices[0])} or null"
    return "dictionary"


def default_text(default: Any) -> str:
    """A default as JSON has it."""
    return "needed" if default is inspect.Parameter.empty else f"`{json.dumps(default)}`"
