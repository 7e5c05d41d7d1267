"""Why a deployment was refused: whatever goes wrong with the Hub becomes one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

from vgpnn.deployment.files import Refused
from vgpnn.deployment.plan import Plan

TOKENS = "https://huggingface.co/settings/tokens"


@contextmanager
def refusals(plan: Plan, token: str | None) -> Iterator[None]:
    """Turns every error of the calls inside into `Refused`, with one sentence without the token."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        text = _sentence(plan, error)
        raise Refused(text.replace(token, "...") if token else text) from None


def _sentence(plan: Plan, error: Exception) -> str:
    cause = error
    while cause.__cause__ is not None and not isinstance(cause, HfHubHTTPError):
        cause = cause.__cause__
    if isinstance(cause, HfHubHTTPError) and cause.response is not None:
        return _sentence_of_status(plan, cause.response.status_code, cause.server_message or "")
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set: unset it to reach Hugging Face."
    if any(isinstance(each, HTTPError | OSError) for each in (cause, error)):
        return "Hugging Face cannot be reached: check the connection, and HF_ENDPOINT if set."
    return (
        "Hugging Face and huggingface_hub did not understand each other "
        f"({type(error).__name__}): try again later, or update huggingface_hub."
    )


def _sentence_of_status(plan: Plan, status: int, message: str) -> str:
    """What an HTTP status means for a plan. message: the Hub's own words, which may be empty."""
    message = " ".join(message.split()).rstrip(".")[:200]
    why = f" (it says: {message})" if message else ""
    meanings = {
        401: f"Hugging Face does not accept this token: make one that may write at {TOKENS}.",
        402: f"Hugging Face wants a paid plan for {plan.new_hardware}{why}: choose another "
        "--hardware, or subscribe.",
        403: f"This token may not do that for {plan.repo_id}{why}: give one that may write to "
        f"what is {plan.owner}'s, from {TOKENS}.",
        404: f"Hugging Face has no {plan.repo_id} that this token may see: check the name, and "
        f"that the token may write for {plan.owner}.",
        429: "Hugging Face has had too many requests from here: try again in some minutes.",
    }
    if status in meanings:
        return meanings[status]
    if status >= 500:
        return f"Hugging Face has a problem of its own ({status}): try again later."
    return f"Hugging Face refused {plan.repo_id} with {status}{why}: correct that and try again."
