"""The way back from the canvas."""

import numpy as np
import torch
from helpers import cameras

from vgpnn import source_map
from vgpnn.camera import view
from vgpnn.camera.canvas import canvas_of
from vgpnn.camera.view import View, view_of

PATH = cameras.shake()
FRAMES = cameras.filmed(PATH)
CANVAS = canvas_of(FRAMES, PATH)
VIEW = view_of(CANVAS, CANVAS.shape, cameras.FRAME)


def test_what_the_canvas_has_in_place_comes_back_to_the_byte():
    """At the very edge the nearest voxel of the canvas may be one that the frame does not see."""
    inner = np.s_[:, 1:-1, 1:-1]
    codes, places = VIEW.fetched(source_map.identity(CANVAS.shape))
    assert np.array_equal(codes.numpy()[inner], FRAMES[inner])
    assert torch.equal(places[inner], source_map.identity(FRAMES.shape[:3])[inner])


def test_the_map_names_the_frame_and_the_place_that_the_colours_come_from():
    other = source_map.identity(CANVAS.shape)
    other[..., 0] = (other[..., 0] + 5) % len(FRAMES)
    codes, places = VIEW.fetched(other)
    t, y, x = places.long().unbind(-1)
    plain = torch.from_numpy(FRAMES)[t, y, x]
    assert (codes.int() - plain.int()).abs().float().mean() < 6
    assert (t.flatten(1).float().std(1) < len(FRAMES) / 2).all()


def test_a_rigid_scene_stays_as_sharp_as_it_was():
    """Every colour is fetched from another frame than its own, once."""
    rigid = canvas_of(cameras.filmed(PATH, disc=0), PATH)
    other = source_map.identity(rigid.shape)
    other[..., 0] = (other[..., 0] + 3) % len(FRAMES)
    codes, _ = view_of(rigid, rigid.shape, cameras.FRAME).fetched(other)

    def sharpness(frames):
        return np.mean(
            [np.abs(np.diff(g.astype(float), 2, 1)).mean() for g in cameras.greys(frames)]
        )

    assert 0.95 < sharpness(codes.numpy()) / sharpness(rigid.frames) < 1.05
    off = np.abs(codes.numpy().astype(int) - rigid.frames)[:, 8:-8, 8:-8]
    assert off.mean() < 3


def test_a_path_that_is_held_gives_a_still_picture_of_a_rigid_scene():
    rigid = canvas_of(cameras.filmed(PATH, disc=0), PATH)
    held = view_of(rigid, rigid.shape, cameras.FRAME, kind="still")
    codes, _ = held.fetched(source_map.identity(rigid.shape))
    inner = codes[:, 12:-12, 16:-16].int()
    assert (inner - inner[:1]).abs().float().mean() < 3


def test_a_glimpse_has_the_proportions_of_the_frames():
    small = torch.zeros(5, CANVAS.shape[1] // 4, CANVAS.shape[2] // 4, 3, dtype=torch.uint8)
    seen = VIEW.glimpsed(small)
    assert seen.shape[0] == 5 and abs(seen.shape[2] / seen.shape[1] - 136 / 96) < 0.1
    whole = VIEW.glimpsed(torch.from_numpy(CANVAS.codes)).numpy()
    assert np.abs(whole.astype(int) - FRAMES)[:, 4:-4, 4:-4].mean() < 6


def test_a_wider_result_has_a_wider_view():
    height, width = CANVAS.shape[1:]
    wide = view_of(CANVAS, (len(FRAMES), height, 2 * width), (96, 272))
    assert isinstance(wide, View) and wide.source == FRAMES.shape[:3]
    places = source_map.identity((len(FRAMES), height, 2 * width))
    places[..., 2] //= 2
    codes, _ = wide.fetched(places)
    assert codes.shape == (len(FRAMES), 96, 272, 3)


def test_bands_of_any_size_give_the_same_bytes(monkeypatch):
    places, calls = source_map.identity(CANVAS.shape), []
    places[..., 0] = (places[..., 0] + 5) % len(FRAMES)
    whole, found = VIEW.fetched(places)
    monkeypatch.setattr(view, "BAND", 1000)
    monkeypatch.setattr(view, "thread_count", lambda: 1)
    codes, where = VIEW.fetched(places, lambda: calls.append(1))
    assert torch.equal(codes, whole) and torch.equal(where, found)
    assert len(calls) == len(FRAMES) * -(-96 * 136 // 1000)
