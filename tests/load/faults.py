"""What breaks in the middle of work: what the user sees of it, and what is left."""

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
from helpers.page import choose, upload
from helpers.server import Server
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page

from vgpnn.limits import LIMITS
from vgpnn.service import files, job

from . import watching
from .browsers import DONE, opened, saved, with_seed
from .report import Row, say, told

DISK = 600_000_000  # [bytes] of the small one: a little more than the page asks for
SMALL_DISK = 'mount -t tmpfs -o size=$SIZE tmpfs "$TMPDIR" && exec "$@"'
AWAY = 8.0  # [s] that a browser is offline
SEED = 3


def faults(folder: Path) -> list[Row]:
    clips = write_clips(folder)
    rows = []
    for name, fault in (("worker", killed), ("connection", offline), ("disk", full_disk)):
        say(name)
        place = folder / name
        place.mkdir()
        try:
            rows += fault(place, clips)
        except BrowserError as error:
            rows.append(told(Row(name, f"broke off: {error.message.splitlines()[0]}", "-", False)))
    return rows


# --- parts of a session in the browser


def start_takes(page: Page, clip: Path, takes: int = 6) -> None:
    """Generate, slowly enough that something can break in the middle; return after one take."""
    upload(page, clip)
    choose(page, "height", 96)
    choose(page, "frames", 12)
    choose(page, "samples", takes)
    with_seed(page, SEED)
    page.click("#go")
    page.wait_for_selector(".take.done", timeout=120_000)


def count(page: Page) -> int:
    return page.locator(".take.done").count()


def reloaded(page: Page) -> int:
    """Reload; how many takes are there, after a moment."""
    _reload(page)
    page.wait_for_selector(".take", timeout=60_000)
    with suppress(BrowserError):
        page.wait_for_selector(".take.done", timeout=20_000)
    return count(page)


def _reload(page: Page) -> None:
    for _ in range(5):
        try:  # where Gradio has lost the server, it reloads the page itself at the same moment
            page.goto(page.url)
            page.wait_for_selector("#working video", timeout=60_000)
            return
        except BrowserError:
            page.wait_for_timeout(2000)
    raise BrowserError("The page cannot be opened again.")


def said(page: Page) -> str:
    """Everything that the page tells of what went wrong."""
    found = page.locator(".problem, .message.error, .toast-text, .toast-body, .toast-title")
    texts = [text.strip() for text in found.all_inner_texts()]
    return " ".join(dict.fromkeys(text for text in texts if text)).replace("\n", " ") or "nothing"


def works(page: Page, clip: Path) -> bool:
    """Whether a new clip and Generate bring a result."""
    try:
        upload(page, clip)
        choose(page, "samples", 1)
        page.click("#go")
        page.wait_for_selector(".reel[data-phase=queued], .reel[data-phase=running]")
        page.wait_for_selector(DONE, timeout=120_000)
    except BrowserError as error:
        say(f"it does not work: {str(error)[:300]}; the page says: {said(page)}")
        return False
    return count(page) == 1


def leftovers(server: Server) -> str:
    """Half-written files, as words."""
    halves = [p.name for p in watching.files(server) if p.name.endswith((".new", ".part"))]
    return f"{len(halves)} half-written files"


@contextmanager
def served(folder: Path, **options):
    server = Server(folder, **options)
    try:
        yield server
    finally:
        with suppress(subprocess.TimeoutExpired):
            server.stop()
        server.process.kill()


# --- the faults


def killed(folder: Path, clips: dict[str, Path]) -> list[Row]:
    rows = []
    with served(folder) as server, opened(server, 1) as page:
        rows.append(told(_decoder_killed(server, page, clips)))
        for name, number in (
            ("SIGKILL", signal.SIGKILL),
            ("SIGTERM", signal.SIGTERM),
            ("Ctrl+C", signal.SIGINT),
        ):
            rows.append(told(_restarted(server, page, clips, name, number, folder)))
    return rows


def _decoder_killed(server: Server, page: Page, clips: dict[str, Path]) -> Row:
    upload(page, clips["tiny"])
    hits, over = [], threading.Event()

    def kill_decoders() -> None:
        while not over.wait(0.005):
            for child in watching.decoders(server):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                    hits.append(child)

    hunter = threading.Thread(target=kill_decoders)
    hunter.start()
    page.set_input_files("#upload input[type=file]", str(clips["slow"]))
    page.wait_for_selector(".problem", timeout=60_000)
    text = said(page)
    over.set()
    hunter.join()
    left = len(watching.decoders(server))
    again = works(page, clips["tiny"])
    return Row(
        "the process that decodes killed while it reads an upload",
        f"the page says: {text}",
        f"{left} processes left, Generate works: {_yes(again)}",
        bool(hits) and text != "nothing" and not left and again,
    )


def _restarted(server, page, clips, name: str, number: int, folder: Path) -> Row:
    start_takes(page, clips["slow"])
    before, data = count(page), saved(page, folder / "before.mp4")
    server.process.send_signal(number)
    server.process.wait(30)
    page.wait_for_timeout(3000)
    meanwhile = said(page)
    server.start()
    after = reloaded(page)
    text = said(page)
    same = after >= before and saved(page, folder / "after.mp4") == data
    pressed = _generates_again(page)
    again = works(page, clips["tiny"])
    return Row(
        f"{name} for the server in the middle of a job, then started again",
        f"meanwhile: {meanwhile}; after a reload: {text}",
        f"{before} takes before, {after} after, the same bytes: {_yes(same)}; Generate on the same"
        f" clip: {pressed or 'works'}, on a new one: {'works' if again else 'does not work'};"
        f" {leftovers(server)}",
        same and job.RESTARTED in text and again and not pressed,
    )


def _generates_again(page: Page) -> str:
    """Press Generate as the page stands; "" or what went wrong."""
    choose(page, "samples", 1)
    page.click("#go")
    try:
        page.wait_for_selector(".reel[data-phase=queued], .reel[data-phase=running]")
        page.wait_for_selector(DONE, timeout=120_000)
    except BrowserError:
        return said(page)
    return ""


def offline(folder: Path, clips: dict[str, Path]) -> list[Row]:
    with served(folder) as server, opened(server, 1) as page:
        start_takes(page, clips["slow"])
        page.context.set_offline(True)
        page.wait_for_timeout(1000 * AWAY)
        meanwhile = said(page)
        page.context.set_offline(False)
        _reload(page)
        page.wait_for_selector(f"{DONE} >> nth=5", timeout=120_000)
        after, text = count(page), said(page)
        again = works(page, clips["tiny"])
    return [
        told(
            Row(
                f"the connection broken for {AWAY:.0f} s in the middle of a job",
                f"meanwhile: {meanwhile}; after a reload: {text}",
                f"{after} of 6 takes, Generate works: {_yes(again)}",
                after == 6 and again,
            )
        )
    ]


def full_disk(folder: Path, clips: dict[str, Path]) -> list[Row]:
    """On a small file system in memory, which only this server sees."""
    done = "the disk filled"
    if not _can_mount():
        return [told(Row(done, "this machine does not let us mount a small one", "-", None))]
    prefix = "unshare", "-m", "env", f"SIZE={DISK}", "sh", "-c", SMALL_DISK, "sh"
    with served(folder, prefix=prefix) as server, opened(server, 1) as page:
        # The folder as the server sees it.
        place = Path(f"/proc/{server.process.pid}/root") / server.temporary.relative_to("/")
        start_takes(page, clips["slow"], takes=2)
        page.wait_for_selector(f"{DONE} >> nth=1", timeout=120_000)
        data = saved(page, folder / "before.mp4")
        return [
            told(_nearly_full(page, clips, place, data, folder)),
            told(_full_meanwhile(server, page, clips, place)),
        ]


def _nearly_full(page: Page, clips, place: Path, data: bytes, folder: Path) -> Row:
    with filled(place, LIMITS.free_bytes // 2):
        page.click("#go")
        page.wait_for_selector(".toast-body", timeout=20_000)
        to_generate = said(page)
        kept = reloaded(page) == 2 and saved(page, folder / "after.mp4") == data
        page.set_input_files("#upload input[type=file]", str(clips["tiny"]))
        page.wait_for_selector(".problem, .toast-body", timeout=20_000)
        to_upload = said(page)
    again = works(page, clips["tiny"])
    told_both = all(files.DISK_FULL in text for text in (to_generate, to_upload))
    return Row(
        f"a disk with less than {LIMITS.free_bytes / 1e6:.0f} MB free",
        f"to an upload: {to_upload}; to Generate: {to_generate}",
        f"the last result is there after a reload: {_yes(kept)}; with room again: "
        f"{'works' if again else 'does not work'}",
        kept and told_both and again,
    )


def _full_meanwhile(server: Server, page: Page, clips, place: Path) -> Row:
    start_takes(page, clips["slow"])
    with filled(place, 0):
        page.wait_for_selector(".reel[data-phase=error], .reel[data-phase=done]", timeout=120_000)
        text, before, wrong = said(page), count(page), watching.errors(server)
        after = reloaded(page)
        page.set_input_files("#upload input[type=file]", str(clips["tiny"]))
        page.wait_for_timeout(5000)
        to_upload = said(page)
    again = works(page, clips["tiny"])
    well = server.process.poll() is None
    return Row(
        "the last byte of the disk taken in the middle of a job",
        f"the page says: {text}; to an upload then: {to_upload}",
        f"{before} takes, {after} after a reload; {wrong} tracebacks until then; with room"
        f" again: {'works' if again else 'does not work'}",
        well and not wrong and files.DISK_FULL in text and after == before and again,
    )


@contextmanager
def filled(place: Path, free: int):
    """A file that leaves so many bytes of a file system."""
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
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
