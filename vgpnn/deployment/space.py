"""The page on Hugging Face Spaces: what is sent there, and sending it.

One code tree, two kinds of Space: ZeroGPU runs Gradio Spaces only; a Docker Space builds the
Dockerfile. All that is decided is in a `Plan`, which `--dry-run` shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
SDKS = ("gradio", "docker")
HARDWARE = {"gradio": "zero-a10g", "docker": "cpu-basic"}  # of a new Space, unless said otherwise
FREE = ("cpu-basic", "zero-a10g")  # these sleep when Hugging Face says so
SLEEP = 3600  # [s] without a visitor, after which hardware that is paid for is given back
PYTHON = "3.12"  # of a Gradio Space; ZeroGPU has 3.10, too
ZERO_TORCH = "2.11.0"  # the newest that ZeroGPU supports, at the time of writing
PORT = 7860
OURS = ("vgpnn/", "examples/", "Dockerfile")  # what is removed from a Space when it is gone here
HUBS = {".gitattributes", "README.md"}  # what the Hub puts into a new Space
TOKENS = "https://huggingface.co/settings/tokens"


class Refused(ValueError):
    """Why nothing was sent, or not all of it: one sentence that names the fix."""


@dataclass(frozen=True)
class Plan:
    """A deployment. files: by their paths in the Space; bytes for what is written for it."""

    repo_id: str
    sdk: str
    hardware: str | None  # None: whatever the Space has, or for a new one that of its kind
    private: bool
    files: dict[str, Path | bytes]

    @property
    def owner(self) -> str:
        return self.repo_id.partition("/")[0]

    @property
    def new_hardware(self) -> str:
        return self.hardware or HARDWARE[self.sdk]

    def describe(self) -> str:
        sizes = {
            path: len(content) if isinstance(content, bytes) else content.stat().st_size
            for path, content in sorted(self.files.items())
        }
        hardware = self.new_hardware
        return "\n".join(
            [
                f"Space:    {self.repo_id}, {self.sdk}" + (", private" if self.private else ""),
                f"Hardware: {hardware}" + ("" if self.hardware else " if new"),
                f"Sleeps:   after {SLEEP} s without a visitor"
                if hardware not in FREE
                else "Sleeps:   when Hugging Face says so: free hardware",
                "",
                self.files["README.md"].decode().partition("---\n\n")[0] + "---",
                "",
                *(f"{size:>9,}  {path}" for path, size in sizes.items()),
                f"{sum(sizes.values()):>9,}  bytes in {len(sizes)} files",
            ]
        )


def main(
    repo_id: str,
    sdk: str = "gradio",
    hardware: str | None = None,
    private: bool = False,
    dry_run: bool = False,
) -> None:
    """Make or update a Space, or show what would be sent. Raises ValueError with one sentence."""
    planned = plan(repo_id, sdk, hardware, private)
    if dry_run:
        print(planned.describe() + "\nNothing was sent.")
    else:
        print(send(planned))


def plan(
    repo_id: str,
    sdk: str = "gradio",
    hardware: str | None = None,
    private: bool = False,
    root: Path = ROOT,
) -> Plan:
    """What a Space would be made of. Sends nothing. Raises ValueError."""
    from huggingface_hub import SpaceHardware
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(repo_id)
        valid = repo_id.count("/") == 1
    except HFValidationError:
        valid = False
    if not valid:
        raise Refused(
            "A Space is named OWNER/NAME, such as ada/vgpnn, with letters, digits, '-', '_' and "
            f"'.' in it, not {repo_id!r}."
        )
    known = [one.value for one in SpaceHardware]
    if hardware is not None and hardware not in known:
        raise Refused(f"There is no hardware {hardware!r}: choose one of {', '.join(known)}.")
    if sdk == "docker" and hardware == HARDWARE["gradio"]:
        raise Refused("ZeroGPU runs Gradio Spaces only: leave out --sdk docker, or --hardware.")
    if not (root / "app.py").is_file():
        raise Refused("The page's files are not here: run this in a clone of the repository.")
    return Plan(repo_id, sdk, hardware, private, files(sdk, hardware or HARDWARE[sdk], root))


def files(sdk: str, hardware: str, root: Path = ROOT) -> dict[str, Path | bytes]:
    """Exactly what a Space needs, by path: no tests, no caches, nothing hidden."""
    from vgpnn import examples

    readme = (root / "README.md").read_text(encoding="utf-8")
    needed = [root / "app.py", root / "LICENSE", root / "examples" / "index.json"]
    needed += [path for e in examples.load(root / "examples") for path in e.files()]
    needed += [root / path for path in re.findall(r"!\[[^]]*\]\(([^):]+)\)", readme)]
    for path in sorted((root / "vgpnn").rglob("*")):
        names = path.relative_to(root).parts
        hidden = any(name.startswith((".", "__pycache__")) or name.endswith("~") for name in names)
        if path.is_file() and not hidden:
            needed.append(path)
    if sdk == "docker":
        needed.append(root / "Dockerfile")
    wanted = requirements(sdk, root)
    return {path.relative_to(root).as_posix(): path for path in needed} | {
        "README.md": (header(sdk, hardware, wanted) + readme).encode(),
        "requirements.txt": "".join(f"{one}\n" for one in wanted.values()).encode(),
    }


def requirements(sdk: str, root: Path = ROOT) -> dict:
    """requirements.txt by name, at the versions that were tested where those are known.

    A Space is built again whenever it likes, with whatever is new by then. For a Gradio Space
    torch is one that ZeroGPU supports.
    """
    wanted, tested = _read(root / "requirements.txt"), _read(root / "tests" / "constraints.txt")
    if sdk == "gradio":
        if ZERO_TORCH not in wanted["torch"].specifier:
            raise Refused(
                f"ZeroGPU supports torch up to {ZERO_TORCH}, which requirements.txt does not "
                "allow: use --sdk docker."
            )
        tested |= _parsed([f"torch=={ZERO_TORCH}"])
    for name, one in wanted.items():
        if name in tested:
            one.specifier = tested[name].specifier
    return wanted


def _read(path: Path) -> dict:
    return _parsed(path.read_text().splitlines() if path.is_file() else [])


def _parsed(lines: list[str]) -> dict:
    """Requirements that hold for the Python of a Space, by name."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found = {}
    for line in lines:
        if text := line.partition("#")[0].strip():
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate({"python_version": PYTHON}):
                one.marker = None
                found[canonicalize_name(one.name)] = one
    return found


def header(sdk: str, hardware: str, wanted: dict) -> str:
    """The block before the README that tells Hugging Face what to do with a Space."""
    pins = [one.version for one in wanted["gradio"].specifier if one.operator == "=="]
    kind = {
        "gradio": {
            "sdk_version": (pins or [version("gradio")])[0],
            "app_file": "app.py",
            "python_version": f'"{PYTHON}"',
        },
        "docker": {"app_port": PORT},
    }[sdk]
    fields = {
        "title": "VGPNN",
        "emoji": "🎞️",
        "colorFrom": "gray",
        "colorTo": "yellow",
        "sdk": sdk,
        **kind,
        "suggested_hardware": hardware,
        "license": "mit",
        "short_description": "New takes of one short video, without training",
    }
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in fields.items()) + "---\n\n"


def send(planned: Plan) -> str:
    """Make or update the Space; returns its address. Raises Refused."""
    import huggingface_hub as hub
    from huggingface_hub.errors import RepositoryNotFoundError
    from huggingface_hub.utils import disable_progress_bars

    with said(planned, None):
        token = hub.get_token()
    if token is None:
        raise Refused(
            f"No Hugging Face token: make one that may write at {TOKENS} and give it in HF_TOKEN, "
            "or run `hf auth login`."
        )
    if not re.fullmatch("[!-~]+", token):
        raise Refused(f"HF_TOKEN has characters that no token has: copy it again from {TOKENS}.")
    disable_progress_bars()
    api = hub.HfApi(token=token)
    with said(planned, token):
        try:
            space = api.space_info(planned.repo_id)
        except RepositoryNotFoundError:
            space = None
        stale = [] if space is None else _stale(space, planned)
        if space is None:
            _create(api, planned)
        elif planned.private and not space.private:
            # Before the files: they are not for everybody to see.
            api.update_repo_settings(planned.repo_id, private=True, repo_type="space")
        api.create_commit(
            planned.repo_id,
            [hub.CommitOperationAdd(path, content) for path, content in planned.files.items()]
            + [hub.CommitOperationDelete(path) for path in stale],
            commit_message="Deploy",
            repo_type="space",
        )
        if space is not None:
            _move(api, planned, space.runtime)
    return f"{api.endpoint}/spaces/{planned.repo_id}"


def _create(api, planned: Plan) -> None:
    from huggingface_hub.errors import HfHubHTTPError

    hardware = planned.new_hardware
    try:
        api.create_repo(
            planned.repo_id,
            repo_type="space",
            space_sdk=planned.sdk,
            space_hardware=hardware,
            space_sleep_time=None if hardware in FREE else SLEEP,
            private=planned.private or None,
        )
    except HfHubHTTPError as error:
        if error.response.status_code == 409:
            raise Refused(
                f"The name {planned.repo_id} is taken by something that is not a Space of yours: "
                "choose another name."
            ) from None
        raise


def _stale(space, planned: Plan) -> list[str]:
    """Files of an earlier deployment that are not part of this one."""
    there = {one.rfilename for one in space.siblings or ()}
    if there - HUBS and "vgpnn/__init__.py" not in there:
        raise Refused(
            f"{planned.repo_id} is a Space with something else in it: choose another name, or "
            "empty it first."
        )
    return sorted(path for path in there - set(planned.files) if path.startswith(OURS))


def _move(api, planned: Plan, runtime) -> None:
    """Give a Space that was there before the hardware asked for, or one that its new kind can
    have; what its owner has set on the Hub stays."""
    now = runtime and (runtime.requested_hardware or runtime.hardware)
    wanted = planned.hardware or now or planned.new_hardware
    if planned.sdk == "docker" and wanted == HARDWARE["gradio"]:
        wanted = HARDWARE["docker"]
    sleep = None if wanted in FREE else SLEEP
    if wanted != now:
        api.request_space_hardware(planned.repo_id, wanted, sleep_time=sleep)
    elif sleep and runtime.sleep_time is None:
        api.set_space_sleep_time(planned.repo_id, sleep)


@contextmanager
def said(planned: Plan, token: str | None) -> Iterator[None]:
    """Whatever goes wrong with the Hub as one sentence, in which there is no token."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

    try:
        yield
    except Refused:
        raise
    except Exception as error:
        found = error
        while found.__cause__ is not None and not isinstance(found, HfHubHTTPError):
            found = found.__cause__
        if isinstance(found, HfHubHTTPError) and found.response is not None:
            text = _refusal(planned, found.response.status_code, found.server_message or "")
        elif isinstance(error, OfflineModeIsEnabled):
            text = "HF_HUB_OFFLINE is set: unset it to reach Hugging Face."
        elif isinstance(found, HTTPError | OSError) or isinstance(error, HTTPError | OSError):
            text = "Hugging Face cannot be reached: check the connection, and HF_ENDPOINT if set."
        else:
            text = (
                f"Hugging Face and huggingface_hub did not understand each other "
                f"({type(error).__name__}): try again later, or update huggingface_hub."
            )
        raise Refused(text.replace(token, "...") if token else text) from None


def _refusal(planned: Plan, status: int, message: str) -> str:
    """What an HTTP status means here. message: what the Hub says itself."""
    message = " ".join(message.split()).rstrip(".")[:200]
    why = f" (it says: {message})" if message else ""
    meanings = {
        401: f"Hugging Face does not accept this token: make one that may write at {TOKENS}.",
        402: f"Hugging Face wants a paid plan for {planned.new_hardware}{why}: choose another "
        "--hardware, or subscribe.",
        403: f"This token may not do that for {planned.repo_id}{why}: give one that may write to "
        f"what is {planned.owner}'s, from {TOKENS}.",
        404: f"Hugging Face has no {planned.repo_id} that this token may see: check the name, and "
        f"that the token may write for {planned.owner}.",
        429: "Hugging Face has had too many requests from here: try again in some minutes.",
    }
    if status in meanings:
        return meanings[status]
    if status >= 500:
        return f"Hugging Face has a problem of its own ({status}): try again later."
    return f"Hugging Face refused {planned.repo_id} with {status}{why}: correct that and try again."
