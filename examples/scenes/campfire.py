"""A wide campfire at night.

A 3-D buoyant flow (Stam 1999, MacCormack advection, vorticity confinement after Fedkiw et al.
2001) carries a reaction coordinate, 1 at the burning wood and falling at a constant rate, as in
Nguyen, Fedkiw and Jensen, "Physically based modeling and animation of fire" (2002): its profile
gives temperature and soot, which shine as a blackbody. The same flow carries sparks. Charred logs
with ember cracks and the ground are lit by the light the flames give off in each frame.
"""

import numpy as np

from .camera import (
    blackbody,
    bloom,
    blur,
    crosstalk,
    downsample,
    grain,
    splat,
    to_uint8,
    tonemap,
    vignette,
)
from .fluid import Fluid
from .noise import fbm, smoothstep, worley

ROWS, DEPTH, COLUMNS = 180, 20, 320
BED = 144  # row where the flames start, behind the logs
FRONT = 14  # rows by which the flames in front of the logs start lower
FRAMES, FPS = 28, 14
WARM_UP = 90
SPARKS = 110
HEARTHS = 7

# Logs: middle (x, y), half length, radius (pixels), angle.
LOGS = [
    (40, 146, 52, 8, 0.18),
    (122, 143, 46, 7, -0.30),
    (206, 145, 52, 8, 0.24),
    (290, 146, 50, 8, -0.16),
    (84, 158, 52, 9, -0.07),
    (240, 160, 58, 9, -0.04),
]


def _burning(step):
    """Reaction coordinate fed in at the bed: hearths that waver, die down and flare up."""
    rng = np.random.default_rng(6)
    z, x = np.mgrid[0:DEPTH, 0:COLUMNS].astype(np.float64)
    x = x + 14 * fbm(x / 40, z / 20, step / 16, octaves=2, seed=31)
    feed = np.zeros((DEPTH, COLUMNS))
    for i in range(HEARTHS):
        middle = (i + 0.5 + rng.uniform(-0.25, 0.25)) * COLUMNS / HEARTHS
        across = (x - middle + COLUMNS / 2) % COLUMNS - COLUMNS / 2
        along = z - rng.uniform(0.35, 0.65) * DEPTH
        flare = 0.85 + 0.6 * fbm(step / 14, i * 7.3, octaves=2, seed=33)
        feed += flare * np.exp(-((across / rng.uniform(9, 14)) ** 2) - (along / 5.5) ** 2)
    rough = fbm(x / 8, z / 8, step / 5, octaves=2, seed=32)
    return smoothstep(0.15, 0.8, feed + 0.3 * rough).astype(np.float32)


def _move_sparks(sparks, fluid, rng):
    """Carry the sparks (x, y, z, age) with the flow; those that went out start again at the bed."""
    x, y, z = (sparks[:, i].astype(int) for i in range(3))
    at = np.clip(y, 0, BED - 1), z % DEPTH, x % COLUMNS
    sparks[:, 0] += fluid.u[at] + rng.normal(0, 0.35, SPARKS)
    sparks[:, 1] += np.minimum(0.8 * fluid.v[at], -1.7) + rng.normal(0, 0.4, SPARKS)
    sparks[:, 2] += fluid.w[at]
    sparks[:, 3] += rng.uniform(0.5, 1.5, SPARKS) / 48
    dead = (sparks[:, 3] > 1) | (sparks[:, 1] < -4)
    sparks[dead] = np.stack(
        [
            rng.uniform(10, COLUMNS - 10, SPARKS),
            np.full(SPARKS, BED - 1.0),
            rng.uniform(4, DEPTH - 4, SPARKS),
            np.zeros(SPARKS),
        ],
        -1,
    )[dead]


def _simulate():
    """Yield the reaction coordinate and the sparks before and after every recorded frame."""
    rng = np.random.default_rng(7)
    shape = (BED, DEPTH, COLUMNS)
    fluid = Fluid(shape, inflow=0.8)
    reaction = np.zeros(shape, np.float32)
    sparks = rng.uniform((0, 0, 0, 0), (COLUMNS, BED, DEPTH, 1), (SPARKS, 4))
    for step in range(WARM_UP + FRAMES):
        reaction[-5:] = np.maximum(reaction[-5:], _burning(step))
        fluid.step(0.24 * smoothstep(0, 0.35, reaction), confinement=0.03)
        reaction = np.maximum(fluid.advect(reaction) - 0.0125, 0)
        before = sparks.copy()
        _move_sparks(sparks, fluid, rng)
        if step >= WARM_UP:
            yield reaction, before, sparks


def _flame_light(reaction):
    """Radiance of the flames behind the wood and of those in front, which start lower down.

    Soot glows hottest just inside the flame front, then cools.
    """
    soot = smoothstep(0.02, 0.22, reaction) * (1 - 0.8 * smoothstep(0.5, 1.0, reaction))
    kelvin = 1380 + 620 * smoothstep(0.0, 0.5, reaction)
    y, x = np.mgrid[0:BED, 0:COLUMNS].astype(np.float64)
    forming = smoothstep(BED - 1, BED - 20, y + 8 * fbm(x / 12, 0.5, octaves=3, seed=34))
    soot = soot * forming[:, None]  # the lowest flame is still clear: soot needs time to form
    light = 0.42 * blackbody(kelvin, white=1900) * soot[..., None].astype(np.float32)
    images = np.zeros((2, ROWS, COLUMNS, 3), np.float32)
    images[0, :BED] = light[:, DEPTH // 2 :].sum(1)
    images[1, FRONT : BED + FRONT] = 0.7 * light[:, : DEPTH // 2].sum(1)
    return images


def _draw_sparks(image, before, after):
    """Sparks drawn as short streaks: eight positions during the open shutter."""
    moved = np.abs(after[:, 1] - before[:, 1]) < 12  # not those that started again
    glow = np.zeros(image.shape, np.float32)
    brightness = np.random.default_rng(9).uniform(0.1, 1.0, (SPARKS, 1)) ** 2
    for t in np.linspace(0, 0.7, 8):
        x, y, _, age = ((1 - t) * before + t * after)[moved].T
        light = blackbody(2050 - 800 * age, white=1900) * brightness[moved]
        splat(glow, x % COLUMNS, y, light)
    return image + glow


def _lattice():
    """Pixel coordinates (y, x) at twice the final size, in final pixels."""
    return np.mgrid[0 : 2 * ROWS, 0 : 2 * COLUMNS].astype(np.float64) / 2


def _coals():
    """Bed of charcoal lumps: height, albedo, temperature and coverage."""
    y, x = _lattice()
    far = 1 + 0.2 * (ROWS - y) / (ROWS - BED)  # lumps shrink towards the back
    column, row = (x - COLUMNS / 2) * far / 10, (y - BED) * far / 6.5
    bent = [0.5 * fbm(column, row, octaves=4, seed=s) for s in (41, 42)]
    near, second, cx, cy = worley(column + bent[0], row + bent[1], 1.0, seed=43)
    rough = fbm(column * 4, row * 4, octaves=4, seed=44, gain=0.6)
    dome = (
        3.5 * np.sqrt(np.clip(1.1 - near, 0, 1))
        + 0.9 * rough
        + 0.5 * smoothstep(0, 0.2, second - near)
    )
    ash = smoothstep(
        -0.2, 0.5, fbm(column / 2, row / 2, octaves=5, seed=45, gain=0.65) + 0.3 * (1 - near)
    )
    patch = fbm(x / 26, y / 14, octaves=3, seed=46)
    lump = (0.37 * cx + 0.71 * cy) % 1.0  # every lump has its own heat
    hot = smoothstep(-0.25, 0.5, patch + 0.7 * (lump - 0.5))
    gap = smoothstep(0.35, 0.0, second - near + 0.1 * rough)
    kelvin = 840 + hot * (280 * gap + 330 * (1 - 0.7 * ash) + 130 * rough)
    cover = smoothstep(-4, 4, y - 150 - 8 * fbm(x / 18, 0.5, octaves=4, seed=48))
    return dome, 0.03 + 0.12 * ash, kelvin, cover


def _log(i, x, y):
    """Height, albedo, temperature and coverage of log i: charred bark, checked into squares."""
    mx, my, half, radius, angle = LOGS[i]
    along = (x - mx) * np.cos(angle) + (y - my) * np.sin(angle)
    across = (y - my) * np.cos(angle) - (x - mx) * np.sin(angle)
    across = across + 2.5 * fbm(along / 25, 0.3, i, octaves=3, seed=51)
    radius = radius * (1 + 0.12 * fbm(along / 16, i, octaves=3, seed=52))
    s = across / radius
    ragged = 3 * fbm(s * 2, along / 9, i, octaves=3, seed=58)
    cover = smoothstep(1.03, 0.94, np.abs(s)) * smoothstep(
        half + 1, half - 1, np.abs(along) + ragged
    )
    curved = np.arcsin(np.clip(s, -1, 1)) * radius
    near, second, *_ = worley(
        along / 5.5 + 0.3 * fbm(along / 6, curved / 6, i, seed=53),
        curved / 4 + 0.3 * fbm(along / 6, curved / 6, i + 9.5, seed=54),
    )
    check = smoothstep(0.0, 0.22, second - near)
    grain_of_wood = fbm(along / 8, curved / 1.6, i, octaves=4, seed=55)
    height = radius * np.sqrt(np.clip(1 - s * s, 0, 1)) + 0.9 * check + 0.5 * grain_of_wood
    hot = smoothstep(0.0, 0.5, fbm(along / 22, s, i * 3.1, octaves=3, seed=56) + 0.25 * s)
    kelvin = 700 + hot * (640 - 420 * check)
    return height, 0.05 + 0.05 * smoothstep(-0.3, 0.5, grain_of_wood), kelvin, cover


def _relight(height):
    """Diffuse factor of light that comes from above and behind, with a little from the front."""
    dy, dx = np.gradient(blur(height, 1.0))
    length = np.sqrt(1 + dx * dx + dy * dy)
    above = np.clip((1.2 * dy + 0.5 * np.abs(dx) + 0.15) / length, 0, None)
    return above + 0.12 / length


def _wood():
    """Diffuse factor, ember temperature and coverage of the coals and the logs on them."""
    y, x = _lattice()
    height, albedo, kelvin, cover = _coals()
    shade = albedo * _relight(height)
    for i in range(len(LOGS)):
        height, albedo, log_kelvin, on = _log(i, x, y)
        contact = blur(on, 6) * (1 - on)  # logs shade the coals around them
        shade = shade * (1 - 0.5 * contact) * (1 - on) + on * albedo * _relight(height)
        kelvin = kelvin * (1 - on) + on * log_kelvin
        cover = np.maximum(cover, on)
    return shade, kelvin, cover


def _photograph(flames, wood, frame):
    """Flames behind the wood, the wood in their light, and flames in front of it."""
    behind, front = flames
    shade, kelvin, cover = wood
    y, x = _lattice()
    reach = blur((behind + front).mean(0, keepdims=True), (0, 20))  # light of the fire along x
    reach = np.repeat(np.repeat(reach, 2, 1), 2 * ROWS, 0)
    fall = 1 / (1 + np.maximum(y - BED, 0) / 30)
    flicker = 45 * fbm(x / 14, y / 14, frame / 5, octaves=2, seed=61)
    solid = (shade * fall)[..., None] * reach * 14 + 1.5 * blackbody(kelvin + flicker, white=1350)
    cover = downsample(cover)[..., None]
    leaves = smoothstep(-0.1, 0.6, fbm(x / 17, y / 13, octaves=3, seed=70)) * (0.2 + y / ROWS)
    night = blur(downsample(leaves[..., None] * reach * 0.05), 2.5) + (0.0025, 0.0035, 0.0055)
    return (behind + night) * (1 - cover) + downsample(solid) * cover + front


def render():
    """Frames (T, H, W, 3) uint8 and frames per second."""
    wood = _wood()
    frames = []
    for t, (reaction, before, after) in enumerate(_simulate()):
        image = _photograph(_flame_light(reaction), wood, t)
        image = blur(_draw_sparks(image, before, after), 0.55)
        image = vignette(bloom(image, 0.16, 7.0), 0.3)
        frames.append(tonemap(crosstalk(image, 0.06), 0.9))
    return to_uint8(grain(frames, seed=12, amount=0.011)), FPS
