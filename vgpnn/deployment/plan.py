"""A plan: everything that is decided about a deployment before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import SpaceHardware
from huggingface_hub.utils import HFValidationError, validate_repo_id

from vgpnn.deployment.files import ROOT, Refused, files_of
from vgpnn.deployment.kinds import FREE_HARDWARE, NEW_HARDWARE, SDKS, ZERO_GPU

SLEEP_SECONDS = 3600  # [s] without a visitor, after which paid hardware sleeps


@dataclass(frozen=True)
class Plan:
    """A deployment.

    repo_id: OWNER/NAME. sdk: one of SDKS.
    hardware: None leaves what the Space has; a new one gets that of its SDK.
    files: see `files_of`.
    """

    repo_id: str
    sdk: str
    hardware: str | None
    private: bool
    files: dict[str, Path | bytes]

    @property
    def owner(self) -> str:
        """The user or the organization that the Space belongs to."""
        return self.repo_id.partition("/")[0]

    @property
    def new_hardware(self) -> str:
        """The hardware of the Space if it is a new one."""
        return self.hardware or NEW_HARDWARE[self.sdk]

    def describe(self) -> str:
        """The plan as text: the Space, the header of its README, and every file with its size."""
        sizes = {
            path: len(content) if isinstance(content, bytes) else content.stat().st_size
            for path, content in sorted(self.files.items())
        }
        free = self.new_hardware in FREE_HARDWARE
        lines = [
            f"Space:    {self.repo_id}, {self.sdk}" + (", private" if self.private else ""),
            f"Hardware: {self.new_hardware}" + ("" if self.hardware else " if new"),
            "Sleeps:   "
            + (
                "when Hugging Face says so: free hardware"
                if free
                else f"after {SLEEP_SECONDS} s without a visitor"
            ),
            "",
            self.files["README.md"].decode().partition("---\n\n")[0] + "---",
            "",
            *(f"{size:>9,}  {path}" for path, size in sizes.items()),
            f"{sum(sizes.values()):>9,}  bytes in {len(sizes)} files",
        ]
        return "\n".join(lines)


def make_plan(
    repo_id: str,
    sdk: str = SDKS[0],
    hardware: str | None = None,
    private: bool = False,
    root: Path = ROOT,
) -> Plan:
    """What a Space would be made of. Sends nothing. Raises Refused with one sentence."""
    if not _is_space_name(repo_id):
        raise Refused(
            "A Space is named OWNER/NAME, such as ada/vgpnn, with letters, digits, '-', '_' and "
            f"'.' in it, not {repo_id!r}."
        )
    known = [each.value for each in SpaceHardware]
    if hardware is not None and hardware not in known:
        raise Refused(f"There is no hardware {hardware!r}: choose one of {', '.join(known)}.")
    if sdk == "docker" and hardware == ZERO_GPU:
        raise Refused("ZeroGPU runs Gradio Spaces only: leave out --sdk docker, or --hardware.")
    if not (root / "app.py").is_file():
        raise Refused("The page's files are not here: run this in a clone of the repository.")
    files = files_of(sdk, hardware or NEW_HARDWARE[sdk], root)
    return Plan(repo_id, sdk, hardware, private, files)


def _is_space_name(repo_id: str) -> bool:
    try:
        validate_repo_id(repo_id)
    except HFValidationError:
        return False
    return repo_id.count("/") == 1
