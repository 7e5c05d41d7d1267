"""Parts of Gradio that it makes itself, by name, and in whose place ours are put."""

from __future__ import annotations

import secrets

from fastapi import HTTPException
from gradio import processing_utils, route_utils, routes
from starlette.types import ASGIApp, Receive, Scope, Send

from vgpnn.service.guard import uploads
from vgpnn.service.guard.refusals import STRANGE
from vgpnn.service.sessions import SessionState, StateHolder, is_made_up_name

KEPT_PROGRESSES = 200  # uploads whose progress is known, those that are over among them


class SameSite:
    """Instead of Gradio's middleware that allows scripts of every other site to use the page, with
    the cookies of whoever looks at that site. The page itself is in no need of it."""

    def __init__(self, app: ASGIApp, **_: object) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class KnownSessions(StateHolder):
    """What Gradio keeps for each session; names that no page makes up are refused."""

    def __getitem__(self, session_hash: str) -> SessionState:
        if not is_made_up_name(session_hash):
            raise HTTPException(400, STRANGE)
        return super().__getitem__(session_hash)


def replace() -> None:
    """Put our parts in the place of Gradio's."""
    # The key by which Gradio names the folders of other files may be part of an image of this
    # server that others have too: who has it and the same file would know the name.
    processing_utils.hash_seed = secrets.token_bytes(32)
    route_utils.NamedTemporaryFile = uploads.temporary_file
    route_utils.GradioUploadFile = uploads.SentFile
    route_utils.GradioMultiPartParser = routes.GradioMultiPartParser = uploads.Form
    routes.CustomCORSMiddleware = SameSite
    routes.StateHolder = KnownSessions


def forget_progress() -> None:
    """Drop the oldest of what Gradio would keep for good of every upload's progress."""
    progress = routes.file_upload_statuses
    for kept in (progress._statuses, progress._signals):
        for name in list(kept)[:-KEPT_PROGRESSES]:
            del kept[name]
