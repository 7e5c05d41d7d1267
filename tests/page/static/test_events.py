"""A stream of events does not end while an event is under way, and never without a word."""

from __future__ import annotations

import json

import pytest
from helpers.page import opened
from playwright.sync_api import Error

# Sends an event where there is one, and reads a stream to its end.
READ = """async sends => {
  if (sends) await (await fetch('fake/queue/join', {method: 'POST'})).json();
  return (await fetch('fake/queue/data?session_hash=x')).text();
}"""

# Notes for each event whether events.js saw it on its way.
NOTE = """const own = window.fetch, note = (...asked) => {
  const address = String(asked[0]?.url ?? asked[0]);
  if (address.includes('queue/join')) window.seen = [...window.seen ?? [], window.fetch !== note];
  return own(...asked);
};
window.fetch = note;"""


@pytest.fixture
def page(browser, server):
    """A document of the server that has no events of its own."""
    page = browser.new_page()
    page.goto(f"{server.url}healthz")
    page.evaluate("import('/static/vgpnn/events.js')")
    yield page
    page.close()


def stream(*messages) -> str:
    return "".join(f"data: {json.dumps(message)}\n\n" for message in messages)


def done(event: str) -> dict:
    return {"msg": "process_completed", "event_id": event}


CLOSE = {"msg": "close_stream"}


def test_a_stream_goes_on_while_an_event_is_under_way(page):
    bodies = [stream(done("a"), CLOSE), stream(done("b"), CLOSE)]
    asked = []

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(body=bodies[len(asked) - 1], content_type="text/event-stream")

    page.route("**/fake/queue/data*", answer)
    page.route("**/fake/queue/join", lambda route: route.fulfill(json={"event_id": "b"}))
    assert page.evaluate(READ, True) == stream(done("a"), done("b"), CLOSE)
    assert len(asked) == 2
    asked.clear()
    assert page.evaluate(READ, False) == bodies[0]  # nothing is under way: it ends
    assert len(asked) == 1


def test_an_event_that_is_over_before_its_sender_knows_holds_nothing_open(page):
    body = stream(done("c"), CLOSE)
    page.route(
        "**/fake/queue/data*",
        lambda route: route.fulfill(body=body, content_type="text/event-stream"),
    )
    page.route("**/fake/queue/join", lambda route: route.fulfill(json={"event_id": "c"}))
    assert page.evaluate(READ, False) == body
    assert page.evaluate(READ, True) == body


def test_a_stream_that_is_cut_ends_and_fails_where_an_event_is_under_way(page):
    bodies = [stream(done("d"))]
    page.route(
        "**/fake/queue/data*",
        lambda route: route.fulfill(body=bodies.pop(0), content_type="text/event-stream"),
    )
    page.route("**/fake/queue/join", lambda route: route.fulfill(json={"event_id": "e"}))
    assert page.evaluate(READ, False) == stream(done("d"), CLOSE)  # the client opens another
    bodies.append(stream({"msg": "heartbeat"}))
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate(READ, True)


def test_a_stream_that_is_refused_later_fails(page):
    answers = [{"body": stream(done("f"), CLOSE)}, {"status": 429}]
    page.route("**/fake/queue/data*", lambda route: route.fulfill(**answers.pop(0)))
    page.route("**/fake/queue/join", lambda route: route.fulfill(json={"event_id": "g"}))
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate(READ, True)


# A stream that says that it is closed, and ends when another event has been sent.
SLOW_END = """async ({first, second}) => {
  let end;
  const slow = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(first));
      end = () => controller.close();
    },
  });
  const streams = [slow, second];
  window.fetch = async address => address.endsWith('join')
    ? new Response('{"event_id": "i"}') : new Response(streams.shift());
  await import('/static/vgpnn/events.js?again');
  const {body} = await fetch('fake/queue/data');
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let heard = (await reader.read()).value;
  await fetch('fake/queue/join');
  end();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return heard;
    heard += value;
  }
}"""


def test_a_stream_is_closed_when_it_has_ended(page):
    """An event that was sent between its last word and its end was never answered."""
    first, second = stream(done("h"), CLOSE), stream(done("i"), CLOSE)
    heard = page.evaluate(SLOW_END, {"first": first, "second": second})
    assert heard == stream(done("h"), done("i"), CLOSE)


def test_not_even_the_first_event_of_a_page_is_missed(browser, server):
    with opened(browser, server, for_itself=True) as page:
        page.add_init_script(NOTE)
        page.reload()
        page.wait_for_selector("#timeline img[src]")
        seen = page.evaluate("window.seen")
        assert len(seen) > 2 and all(seen)
