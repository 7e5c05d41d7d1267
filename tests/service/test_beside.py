"""Work beside the jobs tells how far it is, and ends when nobody waits for it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from helpers import coroutines
from helpers.server import PATIENCE

import vgpnn
from vgpnn.service.beside import Done, told
from vgpnn.service.owned import PERSON


async def all_of(work, seconds=PATIENCE):
    return [said async for said in told(work, seconds, "It takes too long.")]


def test_what_is_said_comes_first_and_the_result_last():
    may_go_on = threading.Event()

    def work(say, checkpoint):
        say("One.")
        may_go_on.wait(PATIENCE)
        checkpoint()
        return 42

    async def heard():
        told_so_far = []
        async for said in told(work, PATIENCE, ""):
            told_so_far.append(said)
            may_go_on.set()
        return told_so_far

    assert coroutines.run(heard()) == ["One.", Done(42)]


def test_an_error_of_the_work_is_that_of_the_iterator():
    def work(say, checkpoint):
        raise ValueError("It is wrong.")

    with pytest.raises(ValueError, match="It is wrong"):
        coroutines.run(all_of(work))


def test_an_error_that_nobody_foresaw_is_one_sentence_too(caplog):
    def work(say, checkpoint):
        raise KeyError("secret")

    with pytest.raises(ValueError, match="Something went wrong") as raised:
        coroutines.run(all_of(work))
    assert "secret" not in str(raised.value) and "beside the jobs failed" in caplog.text


def test_it_may_take_only_so_long():
    def work(say, checkpoint):
        while True:
            checkpoint()
            time.sleep(0.01)

    with pytest.raises(ValueError, match="too long"):
        coroutines.run(all_of(work, 0.1))


@pytest.mark.parametrize("how", ["closed", "cancelled"])
def test_it_is_stopped_when_nobody_waits_any_more(how):
    ended = threading.Event()

    def work(say, checkpoint):
        say("It has begun.")
        try:
            while True:
                checkpoint()
                time.sleep(0.01)
        except vgpnn.Cancelled:
            ended.set()
            raise

    async def leave():
        iterator = told(work, PATIENCE, "")
        assert await anext(iterator) == "It has begun."
        if how == "closed":
            await iterator.aclose()
            return
        waiting = asyncio.ensure_future(anext(iterator))
        await asyncio.sleep(0.3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    coroutines.run(leave())
    assert ended.wait(PATIENCE)


def test_it_acts_for_the_person_who_asked():
    async def asked():
        PERSON.set("ada")
        return await all_of(lambda say, checkpoint: PERSON.get())

    assert coroutines.run(asked()) == [Done("ada")]
