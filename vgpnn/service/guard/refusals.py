"""What a visitor is told whose request is refused."""

from __future__ import annotations

GONE = "This file is not, or no longer, among the uploads: upload it again, with handle_file(path) "
GONE += "in gradio_client."
LONG_FIELD = "A field of this form is too long."
NOTHING_HERE = "There is nothing here."
NOT_SHOWN = "This file is not shown, or no longer kept."
OTHER_SITE = "Requests that other sites send are not taken: open the page itself."
STRANGE = "The page and the server do not understand each other: reload the page."
TOO_MANY_EVENTS = "Too much of yours is waiting already: try again when some of it is done."
TOO_MANY_REQUESTS = "Too many of your requests are under way: try again when some are answered."
TOO_MANY_UPLOADS = (
    "Your uploads of the last minutes take all the room that one visitor gets: wait ten minutes, "
    "or upload a smaller file."
)


WRONG_NAME = "There is no such endpoint or argument, or one is missing: gradio_api/info lists them."


class Refusal(Exception):
    """A request is refused. status: of HTTP. sentence: for whoever sent it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def too_large(most: int) -> Refusal:
    """The refusal of more than so many bytes."""
    return Refusal(413, f"This is larger than {most / 1e6:g} MB, more than is taken.")
