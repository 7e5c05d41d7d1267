"""Runs that follow a run with drafts keep its takes, and finish or offer others."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import pytest
from helpers.jobs import FAST, person, real_job

from vgpnn.limits import LIMITS
from vgpnn.service import files, following, work


@pytest.fixture
def job(clips, base):
    """A job that has offered six drafts and finished the first of them."""
    options = {"offered": 6}
    job = real_job(clips["tiny"], samples=1, settings=FAST, options=options)
    work.make_samples(job)
    return job


def names_of(job) -> list[str]:
    return [draft["name"] for draft in job.shown["drafts"]]


def addresses(value) -> list[str]:
    """All addresses of files in what a page shows."""
    if isinstance(value, dict):
        return addresses([*value.values()])
    if isinstance(value, list):
        return [address for item in value for address in addresses(item)]
    return [value] if isinstance(value, str) and value.startswith("gradio_api/file=") else []


def test_a_job_shows_its_drafts_and_the_takes_made_from_them(job):
    assert len(job.shown["drafts"]) == job.shown["offered"] == 6
    (take,) = job.shown["takes"]
    assert take["draft"] == names_of(job)[0] and take["video"]
    assert job.settings["drafts"] == [take["draft"]] and job.settings["takes"] == 1


def test_other_drafts_are_finished_beside_what_is_there(job):
    before = job.results[0].read_bytes()
    names = names_of(job)
    chosen = following.checked_names(job, [names[3], names[1], names[0]])
    second = following.finishing_others(job, chosen, person())
    assert [take.get("video", "") != "" for take in second.shown["takes"]] == [True, False, False]
    work.make_samples(second)
    assert [take["draft"] for take in second.shown["takes"]] == [names[0], names[3], names[1]]
    assert len(second.results) == 3 and second.results[0].read_bytes() == before
    assert names_of(second) == names
    assert second.settings["drafts"] == [names[0], names[3], names[1]]
    for address in addresses(second.shown):
        path = files.Path(unquote(address).removeprefix("gradio_api/file="))
        assert path.is_file() and path.parent in (second.folder, path.parent)
        assert job.folder.name not in address  # the folder before may be removed first


def test_what_follows_has_sound_if_the_run_before_had(job):
    job.request = replace(job.request, sound=False)
    assert following.offering_others(job, None, person()).request.sound is False
    assert following.finishing_others(job, names_of(job)[1:2], person()).request.sound is False


def test_others_come_after_those_that_were_shown(job):
    others = following.offering_others(job, None, person())
    assert others.shown["drafts"] == []
    work.make_samples(others)
    assert [draft["number"] for draft in others.shown["drafts"]] == [*range(7, 13)]
    assert not set(names_of(others)) & set(names_of(job))
    assert [take["draft"] for take in others.shown["takes"]] == names_of(job)[:1]
    assert len(others.results) == 1


def test_more_like_a_draft_and_others_like_it(job):
    name = names_of(job)[2]
    like = following.offering_others(job, name, person())
    work.make_samples(like)
    assert names_of(like) and all(each.startswith(f"{name}.") for each in names_of(like))
    more = following.offering_others(like, None, person())
    work.make_samples(more)
    assert all(each.startswith(f"{name}.") for each in names_of(more))
    assert not set(names_of(more)) & set(names_of(like))
    finished = following.finishing_others(like, names_of(like)[:1], person())
    work.make_samples(finished)
    assert [take["draft"] for take in finished.shown["takes"]] == [
        names_of(job)[0],
        names_of(like)[0],
    ]


def test_takes_that_were_stopped_come_after_what_was_chosen(job):
    """A run of three takes, of which one is finished, gives way to another draft."""
    names = names_of(job)
    job.show(takes=[*job.shown["takes"], *({"number": k, "draft": names[k]} for k in (1, 2))])
    second = following.finishing_others(job, [names[4]], person(), was_running=True)
    work.make_samples(second)
    assert [take["draft"] for take in second.shown["takes"]] == [names[k] for k in (0, 4, 1, 2)]
    third = following.finishing_others(job, [names[1]], person())  # it was stopped by hand
    assert [take["draft"] for take in third.shown["takes"]] == [names[0], names[1]]


def test_more_takes_than_drafts_are_kept(job):
    """An offer of fewer drafts than there are takes ends after its drafts."""
    second = following.finishing_others(job, names_of(job)[1:4], person())
    work.make_samples(second)
    second.show(offered=2)
    others = following.offering_others(second, None, person())
    work.make_samples(others)
    assert len(others.shown["drafts"]) == 2 and len(others.results) == 4
    assert [take["draft"] for take in others.shown["takes"]] == names_of(job)[:4]
    assert all(take["video"] and take["map"] for take in others.shown["takes"])


def test_files_of_the_job_before_are_not_changed(job):
    """They are shared, so that pressing again and again takes no room."""
    before = {path.name: path.read_bytes() for path in job.folder.iterdir()}
    second = following.finishing_others(job, names_of(job)[1:2], person())
    take = second.results[0]
    assert take.stat().st_ino == job.results[0].stat().st_ino
    work.make_samples(second)
    assert {path.name: path.read_bytes() for path in job.folder.iterdir()} == before


@pytest.mark.parametrize("chosen", [[], ["99"], [0]])
def test_what_cannot_be_finished_gets_one_sentence(job, chosen):
    chosen = [names_of(job)[each] if each == 0 else each for each in chosen]  # 0 is finished
    with pytest.raises(ValueError, match="not finished yet"):
        following.checked_names(job, chosen)


def test_too_many_at_once_get_one_sentence(job):
    drafts = [{"name": str(k), "number": k} for k in range(100, 102 + LIMITS.takes)]
    job.show(drafts=drafts)
    names = [each["name"] for each in drafts]
    assert following.checked_names(job, names[: LIMITS.samples]) == names[: LIMITS.samples]
    with pytest.raises(ValueError, match=f"at most {LIMITS.samples}"):
        following.checked_names(job, names)
    takes = [{"number": k + 1, "draft": name} for k, name in enumerate(names[1 : LIMITS.takes])]
    job.show(takes=[*job.shown["takes"], *takes])
    with pytest.raises(ValueError, match="all that one page holds"):
        following.checked_names(job, names[-3:])


def test_a_draft_that_was_not_shown_has_none_like_it(job):
    with pytest.raises(ValueError, match="no longer kept"):
        following.offering_others(job, "99", person())


def test_variations_of_variations_end_somewhere(job):
    deep = ".".join("1" * 8)
    job.show(drafts=[{"name": deep, "number": 1}])
    with pytest.raises(ValueError, match="deep: start from another"):
        following.offering_others(job, deep, person())


def test_others_of_a_seed_end_somewhere(job):
    job.show(drafts=[{**draft, "number": 300} for draft in job.shown["drafts"]])
    with pytest.raises(ValueError, match="no other drafts of this seed"):
        following.offering_others(job, None, person())


def test_a_job_without_drafts_is_not_followed(clips, base):
    plain = real_job(clips["tiny"], samples=1, settings=FAST)
    work.make_samples(plain)
    for act in (
        lambda: following.checked_names(plain, ["1"]),
        lambda: following.offering_others(plain, None, person()),
    ):
        with pytest.raises(ValueError, match="no longer kept"):
            act()


def test_files_that_went_meanwhile_are_one_sentence(job):
    job.results[0].unlink()
    before = files.job_folders()
    with pytest.raises(ValueError, match="no longer kept"):
        following.finishing_others(job, names_of(job)[1:2], person())
    assert files.job_folders() == before
