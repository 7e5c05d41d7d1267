"""Snow falling before a conifer forest that fades into mist.

Flakes: particles that fall at their own terminal velocity, carried by a mean wind and by
fractal-noise turbulence (after Bridson et al., "Curl-noise for procedural fluid flow", 2007) and
fluttering; each is seen through a thin lens as a disk of its circle of confusion (Potmesil and
Chakravarty, "A lens and aperture camera model", 1981) and smeared over the shutter.
Trees: whorls of drooping boughs with needle strokes and snow (Weber and Penn, "Creation and
rendering of realistic trees", 1995, much reduced), standing in rows that the mist (Beer's law)
takes one after the other.
"""

import numpy as np
from numba import njit

from .camera import bloom, blur, downsample, grain, to_uint8, tonemap, vignette
from .noise import fbm, fbm_volume, sample, smoothstep

WIDTH, HEIGHT, FRAMES, FPS = 384, 216, 28, 14
SCALE, SUBSAMPLES, SHUTTER = 2, 12, 0.5
FOCAL, HORIZON = 1.75, 0.80  # in half-widths; row of the horizon as a part of the height
ROWS = (75.0, 54.0, 39.0, 28.0, 21.0, 15.5)  # metres to the rows of trees
VISIBILITY = 34.0  # metres of mist that leave 1/e of the light
GLOW = (0.40, 0.46)  # where the low light shines through the mist, in parts of the frame
FLAKES, FOCUS, APERTURE = 2800, 6.0, 17.0  # count, metres, pixels x metres
MARGIN = 0.12


# ----------------------------------------------------------------------------------- forest


@njit
def stroke(colour, cover, x0, y0, x1, y1, width, shade, tint):
    """Paint a soft line of the given width in pixels."""
    steps = int(max(abs(x1 - x0), abs(y1 - y0)) / max(0.5, 0.5 * width)) + 1
    for s in range(steps + 1):
        x, y = x0 + (x1 - x0) * s / steps, y0 + (y1 - y0) * s / steps
        reach = width + 1
        for i in range(max(0, int(y - reach)), min(cover.shape[0], int(y + reach) + 2)):
            for j in range(max(0, int(x - reach)), min(cover.shape[1], int(x + reach) + 2)):
                away = np.sqrt((i - y) ** 2 + (j - x) ** 2)
                alpha = min(1.0, max(0.0, 0.5 * width + 0.5 - away))
                if alpha > 0:
                    cover[i, j] += alpha * (1 - cover[i, j])
                    for c in range(3):
                        colour[i, j, c] += alpha * (shade * tint[c] - colour[i, j, c])


@njit
def conifer(colour, cover, column, foot, size, metre, seed):
    """Paint one tree of `size` metres at `metre` pixels a metre, from its lowest whorl up."""
    np.random.seed(seed)
    bark, needle = np.array([0.050, 0.042, 0.036]), np.array([0.030, 0.046, 0.038])
    snow = np.array([0.26, 0.30, 0.36])
    lean = np.random.normal() * 0.012
    for k in range(60):
        h = k / 60
        width = max(1.0, 0.028 * size * metre * (1 - h) * 0.75)
        stroke(
            colour,
            cover,
            column + lean * size * metre * h,
            foot - size * metre * h,
            column + lean * size * metre * (h + 0.017),
            foot - size * metre * (h + 0.017),
            width,
            0.7,
            bark,
        )
    whorls = int(size / 0.36)
    for w in range(whorls):
        h = 0.07 + 0.93 * (w + 0.5 * np.random.random()) / whorls
        reach = size * (0.20 * (1 - h) ** 0.85 + 0.010) * np.random.uniform(0.7, 1.15)
        around = np.sort(np.random.random(13))
        for k in range(13):
            # Boughs at the back are painted first; half a turn covers left and right at random.
            back = 1 - 2 * around[k]
            side = np.sqrt(max(0.0, 1 - back * back)) * (1 if np.random.random() < 0.5 else -1)
            length = reach * np.random.uniform(0.5, 1.15)
            level = h + np.random.normal() * 0.35 / whorls
            load = np.random.uniform(0.2, 1.0)
            droop = 0.42 + 0.35 * load - 0.45 * h + 0.10 * np.random.normal()
            count = int(4 + length * metre / 2.2)
            for n in range(count):
                s = (n + np.random.random()) / count
                x = column + (lean * size * h + side * s * length) * metre
                sag = length * (droop * s - 0.20 * s * s) + 0.12 * back * s
                y = foot - (size * level - sag) * metre
                light = (0.35 + 0.65 * s) * (0.75 - 0.35 * back) * np.random.uniform(0.6, 1.4)
                twig = 0.42 * (1.15 - 0.6 * s) * metre * np.random.uniform(0.5, 1.2)
                slant = 0.5 * side + 0.6 * np.random.normal()
                stroke(
                    colour,
                    cover,
                    x,
                    y,
                    x + 0.7 * slant * twig,
                    y + 0.75 * twig,
                    max(0.9, 0.035 * metre),
                    light,
                    needle,
                )
                if np.random.random() < 0.55 * load * load and s > 0.2:
                    cap = max(0.9, 0.055 * metre * np.random.uniform(0.5, 1.6))
                    stroke(
                        colour,
                        cover,
                        x - 0.10 * metre,
                        y - 0.3 * cap,
                        x + 0.10 * metre,
                        y - 0.3 * cap + 0.03 * metre,
                        cap,
                        (0.45 + 0.55 * s) * np.random.uniform(0.5, 1.0),
                        snow,
                    )


def mist_light():
    """Colour of the mist over the frame: a pale glow low between the trees, night-blue above."""
    y, x = np.mgrid[0 : 1 : HEIGHT * SCALE * 1j, 0 : 1 : WIDTH * SCALE * 1j]
    away = np.hypot((x - GLOW[0]) * 1.25, (y - GLOW[1]) * 0.9)
    glow = np.exp(-((away / 0.40) ** 2))[..., None]
    deep = np.array([0.032, 0.052, 0.080]) * (1.25 - 0.55 * (1 - y[..., None]))
    return (deep + glow * np.array([0.29, 0.245, 0.195])).astype(np.float32)


def snowfield(mist):
    """The backdrop: mist above the horizon, drifted snow that fades into it below."""
    rows, columns = mist.shape[:2]
    row, column = np.mgrid[0:rows, 0:columns]
    metre = WIDTH * SCALE / 2 * FOCAL
    below = np.maximum(row - HORIZON * rows, 0.5)
    z = 1.6 * metre / below
    x = (column - columns / 2) * z / metre
    drift = fbm(x / 3.5, z / 5.0, octaves=5, seed=21)
    shade = (0.34 + 0.30 * drift)[..., None] * np.array([0.62, 0.74, 0.92]) * (0.35 + 1.6 * mist)
    clear = np.exp(-z / VISIBILITY)[..., None]
    land = smoothstep(0, 6, row - HORIZON * rows)[..., None]
    return (mist * (1 - land * clear) + shade * land * clear).astype(np.float32)


def plant(rng, mist):
    """The rows of trees, far to near: premultiplied colour and coverage, already in the mist."""
    layers = []
    for z in ROWS:
        colour, cover = np.zeros_like(mist), np.zeros(mist.shape[:2], np.float32)
        metre = WIDTH * SCALE / 2 * FOCAL / z
        foot = HORIZON * HEIGHT * SCALE + 1.6 * metre
        spacing = (3.4 if z > 20 else 5.2) * metre
        for column in np.arange(-spacing, WIDTH * SCALE + spacing, spacing):
            column += rng.uniform(-0.42, 0.42) * spacing
            gap = abs(column / (WIDTH * SCALE) - GLOW[0] - 0.04)
            if (z < 25 and gap < 0.20) or rng.random() < 0.12:
                continue  # a clearing, so that the eye finds the distance
            size = rng.uniform(9.5, 16.0)
            conifer(
                colour,
                cover,
                column,
                foot + rng.uniform(-2, 3),
                size,
                metre,
                int(rng.integers(1 << 30)),
            )
        lit = colour * (0.7 + 1.6 * mist / mist.max())
        clear = np.exp(-z / VISIBILITY)
        veiled = lit * clear + mist * (1 - clear) * cover[..., None]
        soft = 0.4 + 6.0 * abs(1 / z - 1 / FOCUS)
        layers.append((blur(veiled, soft), blur(cover, soft)))
    return layers


@njit
def sway(image, colour, cover, volume, strength, time):
    """Lay a row of trees over the image, its tops leaning in gusts."""
    rows, columns = cover.shape
    for i in range(rows):
        lift = max(0.0, 1 - i / (0.85 * rows)) ** 1.4 * strength
        for j in range(columns):
            gust = sample(volume, j / columns * 0.9, 0.11 * time, 0.37 + strength)
            x = min(max(j + lift * (gust + 0.2), 0.0), columns - 1.001)
            k = int(x)
            f = x - k
            alpha = cover[i, k] * (1 - f) + cover[i, k + 1] * f
            for c in range(3):
                over = colour[i, k, c] * (1 - f) + colour[i, k + 1, c] * f
                image[i, j, c] = image[i, j, c] * (1 - alpha) + over


# ----------------------------------------------------------------------------------- flakes


def spawn(rng):
    """Flakes (x, y in parts of the frame, z in metres, fall in m/s, radius in m, phase)."""
    z = (1.1**2.2 + rng.random(FLAKES) * (17.0**2.2 - 1.1**2.2)) ** (1 / 2.2)
    place = rng.uniform(-MARGIN, 1 + MARGIN, (FLAKES, 2))
    fall, radius = rng.uniform(0.55, 0.95, FLAKES), rng.uniform(0.008, 0.018, FLAKES)
    return np.column_stack([place, z, fall, radius, rng.random(FLAKES)])


@njit
def advect(flakes, volume, time, dt):
    """Move the flakes by their fall, the wind and its turbulence; the frame wraps around."""
    span = 1 + 2 * MARGIN
    for n in range(flakes.shape[0]):
        x, y, z, fall, _, phase = flakes[n]
        wide, tall = 2 * z / FOCAL, 2 * z / FOCAL * HEIGHT / WIDTH  # metres across the frame
        a, b = x * wide / 5 + 3 * z, y * tall / 5 - 0.1 * time
        gust = sample(volume, a / 4, b / 4, z / 20 + 0.05 * time)
        lift = sample(volume, a / 4 + 0.5, b / 4 + 0.3, z / 20 - 0.05 * time)
        flutter = 0.22 * np.sin(2 * np.pi * (1.3 * time * (0.6 + phase) + 7 * phase))
        flakes[n, 0] = (x + dt * (0.28 + 1.1 * gust + flutter) / wide + MARGIN) % span - MARGIN
        flakes[n, 1] = (y + dt * (fall + 0.6 * lift) / tall + MARGIN) % span - MARGIN


@njit
def expose(flakes, light, veil, weight):
    """Add the flakes' disks of confusion to the premultiplied light and the veil they cast."""
    rows, columns = veil.shape
    for n in range(flakes.shape[0]):
        x, y, z, _, radius, phase = flakes[n]
        column, row = x * columns, y * rows
        true = radius * columns / 2 * FOCAL / z
        blurred = APERTURE * abs(1 / z - 1 / FOCUS)
        disk = np.sqrt(true * true + blurred * blurred + 0.5)
        alpha = 0.92 * min(1.0, (true / disk) ** 2 * 1.6) * weight
        clear = np.exp(-z / (2 * VISIBILITY))
        edge = 0.7 + 0.10 * disk
        for i in range(max(0, int(row - disk - 2)), min(rows, int(row + disk + 3))):
            for j in range(max(0, int(column - disk - 2)), min(columns, int(column + disk + 3))):
                away = np.sqrt((i - row) ** 2 + (j - column) ** 2)
                inside = min(1.0, max(0.0, (disk - away) / edge + 0.5))
                ring = 0.85 + 0.3 * (away / disk) ** 2  # spherical aberration of the lens
                a = alpha * inside * ring
                veil[i, j] += a
                for c in range(3):
                    light[i, j, c] += a * clear * (0.66, 0.72, 0.82)[c] * (0.8 + 0.4 * phase)


def render():
    """Frames (T, H, W, 3) uint8 and frames per second."""
    rng = np.random.default_rng(1611)
    mist = mist_light()
    backdrop, trees = snowfield(mist), plant(rng, mist)
    volume, flakes, frames = fbm_volume(64, seed=8), spawn(rng), []
    open_shutter = int(SUBSAMPLES * SHUTTER)
    for frame in range(FRAMES):
        image = backdrop.copy()
        for strength, (colour, cover) in enumerate(trees):
            sway(image, colour, cover, volume, 1.5 + 1.3 * strength, frame / FPS)
        light, veil = np.zeros_like(image), np.zeros(image.shape[:2], np.float32)
        for k in range(SUBSAMPLES):
            time = (frame + k / SUBSAMPLES) / FPS
            advect(flakes, volume, time, 1 / FPS / SUBSAMPLES)
            if k < open_shutter:
                expose(flakes, light, veil, 1 / open_shutter)
        share = (1 - np.exp(-veil)) / np.maximum(veil, 1e-6)
        image = image * np.exp(-veil)[..., None] + light * share[..., None] * (0.75 + 1.3 * mist)
        image = downsample(blur(image, 0.7), SCALE)
        frames.append(tonemap(vignette(bloom(image, 0.16, 6.0), 0.35), 1.5))
    return to_uint8(grain(np.stack(frames), seed=6, amount=0.010)), FPS
