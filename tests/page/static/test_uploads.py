"""The picture that Gradio's editor shows goes up once, however often its value is asked for."""

from __future__ import annotations

from helpers.page import open_tab, opened, upload, wait_for_editor
from PIL import Image

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
        for _ in range(3):  # each sends the value of the editor
            page.click("#show-paint")
            page.wait_for_selector("#painted .problem")
            open_tab(page, "Generate")
            page.wait_for_selector("#sizes dd:has-text('24 frames')")
            open_tab(page, "Inpaint")
            page.wait_for_selector("#sizes .hint")
        assert len([url for url in addresses if url.endswith("/upload")]) == 1
        assert page.errors == []


def test_a_still_picture_is_refused_as_often_as_it_is_chosen(browser, server, tmp_path):
    """The server removes what it refuses: each time it has to go up."""
    path = tmp_path / "still.png"
    Image.new("RGB", (64, 48)).save(path)
    with opened(browser, server) as page:
        for _ in range(2):
            with page.expect_response(lambda answer: "/upload?upload_id=" in answer.url):
                page.set_input_files("#upload input[type=file]", str(path))
            page.wait_for_selector("#working .problem:has-text('still')")
            page.wait_for_selector("#upload button", state="visible")


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
