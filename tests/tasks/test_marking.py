"""From paint on a frame to what is marked in a clip."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.marked import PLACES, RADIUS, discs, paint_on
from helpers.sentences import is_one_sentence

from vgpnn.tasks import marking
from vgpnn.tasks.marking import COLOURS, Likeness, marked
from vgpnn.video import Video


@pytest.fixture(scope="module")
def scene():
    return discs()


def disc(number, frame, radius=RADIUS, shape=(72, 120)):
    """Where a disc of the scene is: (H, W) bool."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    column, row, _ = PLACES[number]
    return (x - column - 1.5 * frame) ** 2 + (y - row) ** 2 <= radius**2


def overlap(mask, other):
    return ((mask & other).sum() / (mask | other).sum()).item()


def test_all_that_is_like_a_marked_thing_is_marked_on_every_frame(scene):
    """One red disc is painted, generously; the other red ones are found, and no green one."""
    clip, red = scene
    found = marked(clip, {2: paint_on(disc(0, 2, RADIUS + 2))})
    assert found.less is None and found.none is None
    for frame in range(len(clip)):
        assert overlap(found.more[frame], red[frame]) > 0.7
        greens = disc(1, frame, RADIUS - 2) | disc(3, frame, RADIUS - 2)
        assert not (found.more[frame].numpy() & greens).any()


def test_what_is_painted_alone_follows_its_thing(scene):
    clip, _ = scene
    found = marked(clip, {0: paint_on(disc(2, 0, RADIUS + 1), "none")}, alike=False)
    assert found.more is None
    for frame in range(len(clip)):
        assert overlap(found.none[frame], torch.from_numpy(disc(2, frame))) > 0.7


def test_what_is_kept_stays_where_it_is_painted_on_every_frame(scene):
    """It follows no thing, nothing like it is kept, and it goes before the other marks."""
    clip, _ = scene
    where, other = disc(0, 2), disc(1, 2)
    pictures = {2: paint_on(where, "keep"), 4: paint_on(other, "keep")}
    found = marked(clip, pictures)
    assert [*found.masks] == ["keep"]
    assert (found.keep.numpy() == (where | other)).all()
    both = marked(clip, {2: paint_on(where, "keep"), 3: paint_on(disc(0, 3))})
    both = both.checked(tuple(clip.shape[:3]), may_keep=True)
    assert (both.keep.numpy() == where).all() and not (both.keep & both.more).any()


def test_kinds_stay_apart(scene):
    """Red is wanted more and green less; a third kind is painted on a red disc by hand."""
    clip, _ = scene
    picture = paint_on(disc(0, 0))
    picture[disc(1, 0)] = *COLOURS["less"], 255
    picture[disc(4, 0)] = *COLOURS["none"], 255
    found = marked(clip, {0: picture})
    assert not (found.more & found.none).any() and not (found.less & found.more).any()
    assert found.none[3].numpy()[disc(4, 3, RADIUS - 2)].all()
    assert found.less[3].numpy()[disc(3, 3, RADIUS - 2)].all()


def test_a_line_of_the_colour_is_no_thing_of_its_size(scene):
    clip, _ = scene
    clip = clip.clone()
    clip[:, 40:42] = torch.tensor(PLACES[0][2], dtype=torch.uint8)
    found = marked(clip, {0: paint_on(disc(0, 0))})
    assert not found.more[:, 40:42, 40:].any()


def test_the_whole_clip_is_looked_through_a_few_times_at_most(monkeypatch):
    clip, red = discs(9)
    looked, of = [], Likeness.of.__func__

    def counted(cls, painted, frame, checkpoint):
        looked.append(int(painted.sum()))
        return of(cls, painted, frame, checkpoint)

    monkeypatch.setattr(Likeness, "of", classmethod(counted))
    found = marked(clip, {frame: paint_on(red[frame].numpy()) for frame in range(9)})
    # The first, the last, and frames between them.
    assert looked == [int(red[frame].sum()) for frame in (0, 2, 4, 6, 8)]
    assert overlap(found.more[3], red[3]) > 0.7


def specks(count):
    """A frame with a red disc and many red specks: (144, 256, 3) uint8; and where the disc is."""
    y, x = np.mgrid[:144, :256]
    thing = (x - 20) ** 2 + (y - 20) ** 2 <= 9
    is_red = thing.copy()
    for number in range(count):
        row, column = divmod(number, 40)
        is_red[40 + 7 * row : 44 + 7 * row, 8 + 6 * column : 11 + 6 * column] = True
    frame = np.where(is_red[..., None], (210, 40, 40), (120, 120, 120)).astype(np.uint8)
    return frame, thing, is_red


def test_many_pieces_are_compared_at_once_and_can_be_cancelled(monkeypatch):
    frame, thing, is_red = specks(500)
    smoothed, smooth = [], marking.scipy.ndimage.gaussian_filter1d
    like = Likeness.of(thing, frame)

    def counted(counts, *arguments, **options):
        smoothed.append(len(counts))
        return smooth(counts, *arguments, **options)

    monkeypatch.setattr(marking.scipy.ndimage, "gaussian_filter1d", counted)
    known, checked = np.zeros(thing.shape, bool), []
    found = like.pieces(frame, known, lambda: checked.append(1))
    assert found[is_red].all() and smoothed == [501] and checked
    monkeypatch.setattr(marking, "MOST_PIECES", 30)
    few = like.pieces(frame, known)  # the largest ones
    assert smoothed[1:] == [30] and few[thing].all() and 0 < few.sum() < found.sum() / 10


@pytest.mark.parametrize(
    "pictures", [{}, {0: np.zeros((72, 120, 4), np.uint8)}], ids=["no", "clear"]
)
def test_nothing_marked_is_told(scene, pictures):
    with pytest.raises(ValueError) as error:
        marked(scene[0], pictures)
    assert is_one_sentence(str(error.value))


def test_what_is_marked_is_seen(scene):
    clip, red = scene
    shown = marking.shown(Video(clip, 10), marked(clip, {0: paint_on(disc(0, 0))}, alike=False))
    inside, outside = disc(0, 0, RADIUS - 1), disc(3, 0)
    assert shown.codes[0][inside].float().mean() > 1.5 * shown.codes[0][outside].float().mean()
