"""The page is sent compressed, and videos are not."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize("address", ["", "config", "gradio_api/info"])
def test_what_repeats_itself_is_compressed(server, address):
    sent = httpx.get(server.url + address, headers={"accept-encoding": "gzip"})
    assert sent.status_code == 200 and sent.headers["content-encoding"] == "gzip"
    assert sent.num_bytes_downloaded < len(sent.content) / 5
    plain = httpx.get(server.url + address, headers={"accept-encoding": "identity"})
    assert plain.status_code == 200 and "content-encoding" not in plain.headers


def test_a_part_of_a_video_is_sent_as_it_is(server):
    config = httpx.get(server.url + "config").text
    start = config.index("gradio_api/file=")
    address = config[start : config.index(".mp4", start) + 4]
    headers = {"range": "bytes=10-19", "accept-encoding": "gzip"}
    sent = httpx.get(server.url + address, headers=headers)
    assert sent.status_code == 206 and len(sent.content) == 10
    assert "content-encoding" not in sent.headers
