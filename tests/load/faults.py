"""Faults in the middle of a job: what the user sees of them, and what is left afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers.clips import write_clips
from helpers.page import upload
from helpers.server import Server
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page

from vgpnn.limits import LIMITS
from vgpnn.service.files import DISK_FULL
from vgpnn.service.job import RESTARTED

from . import watching
from .browsers import DONE, opened, saved
from .report import Row, reported, say
from .session import (
    count_takes,
    generate_again,
    problems,
    reload,
    start_takes,
    takes_after_reload,
    works,
)

DISK_BYTES = 600_000_000  # [bytes] of the small disk: a little more than the page has to keep free
SMALL_DISK = 'mount -t tmpfs -o size=$SIZE tmpfs "$TMPDIR" && exec "$@"'
AWAY_SECONDS = 8.0  # [s] that a browser is offline


def faults(folder: Path) -> list[Row]:
    """Try every fault, each with a server of its own."""
    clips = write_clips(folder)
    rows = []
    for name, fault in (("worker", killed), ("connection", offline), ("disk", full_disk)):
        say(name)
        place = folder / name
        place.mkdir()
        try:
            rows += fault(place, clips)
        except BrowserError as error:
            problem = f"broke off: {error.message.splitlines()[0]}"
            rows.append(reported(Row(name, problem, "-", False)))
    return rows


def leftovers(server: Server) -> str:
    """How many files are half written, as words."""
    halves = [p.name for p in watching.files(server) if p.name.endswith((".new", ".part"))]
    return f"{len(halves)} half-written files"


@contextmanager
def served(folder: Path, **options):
    """A server with these options, ended in any case."""
    server = Server(folder, **options)
    try:
        yield server
    finally:
        with suppress(subprocess.TimeoutExpired):
            server.stop()
        server.process.kill()


def killed(folder: Path, clips: dict[str, Path]) -> list[Row]:
    """Kill the process that decodes, then the server in three ways."""
    rows = []
    with served(folder) as server, opened(server, 1) as page:
        rows.append(reported(_decoder_killed(server, page, clips)))
        for name, number in (
            ("SIGKILL", signal.SIGKILL),
            ("SIGTERM", signal.SIGTERM),
            ("Ctrl+C", signal.SIGINT),
        ):
            rows.append(reported(_restarted(server, page, clips, name, number, folder)))
    return rows


def _decoder_killed(server: Server, page: Page, clips: dict[str, Path]) -> Row:
    """Kill every process that decodes while an upload is read."""
    upload(page, clips["tiny"])
    killed_processes, over = [], threading.Event()

    def kill_decoders() -> None:
        while not over.wait(0.005):
            for process in watching.decoders(server):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    killed_processes.append(process)

    hunter = threading.Thread(target=kill_decoders)
    hunter.start()
    page.set_input_files("#upload input[type=file]", str(clips["slow"]))
    page.wait_for_selector(".problem", timeout=60_000)
    text = problems(page)
    over.set()
    hunter.join()
    left = len(watching.decoders(server))
    again = works(page, clips["tiny"])
    return Row(
        "the process that decodes killed while it reads an upload",
        f"the page says: {text}",
        f"{left} processes left, Generate works: {_yes(again)}",
        bool(killed_processes) and text != "nothing" and not left and again,
    )


def _restarted(server, page, clips, name: str, number: int, folder: Path) -> Row:
    """End the server with a signal in the middle of a job, and start it again."""
    start_takes(page, clips["slow"])
    before, data = count_takes(page), saved(page, folder / "before.mp4")
    server.process.send_signal(number)
    server.process.wait(30)
    page.wait_for_timeout(3000)
    meanwhile = problems(page)
    server.start()
    after = takes_after_reload(page)
    text = problems(page)
    same = after >= before and saved(page, folder / "after.mp4") == data
    pressed = generate_again(page)
    again = works(page, clips["tiny"])
    return Row(
        f"{name} for the server in the middle of a job, then started again",
        f"meanwhile: {meanwhile}; after a reload: {text}",
        f"{before} takes before, {after} after, the same bytes: {_yes(same)}; Generate on the same"
        f" clip: {pressed or 'works'}, on a new one: {'works' if again else 'does not work'};"
        f" {leftovers(server)}",
        same and RESTARTED in text and again and not pressed,
    )


def offline(folder: Path, clips: dict[str, Path]) -> list[Row]:
    """Take the connection away for a while."""
    with served(folder) as server, opened(server, 1) as page:
        start_takes(page, clips["slow"])
        page.context.set_offline(True)
        page.wait_for_timeout(1000 * AWAY_SECONDS)
        meanwhile = problems(page)
        page.context.set_offline(False)
        reload(page)
        page.wait_for_selector(f"{DONE} >> nth=5", timeout=120_000)
        after, text = count_takes(page), problems(page)
        again = works(page, clips["tiny"])
    return [
        reported(
            Row(
                f"the connection broken for {AWAY_SECONDS:.0f} s in the middle of a job",
                f"meanwhile: {meanwhile}; after a reload: {text}",
                f"{after} of 6 takes, Generate works: {_yes(again)}",
                after == 6 and again,
            )
        )
    ]


def full_disk(folder: Path, clips: dict[str, Path]) -> list[Row]:
    """The disk is a small file system in memory, which only this server sees."""
    if not _can_mount():
        return [
            reported(
                Row("the disk filled", "this machine does not let us mount a small one", "-", None)
            )
        ]
    prefix = "unshare", "-m", "env", f"SIZE={DISK_BYTES}", "sh", "-c", SMALL_DISK, "sh"
    with served(folder, prefix=prefix) as server, opened(server, 1) as page:
        # The folder as the server sees it.
        place = Path(f"/proc/{server.process.pid}/root") / server.temporary.relative_to("/")
        start_takes(page, clips["slow"], takes=2)
        page.wait_for_selector(f"{DONE} >> nth=1", timeout=120_000)
        data = saved(page, folder / "before.mp4")
        return [
            reported(_nearly_full(page, clips, place, data, folder)),
            reported(_full_meanwhile(server, page, clips, place)),
        ]


def _nearly_full(page: Page, clips, place: Path, data: bytes, folder: Path) -> Row:
    """Leave less of the disk free than the server wants, before an upload and a run."""
    with filled(place, LIMITS.free_bytes // 2):
        page.click("#go")
        page.wait_for_selector(".toast-body", timeout=20_000)
        to_generate = problems(page)
        kept = takes_after_reload(page) == 2 and saved(page, folder / "after.mp4") == data
        page.set_input_files("#upload input[type=file]", str(clips["tiny"]))
        page.wait_for_selector(".problem, .toast-body", timeout=20_000)
        to_upload = problems(page)
    again = works(page, clips["tiny"])
    said_both = all(DISK_FULL in text for text in (to_generate, to_upload))
    return Row(
        f"a disk with less than {LIMITS.free_bytes / 1e6:.0f} MB free",
        f"to an upload: {to_upload}; to Generate: {to_generate}",
        f"the last result is there after a reload: {_yes(kept)}; with room again: "
        f"{'works' if again else 'does not work'}",
        kept and said_both and again,
    )


def _full_meanwhile(server: Server, page: Page, clips, place: Path) -> Row:
    """Take the last byte of the disk while a job runs."""
    start_takes(page, clips["slow"])
    with filled(place, 0):
        page.wait_for_selector(".reel[data-phase=error], .reel[data-phase=done]", timeout=120_000)
        text, before, wrong = problems(page), count_takes(page), watching.errors(server)
        after = takes_after_reload(page)
        page.set_input_files("#upload input[type=file]", str(clips["tiny"]))
        page.wait_for_timeout(5000)
        to_upload = problems(page)
    again = works(page, clips["tiny"])
    well = server.process.poll() is None
    return Row(
        "the last byte of the disk taken in the middle of a job",
        f"the page says: {text}; to an upload then: {to_upload}",
        f"{before} takes, {after} after a reload; {wrong} tracebacks until then; with room"
        f" again: {'works' if again else 'does not work'}",
        well and not wrong and DISK_FULL in text and after == before and again,
    )


@contextmanager
def filled(place: Path, free: int):
    """A file that leaves so many bytes of a file system free, as long as the block lasts."""
    filler = place / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, shutil.disk_usage(place).free - free))
        if free == 0:
            with suppress(OSError):
                while True:
                    os.write(file.fileno(), bytes(4096))
    try:
        yield
    finally:
        filler.unlink()
        time.sleep(0.5)


def _can_mount() -> bool:
    """Whether this machine lets us mount a file system."""
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
