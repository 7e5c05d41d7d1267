"""Sending a plan to the Hugging Face Hub: a new Space, or an update of one."""

from __future__ import annotations

import re

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    SpaceInfo,
    SpaceRuntime,
    get_token,
)
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.utils import disable_progress_bars

from vgpnn.deployment.files import Refused
from vgpnn.deployment.kinds import FREE_HARDWARE, TWO_CORES, ZERO_GPU
from vgpnn.deployment.plan import SLEEP_SECONDS, Plan
from vgpnn.deployment.refusals import TOKENS, refusals

# What a deployment sends, and removes from a Space when it is gone here.
SENT_PATHS = ("vgpnn/", "examples/", "docs/", "Dockerfile", "CONTRIBUTING.md", "CHANGELOG.md")
HUB_FILES = {".gitattributes", "README.md"}  # what the Hub puts into a new Space


def send(plan: Plan) -> str:
    """Make or update the Space; returns its address. Raises Refused with one sentence."""
    token = _token(plan)
    disable_progress_bars()
    api = HfApi(token=token)
    with refusals(plan, token):
        try:
            space = api.space_info(plan.repo_id)
        except RepositoryNotFoundError:
            space = None
        gone = [] if space is None else _gone(space, plan)
        if space is None:
            _create(api, plan)
        elif plan.private and not space.private:
            # Before the files are sent, because not everybody may see them.
            api.update_repo_settings(plan.repo_id, private=True, repo_type="space")
        api.create_commit(
            plan.repo_id,
            [CommitOperationAdd(path, content) for path, content in plan.files.items()]
            + [CommitOperationDelete(path) for path in gone],
            commit_message="Deploy",
            repo_type="space",
        )
        if space is not None:
            _set_hardware(api, plan, space.runtime)
    return f"{api.endpoint}/spaces/{plan.repo_id}"


def _token(plan: Plan) -> str:
    with refusals(plan, None):
        token = get_token()
    if token is None:
        raise Refused(
            f"No Hugging Face token: make one that may write at {TOKENS} and give it in HF_TOKEN, "
            "or run `hf auth login`."
        )
    if not re.fullmatch("[!-~]+", token):
        raise Refused(f"HF_TOKEN has characters that no token has: copy it again from {TOKENS}.")
    return token


def _create(api: HfApi, plan: Plan) -> None:
    hardware = plan.new_hardware
    try:
        api.create_repo(
            plan.repo_id,
            repo_type="space",
            space_sdk=plan.sdk,
            space_hardware=hardware,
            space_sleep_time=None if hardware in FREE_HARDWARE else SLEEP_SECONDS,
            private=plan.private or None,
        )
    except HfHubHTTPError as error:
        if error.response.status_code == 409:
            raise Refused(
                f"The name {plan.repo_id} is taken by something that is not a Space of yours: "
                "choose another name."
            ) from None
        raise


def _gone(space: SpaceInfo, plan: Plan) -> list[str]:
    """Files of an earlier deployment that are not part of this one.

    Raises Refused if the Space holds another project.
    """
    present = {sibling.rfilename for sibling in space.siblings or ()}
    if present - HUB_FILES and "vgpnn/__init__.py" not in present:
        raise Refused(
            f"{plan.repo_id} is a Space with something else in it: choose another name, or "
            "empty it first."
        )
    return sorted(path for path in present - set(plan.files) if path.startswith(SENT_PATHS))


def _set_hardware(api: HfApi, plan: Plan, runtime: SpaceRuntime | None) -> None:
    """Give a Space that is being updated the chosen hardware, or one that its new SDK can have.

    What its owner has set on the Hub stays otherwise.
    """
    current = runtime and (runtime.requested_hardware or runtime.hardware)
    wanted = plan.hardware or current or plan.new_hardware
    if plan.sdk == "docker" and wanted == ZERO_GPU:
        wanted = TWO_CORES
    sleep = None if wanted in FREE_HARDWARE else SLEEP_SECONDS
    if wanted != current:
        api.request_space_hardware(plan.repo_id, wanted, sleep_time=sleep)
    elif sleep and runtime.sleep_time is None:
        api.set_space_sleep_time(plan.repo_id, sleep)
