"""Previews and pictures of one person take only so much of the disk."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from types import SimpleNamespace

import gradio as gr
import pytest
from helpers import coroutines, limits

from vgpnn.limits import LIMITS
from vgpnn.service import files, guard, owned
from vgpnn.service.people import person_of


@pytest.fixture
def person(base, monkeypatch):
    """Lets somebody's event be answered, by name."""
    monkeypatch.setattr(owned, "PREVIEWS", owned.Folders())
    limits.change(monkeypatch, preview_bytes_per_person=1_000_000)
    tokens = []
    yield lambda name: tokens.append(owned.PERSON.set(name))
    for token in reversed(tokens):
        owned.PERSON.reset(token)


def preview(size: int = 400_000):
    folder = files.new_folder()
    (folder / "working.mp4").write_bytes(b" " * size)
    return folder


def aged(folder, seconds: float = 601):
    os.utime(folder, (time.time() - seconds,) * 2)
    return folder


def test_a_person_has_so_much_and_others_have_theirs(person):
    person("ada")
    kept = [preview() for _ in range(3)]
    with pytest.raises(owned.NoRoom, match=r"^Your previews .*\.$"):
        preview()
    person("bob")
    preview()
    assert all(folder.is_dir() for folder in kept)


def test_an_event_and_the_job_that_it_makes_are_those_of_an_address(monkeypatch):
    """Also on another thread, where a job runs in the context that it keeps."""
    contexts = []

    async def answered(self, *values) -> None:
        contexts.append(contextvars.copy_context())

    monkeypatch.setattr(gr.Blocks, "process_api", answered)
    request = SimpleNamespace(session_hash="s", client=SimpleNamespace(host="203.0.113.9"))
    other_tab = SimpleNamespace(session_hash="t", client=SimpleNamespace(host="203.0.113.9"))
    coroutines.run(guard.Blocks(analytics_enabled=False).process_api(None, [], None, request))
    found = []
    run = contexts[0].run
    thread = threading.Thread(target=run, args=(lambda: found.append(owned.PERSON.get()),))
    thread.start()
    thread.join()
    assert found == [person_of(other_tab).address]
    assert contextvars.Context().run(owned.PERSON.get) == ""  # nobody, outside an event


def test_what_was_not_used_lately_goes_first(person):
    person("ada")
    old, older, new = aged(preview()), aged(preview(), 900), preview()
    preview()
    assert not older.exists() and old.exists() and new.exists()


def test_nothing_is_kept_of_folders_that_are_gone(person):
    for number in range(9):
        person(f"visitor{number}")
        files.remove(preview())
    person("ada")
    folder = preview()
    owned.PREVIEWS.forget_missing()
    assert owned.PREVIEWS._folders == {"ada": {folder: None}}


def test_results_of_jobs_stay_and_do_not_count(person):
    person("ada")
    files.RECORDS.mkdir()
    for _ in range(9):
        (files.RECORDS / f"{aged(preview()).name}.json").write_text("{}")
    preview()
    assert len(files.job_folders()) == 10


def test_small_folders_count_for_more_than_they_have(person):
    person("ada")
    with pytest.raises(owned.NoRoom):
        for _ in range(1 + LIMITS.preview_bytes_per_person // owned.LEAST_BYTES + 1):
            preview(1)


def test_what_the_server_does_by_itself_is_not_counted(person):
    for _ in range(9):
        preview()
