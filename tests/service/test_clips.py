"""Working clips are decoded once for each part of a file, and kept within a bound."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from helpers.clips import clip as synthetic_clip
from helpers.jobs import FAST, clip_of, real_job, request_of
from helpers.server import PATIENCE

import vgpnn
from vgpnn.decoding.messages import UnfinishedError
from vgpnn.limits import LIMITS
from vgpnn.service import clips as decoded_clips
from vgpnn.service import files, owned, previews, work
from vgpnn.service.clips import probed_clip
from vgpnn.service.sessions import Sessions


@pytest.fixture
def decodings(monkeypatch) -> list:
    """The arguments of all readings of video files."""
    calls, read = [], vgpnn.video.read

    def counted(*arguments, **named):
        calls.append((*arguments, named))
        return read(*arguments, **named)

    monkeypatch.setattr(vgpnn.video, "read", counted)
    return calls


@pytest.fixture
def upload(clips, base):
    """A clip among the uploads."""
    path = files.UPLOADS / "hash" / "tiny.mp4"
    path.parent.mkdir()
    shutil.copy(clips["tiny"], path)
    return path


def test_preview_and_run_share_one_decoding(upload, cache, decodings):
    request = request_of(upload)
    previews.encode_working_clip(request)
    first = decoded_clips.working_clip(request)
    job = real_job(upload, settings=FAST)
    work.make_samples(job)
    assert len(job.results) == 1 and len(decodings) == 1
    assert torch.equal(first.codes, vgpnn.video.read(upload, 0, 5, height=64).codes)


@pytest.mark.parametrize(
    "changes", [{"start": 0.2}, {"frames": 4}, {"fps": 5.0}, {"height": 40}], ids=str
)
def test_another_part_is_decoded_anew(upload, cache, decodings, changes):
    request = request_of(upload)
    decoded_clips.working_clip(request)
    other = decoded_clips.working_clip(replace(request, **changes))
    assert len(decodings) == 2
    expected = {"start": 0.0, "frames": 5, "fps": None, "height": 64} | changes
    assert torch.equal(other.codes, vgpnn.video.read(upload, **expected).codes)
    decoded_clips.working_clip(request)
    assert len(decodings) == 3  # the two readings above, and the one in this test


def test_a_file_in_the_place_of_another_is_decoded_anew(upload, cache, decodings):
    request = request_of(upload)
    before = decoded_clips.working_clip(request)
    upload.unlink()
    vgpnn.video.write(upload, synthetic_clip(5, 48, 64, seed=9))
    after = decoded_clips.working_clip(request)
    assert len(decodings) == 2 and not torch.equal(before.codes, after.codes)


def test_renewing_a_file_does_not_make_it_another_one(upload, cache, decodings):
    request = request_of(upload)
    decoded_clips.working_clip(request)
    time.sleep(0.02)
    files.renew(upload)
    decoded_clips.working_clip(request)
    assert len(decodings) == 1


def test_the_style_is_used_from_its_first_frame_on_at_the_rate_of_the_clip(clips, cache):
    style = clip_of(clips["slow"])
    request = request_of(clips["tiny"], "analogy", {"style": style}, start=0.1, frames=4, fps=5)
    read = decoded_clips.style_clip(request)
    assert read.shape == (4, 64, 86) == request.style_shape and read.fps == Fraction(5)
    expected = vgpnn.video.read(clips["slow"], 0, 4, fps=5, height=64)
    assert torch.equal(read.codes, expected.codes)


def test_reading_renews_the_upload(upload, cache):
    os.utime(upload.parent, (0, 0))
    request = request_of(upload)
    decoded_clips.working_clip(request)
    assert files.age(upload.parent) < 60
    os.utime(upload.parent, (0, 0))
    decoded_clips.working_clip(request)  # also when the clip is kept
    assert files.age(upload.parent) < 60


def part(name: str | Path) -> decoded_clips.Part:
    return decoded_clips.Part(Path(name), 1, 1, 1, 0.0, 5, None, 64)


def video(seed: int = 0, frames: int = 5) -> vgpnn.Video:
    return synthetic_clip(frames, 10, 10, seed)


def test_the_clips_used_last_are_kept_within_the_bound():
    size = video().codes.nbytes
    cache, made = decoded_clips.ClipCache(2 * size), []

    def get(name: str) -> None:
        cache.get(part(name), lambda: made.append(name) or video())

    for name in ("a", "b", "a", "c"):  # c takes the place of b, which was used longest ago
        get(name)
    assert made == ["a", "b", "c"]
    get("a")
    get("c")
    assert made == ["a", "b", "c"]
    get("b")
    assert made == ["a", "b", "c", "b"]


def test_a_clip_larger_than_the_bound_is_not_kept():
    cache, made = decoded_clips.ClipCache(video().codes.nbytes - 1), []
    for _ in range(2):
        got = cache.get(part("a"), lambda: made.append(1) or video(7))
        assert torch.equal(got.codes, video(7).codes)
    assert len(made) == 2


def test_threads_that_want_the_same_clip_decode_it_once():
    cache, made, got = decoded_clips.ClipCache(10**6), [], []
    together = threading.Barrier(8)

    def decode() -> vgpnn.Video:
        made.append(1)
        time.sleep(0.1)
        return video()

    def want() -> None:
        together.wait()
        got.append(cache.get(part("a"), decode))

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and len(got) == 8 and all(each is got[0] for each in got)


def test_threads_that_want_different_clips_do_not_wait_for_each_other():
    cache, both = decoded_clips.ClipCache(10**6), threading.Barrier(2, timeout=PATIENCE)

    def decode() -> vgpnn.Video:
        both.wait()  # fails unless both are decoding at the same time
        return video()

    threads = [threading.Thread(target=cache.get, args=(part(n), decode)) for n in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken


def test_a_failure_is_raised_and_not_kept():
    cache = decoded_clips.ClipCache(10**6)

    def fail() -> vgpnn.Video:
        raise vgpnn.VideoError("The file is damaged.")

    for _ in range(2):
        with pytest.raises(vgpnn.VideoError, match=r"^The file is damaged\.$"):
            cache.get(part("a"), fail)
    assert torch.equal(cache.get(part("a"), video).codes, video().codes)


def test_somebody_who_waits_for_a_clip_can_stop():
    cache, began, over = decoded_clips.ClipCache(10**6), threading.Event(), threading.Event()

    def decode() -> vgpnn.Video:
        began.set()
        over.wait(PATIENCE)
        return video()

    thread = threading.Thread(target=cache.get, args=(part("a"), decode))
    thread.start()
    assert began.wait(PATIENCE)

    def stop() -> None:
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        cache.get(part("a"), decode, stop)
    over.set()
    thread.join()
    assert torch.equal(cache.get(part("a"), decode).codes, video().codes)


def test_clips_of_removed_files_are_forgotten(upload, cache, decodings):
    decoded_clips.working_clip(request_of(upload))
    cache.forget_unneeded()
    decoded_clips.working_clip(request_of(upload))
    assert len(decodings) == 1
    upload.unlink()
    cache.forget_unneeded()
    assert not cache._entries


@pytest.fixture
def later(monkeypatch):
    """A function that lets some seconds pass for the clips."""
    now = [time.monotonic()]
    monkeypatch.setattr(decoded_clips.time, "monotonic", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


@pytest.fixture
def visitor(monkeypatch) -> Sessions:
    """Ada has a page open, and it is her event that is answered."""
    kept = Sessions()
    kept.open("a", "ada")
    monkeypatch.setattr(decoded_clips, "SESSIONS", kept)
    context = owned.PERSON.set("ada")
    yield kept
    owned.PERSON.reset(context)


def test_clips_of_whoever_has_no_page_open_are_forgotten_soon(upload, cache, later):
    """Attackers left 64 MB of clips after less than two minutes."""
    decoded_clips.working_clip(request_of(upload))
    later(decoded_clips.GONE_SECONDS - 1)
    cache.forget_unneeded()
    assert cache._entries
    later(2)
    cache.forget_unneeded({upload})  # a job that needs it waits
    assert cache._entries
    cache.forget_unneeded()
    assert not cache._entries


def test_clips_of_an_open_page_stay_until_it_is_closed(upload, cache, later, visitor, decodings):
    request = request_of(upload)
    decoded_clips.working_clip(request)
    later(decoded_clips.PAGE_SECONDS - 1)
    cache.forget_unneeded()
    decoded_clips.working_clip(request)
    later(decoded_clips.PAGE_SECONDS - 1)  # it was used meanwhile
    cache.forget_unneeded()
    assert len(decodings) == 1 and cache._entries
    visitor.close("a")
    cache.forget_unneeded()
    assert not cache._entries


def test_clips_of_a_page_that_does_nothing_are_forgotten(upload, cache, later, visitor):
    decoded_clips.working_clip(request_of(upload))
    later(decoded_clips.PAGE_SECONDS + 1)
    cache.forget_unneeded()
    assert not cache._entries


def test_a_clip_that_is_being_decoded_is_not_forgotten(tmp_path, later):
    cache, path = decoded_clips.ClipCache(10**6), tmp_path / "a"
    path.touch()

    def decode() -> vgpnn.Video:
        later(1000)
        cache.forget_unneeded()
        assert cache._entries
        return video()

    cache.get(part(path), decode)


def test_a_missing_file_is_one_sentence(upload, cache):
    request = request_of(upload)
    upload.unlink()
    with pytest.raises(vgpnn.VideoError, match=r"^[^\n]*\.$"):
        decoded_clips.working_clip(request)


def test_an_upload_that_cannot_be_read_is_removed(base):
    upload = files.UPLOADS / "hash" / "notes.mp4"
    upload.parent.mkdir()
    upload.write_text("no video\n" * 99)
    with pytest.raises(ValueError, match=r"^[^\n]*\.$"):
        probed_clip(upload, "notes.mp4")
    assert not upload.exists()


def test_an_upload_of_which_the_decoder_said_nothing_stays(base, clips, monkeypatch):
    """A process that was killed, or had no place, says nothing about the file."""
    upload = files.UPLOADS / "hash" / "tiny.mp4"
    upload.parent.mkdir()
    upload.write_bytes(clips["tiny"].read_bytes())
    limits = replace(LIMITS, sandbox_wall_seconds=0.01)
    probe = vgpnn.video.probe
    monkeypatch.setattr(vgpnn.video, "probe", lambda path: probe(path, limits))
    with pytest.raises(UnfinishedError):
        probed_clip(upload, "tiny.mp4")
    monkeypatch.undo()
    assert probed_clip(upload, "tiny.mp4").info.frames == 5


def test_a_file_of_the_server_that_cannot_be_read_stays(base, tmp_path):
    notes = tmp_path / "notes.mp4"
    notes.write_text("no video\n" * 99)
    with pytest.raises(ValueError, match=r"^[^\n]*\.$"):
        probed_clip(notes, "notes.mp4")
    assert notes.exists()
