"""How many requests of a person are under way at once."""

from __future__ import annotations

import pytest

from vgpnn.limits import LIMITS
from vgpnn.service.guard.addresses import Kind, kind_of
from vgpnn.service.guard.refusals import TOO_MANY_REQUESTS, Refusal
from vgpnn.service.guard.under_way import UnderWay


def test_a_person_has_so_many_requests_and_others_have_theirs():
    requests = UnderWay()
    held = [requests.one_more("ada", Kind.WORK) for _ in range(LIMITS.requests_per_person)]
    for request in held:
        request.__enter__()
    with (
        pytest.raises(Refusal, match=TOO_MANY_REQUESTS) as caught,
        requests.one_more("ada", Kind.WORK),
    ):
        pass
    assert caught.value.status == 429
    with requests.one_more("ada", Kind.STREAM), requests.one_more("bob", Kind.WORK):
        pass
    held[0].__exit__(None, None, None)
    with requests.one_more("ada", Kind.WORK):
        pass


def test_nothing_is_kept_of_what_is_over():
    requests = UnderWay()
    with pytest.raises(KeyError), requests.one_more("ada", Kind.WORK):
        raise KeyError
    assert not requests._taken


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/gradio_api/queue/join", Kind.WORK),
        ("POST", "/gradio_api/call/generate", Kind.WORK),
        ("POST", "/gradio_api/run/sizes", Kind.WORK),
        ("POST", "/gradio_api/upload", Kind.WORK),
        ("POST", "/gradio_api/mcp", Kind.WORK),
        ("DELETE", "/assets/x.js", Kind.WORK),
        ("GET", "/gradio_api/heartbeat/abc", Kind.STREAM),
        ("GET", "/gradio_api/queue/data", Kind.STREAM),
        ("GET", "/gradio_api/call/generate/1", Kind.STREAM),
        ("GET", "/gradio_api/upload_progress", Kind.STREAM),
        ("GET", "/", Kind.READ),
        ("GET", "/gradio_api/file=/tmp/a.mp4", Kind.READ),
        ("GET", "/assets/x.js", Kind.FIXED),
        ("GET", "/healthz", Kind.FIXED),
    ],
)
def test_requests_are_of_a_kind(method, path, kind):
    assert kind_of(method, path) is kind
