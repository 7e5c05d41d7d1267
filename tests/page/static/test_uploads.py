"""The picture that Gradio's editor shows goes up once, however often its value is asked for."""

from __future__ import annotations

from helpers.page import choose, open_tab, opened, upload, wait_for_editor

# Uploads of one file each: two with the same bytes, one with others, and again the first.
UPLOADS = """async () => {
  const send = async text => {
    const body = new FormData();
    body.append('files', new File([text], 'a.png', {type: 'image/png'}));
    const address = new URL('gradio_api/upload', document.baseURI);
    const answer = await fetch(address, {method: 'POST', body});
    return (await answer.json())[0];
  };
  return [await send('one'), await send('one'), await send('two'), await send('one')];
}"""


def sent_uploads(page) -> list[str]:
    """The addresses of uploads that the page asks for from now on."""
    addresses = []
    page.on(
        "request",
        lambda request: addresses.append(request.url) if "/upload" in request.url else None,
    )
    return addresses


def test_the_editor_uploads_its_picture_once(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["slow"])
        addresses = sent_uploads(page)
        open_tab(page, "Inpaint")
        wait_for_editor(page, 24)
        choose(page, "frames", 12)
        wait_for_editor(page, 12)
        open_tab(page, "Generate")
        page.wait_for_selector("#sizes dd:has-text('12 frames')")
        page.wait_for_timeout(2000)
        assert len([url for url in addresses if url.endswith("/upload")]) <= 2
        assert page.errors == []


def test_only_the_same_bytes_are_not_sent_again(browser, server):
    with opened(browser, server) as page:
        addresses = sent_uploads(page)
        first, again, other, later = page.evaluate(UPLOADS)
        assert first == again == later != other and len(addresses) == 2


def test_a_refused_upload_is_tried_again(browser, server):
    with opened(browser, server) as page:
        addresses = sent_uploads(page)
        page.route("**/upload", lambda route: route.fulfill(status=507, body='["no"]'))
        assert page.evaluate(UPLOADS) == ["no"] * 4
        assert len(addresses) == 4
