"""A lava lake: crust plates that drift, open and close over the melt.

Plates are the Voronoi cells (Worley, "A cellular texture basis function", 1996) of sites that
drift with a common current and each on its own, seen through domain-warped coordinates (Perlin)
for ragged edges. Where they part, melt shows; it shines as a blackbody that cools towards the
crust. The crust has ropy relief of its own, finer cracks, and is lit by a dusk sky and by the
glow of the cracks. Gas bursts throw ballistic spatter, and fume hangs over the lake.
"""

import math

import numpy as np
from numba import njit

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
from .noise import fbm, smoothstep, worley

HEIGHT, WIDTH = 180, 320
FRAMES, FPS = 26, 13
PLATES, TILT, NEAR = 3.6, 3.3, 0.95  # plate density, foreshortening, distance of the horizon
CURRENT = np.array([0.26, -0.22])  # plates per second, in the ground plane
BURSTS, DROPS = 150, 26
SKY = np.array([0.62, 0.80, 1.10])


@njit(cache=True, inline="always")
def _site(cx, cy, time):
    """Position of the site of lattice cell (cx, cy), which circles slowly around its place."""
    h = (cx * 374761393 + cy * 668265263 + 977) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    a, b, phase = (h & 0xFF) / 255.0, ((h >> 8) & 0xFF) / 255.0, ((h >> 16) & 0xFF) / 40.0
    x = cx + 0.15 + 0.7 * a + 0.16 * math.sin(phase + (0.5 + 0.5 * b) * time)
    y = cy + 0.15 + 0.7 * b + 0.16 * math.sin(2 * phase + (0.5 + 0.5 * a) * time)
    return x, y


@njit(cache=True)
def _plates(x, y, time):
    """Distance to the plate's edge, place on the plate (x, y), and a number of the plate."""
    out = np.empty((4,) + x.shape)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            column, row = math.floor(x[i, j]), math.floor(y[i, j])
            near, sx, sy, number = 1e9, 0.0, 0.0, 0
            for cy in range(row - 2, row + 3):
                for cx in range(column - 2, column + 3):
                    px, py = _site(cx, cy, time)
                    d = (px - x[i, j]) ** 2 + (py - y[i, j]) ** 2
                    if d < near:
                        near, sx, sy, number = d, px, py, (cx * 31 + cy * 57) % 97
            edge = 1e9
            for cy in range(row - 2, row + 3):
                for cx in range(column - 2, column + 3):
                    px, py = _site(cx, cy, time)
                    apart = math.hypot(px - sx, py - sy)
                    if apart > 1e-6:  # distance to the bisector of the two sites
                        middle = (x[i, j] - 0.5 * (px + sx)) * (sx - px)
                        middle += (y[i, j] - 0.5 * (py + sy)) * (sy - py)
                        edge = min(edge, middle / apart)
            out[0, i, j], out[1, i, j], out[2, i, j] = edge, x[i, j] - sx, y[i, j] - sy
            out[3, i, j] = number
    return out


def _ground():
    """Ground-plane coordinates of the pixels, at twice the final size, and their distance."""
    v, u = np.mgrid[0 : 2 * HEIGHT, 0 : 2 * WIDTH].astype(np.float64) / (2 * HEIGHT)
    depth = 1 / (v + NEAR)
    return PLATES * (u - 0.5 * WIDTH / HEIGHT) * depth, PLATES * TILT * depth, depth


def _project(x, y, z):
    """Final pixel (column, row) of ground point (x, y) at the height z."""
    depth = y / (PLATES * TILT)
    row = (1 / depth - NEAR - 0.8 * z / depth) * HEIGHT
    return (x / (PLATES * depth) + 0.5 * WIDTH / HEIGHT) * HEIGHT, row


def _crust(x, y, time, pixel):
    """Relief, temperature and melt coverage of the lake at ground points.

    No crack is drawn narrower than the `pixel`, in ground units: it would break up into dots.
    """
    warp = [fbm(x * 1.1, y * 1.1, octaves=6, seed=s, gain=0.58) for s in (90, 91)]
    edge, px, py, number = _plates(x + 0.30 * warp[0], y + 0.30 * warp[1], time)
    breathing = fbm(x / 1.5, y / 1.5, 0.35 * time, octaves=3, seed=92)
    width = pixel + 0.085 * smoothstep(-0.08, 0.5, breathing) ** 2
    open_melt = smoothstep(width + pixel, 0.4 * width, edge)

    angle = number * 2.4
    along = px * np.cos(angle) + py * np.sin(angle)
    across = py * np.cos(angle) - px * np.sin(angle)
    bend = fbm(along * 1.6, across * 1.6, number, octaves=4, seed=93)
    ropes = fbm(along * 2.0 + bend, across * 9.0 + 3.0 * bend, number, octaves=4, seed=94)
    rough = fbm(px * 8, py * 8, number, octaves=4, seed=95, gain=0.55)
    near, second, *_ = worley(px * 3.2 + 0.5 * bend + number, py * 3.2 + 0.4 * rough, seed=96)
    fissure = smoothstep(0.03 + 3 * pixel, 0.0, second - near + 0.05 * rough)
    youth = smoothstep(
        0.1, 0.6, 0.5 + 0.5 * np.sin(number + 0.5 * time) - 0.9 * edge + 0.5 * breathing
    )
    rim = np.exp(-(((edge - 0.11) / 0.06) ** 2))
    relief = 0.050 * rim + 0.042 * ropes + 0.030 * rough - 0.035 * fissure - 0.05 * open_melt

    # Where plates press together the crack has skinned over and is dull red at most.
    heat = smoothstep(-0.45, 0.25, breathing + 0.25 * np.sin(7 * px + 5 * py))
    skin = fbm(x * 4 + 2 * warp[0], y * 4 + 2 * warp[1], 0.5 * time, octaves=5, seed=97)
    melt = (
        1060
        + 260 * heat * open_melt
        + 120 * smoothstep(0, 0.07, width)
        - 150 * smoothstep(0.0, 0.5, skin)
    )
    crack = 760 + fissure * (120 + 260 * youth) + 120 * youth * smoothstep(0.25, 0.0, edge)
    kelvin = crack + open_melt * np.maximum(melt - crack, 0)
    return relief, kelvin, open_melt, rough


def _light(relief, kelvin, melt, rough, depth):
    """Radiance: blackbody melt, and crust lit by the sky and by the glow around it."""
    emission = blackbody(kelvin, white=1370) * 1.5
    scale = 2 * HEIGHT / (PLATES * depth)  # pixels per unit of ground
    dy, dx = np.gradient(relief * scale)
    dy *= 0.6
    length = np.sqrt(1 + dx * dx + dy * dy)
    facing_sky = np.clip((0.55 - 0.75 * dx - 0.45 * dy) / length, 0, None)
    sheen = np.clip((0.30 - 0.9 * dx + 0.9 * dy) / length, 0, 1) ** 3
    glow = 0.6 * blur(emission, 5) + 0.4 * blur(emission, 22)
    around = blur(glow.mean(-1), 3)
    gy, gx = np.gradient(around)
    size = np.hypot(gx, gy) + 0.002
    facing_glow = np.clip(0.35 - 1.3 * (dx * gx + dy * gy) / size, 0.05, 2.5)  # grazing light
    albedo = (0.060 + 0.035 * np.clip(rough, -1, 1))[..., None]
    crust = albedo * SKY * facing_sky[..., None] + 0.05 * SKY * sheen[..., None]
    crust = crust + 2.2 * albedo * glow * facing_glow[..., None]
    return crust * (1 - melt[..., None]) + emission


def _spatter(image, time):
    """Gas bursts: drops on ballistic arcs, thrown wherever a vent lies over open melt.

    The vents ride on the current while they burst, and start again every `cycle` seconds.
    """
    rng = np.random.default_rng(14)
    cycle, shape = 2.6, (BURSTS, DROPS)
    x0 = rng.uniform(-3.2, 2.6, (BURSTS, 1))
    y0 = PLATES * TILT / rng.uniform(NEAR - 0.05, NEAR + 0.95, (BURSTS, 1))
    heading, speed = rng.uniform(0, 2 * np.pi, shape), rng.gamma(2.0, 0.14, shape)
    lift, delay = rng.uniform(0.4, 1.5, shape), rng.uniform(0, 0.9, shape)
    start, power = rng.uniform(0, cycle, (BURSTS, 1)), rng.uniform(0.15, 1.0, shape) ** 2
    melt = blur(image[..., 0], 2.5)
    for shutter in np.linspace(0, 0.6 / FPS, 5):
        since = (time + shutter - start) % cycle
        vent_x, vent_y = x0 + CURRENT[0] * since, y0 + CURRENT[1] * since
        column, row = (c.astype(int) for c in _project(vent_x, vent_y, 0.0))
        open_melt = melt[np.clip(row, 0, HEIGHT - 1), np.clip(column, 0, WIDTH - 1)]
        power_now = power * smoothstep(0.12, 0.5, open_melt)
        age = since - delay
        z = lift * age - 1.4 * age * age
        fly = (age > 0) & (z > 0) & (power_now > 0)
        column, row = _project(
            (vent_x + np.cos(heading) * speed * age)[fly],
            (vent_y + np.sin(heading) * speed * age)[fly],
            0.42 * z[fly],
        )
        light = blackbody(1480 - 210 * age[fly], white=1370) * power_now[fly][:, None]
        splat(image, column, row, 0.35 * light)


def _fume(glow, x, y, time):
    """Thin fume that drifts over the lake and catches its light."""
    veil = fbm(x * 0.6 - 0.5 * time, y * 0.45 + 0.4 * time, 0.25 * time, octaves=5, seed=98)
    thickness = 0.30 * smoothstep(-0.25, 0.7, veil)[..., None]
    return thickness, 0.55 * glow + 0.035 * SKY


def render():
    """Frames (T, H, W, 3) uint8 and frames per second."""
    x, y, depth = _ground()
    frames = []
    for t in range(FRAMES):
        time = 20 + t / FPS
        pixel = PLATES * depth / HEIGHT
        fields = _crust(x - CURRENT[0] * time, y - CURRENT[1] * time, time, pixel)
        image = downsample(_light(*fields, depth)).astype(np.float32)
        _spatter(image, time)
        thickness, fume = _fume(blur(image, 16), downsample(x), downsample(y), time)
        image = image * (1 - thickness) + fume * thickness
        image = vignette(bloom(blur(image, 0.4), 0.16, 6.0), 0.3)
        frames.append(tonemap(crosstalk(image, 0.06), 1.3))
    return to_uint8(grain(frames, seed=15, amount=0.008)), FPS
