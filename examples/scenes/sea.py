"""A choppy sea under a low sun.

The surface is a sum of random waves with a Phillips spectrum, evolved with the deep-water
dispersion relation and sharpened by the horizontal displacement of Tessendorf, "Simulating ocean
water" (2001), in two tiles of different size. Rays of a low camera are marched to it. Shading is
Fresnel reflection of a cloudy sky, a sun glint from the Gaussian slopes of the waves too small to
see (Cox and Munk 1954; Bruneton et al. 2010), light scattered through the crests, foam where the
displacement folds, and aerial haze.
"""

import math

import numpy as np
from numba import njit

from .camera import bloom, blur, crosstalk, downsample, grain, to_uint8, tonemap, vignette
from .noise import fbm, smoothstep

HEIGHT, WIDTH = 180, 320
FRAMES, FPS = 28, 14
SIZE = 512  # samples along a tile
TILES = [(150.0, 0.0, 4.0), (23.0, 4.0, 1e9)]  # side in metres, band of wavenumbers in rad/m
WIND = np.array([0.55, -0.84])  # the waves come towards the camera, from the left
WIND_SPEED, RMS_HEIGHT, CHOPPINESS = 7.2, 0.34, 1.25
EYE, FOCAL, HORIZON = 4.2, 1.55, 0.30  # metres; image widths; share of the height from the top
SUN = np.array([0.10, 1.0, 0.078])
SUN = SUN / np.linalg.norm(SUN)
SUNLIGHT = np.array([1.0, 0.58, 0.26])
CALM = 0.0022  # slope variance of ripples below the grid


def _spectrum(side, low, high, rng):
    """Complex amplitudes of the waves, their wave vectors and angular frequencies."""
    k = 2 * np.pi * np.fft.fftfreq(SIZE, side / SIZE)
    kx, ky = k[None, :], k[:, None]
    length = np.hypot(kx, ky)
    length[0, 0] = 1
    longest = WIND_SPEED**2 / 9.81
    along = (kx * WIND[0] + ky * WIND[1]) / length
    spread = np.where(along > 0, along**2, 0.05 * along**2)
    phillips = np.exp(-1 / (length * longest) ** 2) / length**4 * spread
    phillips *= ((length > low) & (length <= high)) * np.exp(-((length * 0.03) ** 2))
    phillips[0, 0] = 0
    noise = rng.standard_normal((SIZE, SIZE)) + 1j * rng.standard_normal((SIZE, SIZE))
    return noise * np.sqrt(phillips) * 2 * np.pi / side, kx, ky, length


def _waves(spectrum, time):
    """Height, horizontal displacement (x, y) and folding of one tile."""
    amplitude, kx, ky, length = spectrum
    mode = SIZE**2 * amplitude * np.exp(-1j * np.sqrt(9.81 * length) * time)
    height = np.fft.ifft2(mode).real
    # The displacement gathers the water at the crests: sharp crests, flat troughs.
    dx = np.fft.ifft2(1j * kx / length * mode).real * CHOPPINESS
    dy = np.fft.ifft2(1j * ky / length * mode).real * CHOPPINESS
    jxx = 1 - np.fft.ifft2(kx * kx / length * mode).real * CHOPPINESS
    jyy = 1 - np.fft.ifft2(ky * ky / length * mode).real * CHOPPINESS
    jxy = -np.fft.ifft2(kx * ky / length * mode).real * CHOPPINESS
    return height, dx, dy, jxx * jyy - jxy * jxy


@njit(cache=True, inline="always")
def _bilinear(grid, x, y):
    """Periodic lookup; x and y in samples."""
    n = grid.shape[0]
    fx, fy = math.floor(x), math.floor(y)
    tx, ty = x - fx, y - fy
    x0, y0 = int(fx) % n, int(fy) % n
    x1, y1 = (x0 + 1) % n, (y0 + 1) % n
    a = grid[y0, x0] * (1 - tx) + grid[y0, x1] * tx
    b = grid[y1, x0] * (1 - tx) + grid[y1, x1] * tx
    return a * (1 - ty) + b * ty


@njit(cache=True)
def _as_field(values, dx, dy, cell):
    """Values over the displaced points, looked up at the grid points (fixed-point inversion)."""
    out = np.empty_like(values)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            x, y = float(j), float(i)
            for _ in range(6):
                x, y = (j - _bilinear(dx, x, y) / cell, i - _bilinear(dy, x, y) / cell)
            out[i, j] = _bilinear(values, x, y)
    return out


@njit(cache=True)
def _march(coarse, fine, coarse_cell, fine_cell, sides, drops, eye):
    """Distance ahead at which every view ray meets the water.

    Rays of one column share a vertical plane, so a ray starts where the one below it ended.
    """
    out = np.empty((drops.size, sides.size), np.float32)
    for column in range(sides.size):
        t = 0.8 * eye / drops[-1]
        for row in range(drops.size - 1, -1, -1):
            while t < 4000:
                x, y = sides[column] * t, t
                water = _bilinear(coarse, x / coarse_cell, y / coarse_cell)
                if t < 120:
                    water += _bilinear(fine, x / fine_cell, y / fine_cell)
                gap = eye - drops[row] * t - water
                if gap <= 0:
                    break
                t += max(0.35 * gap, 0.0015 * t)
            out[row, column] = t
    return out


def _pyramid(grid):
    """The grid and its averages over 2, 4, 8... samples."""
    levels = [grid]
    while levels[-1].shape[0] > 4:
        levels.append(downsample(levels[-1]))
    return levels


def _lookup(levels, x, y, footprint):
    """Average of a tile around the points (x, y) over `footprint`, all in samples."""
    wanted = np.clip(np.log2(np.maximum(footprint, 1)), 0, len(levels) - 1)
    out = np.zeros(x.shape)
    for i, grid in enumerate(levels):
        weight = np.clip(1 - np.abs(wanted - i), 0, 1)
        used = weight > 0
        n, step = grid.shape[0], 2.0**i
        px, py = (x[used] + 0.5) / step - 0.5, (y[used] + 0.5) / step - 0.5
        ix, iy = np.floor(px).astype(int), np.floor(py).astype(int)
        tx, ty = px - ix, py - iy
        top = grid[iy % n, ix % n] * (1 - tx) + grid[iy % n, (ix + 1) % n] * tx
        low = grid[(iy + 1) % n, ix % n] * (1 - tx) + grid[(iy + 1) % n, (ix + 1) % n] * tx
        out[used] += weight[used] * (top * (1 - ty) + low * ty)
    return out


def _sky(direction, time, clouds=True):
    """Radiance of the sky: gradient, glow around the sun, and a deck of soft clouds."""
    up = np.maximum(direction[..., 2], 0.004)
    towards = np.clip(direction @ SUN, -1, 1)
    high, low = np.array([0.10, 0.17, 0.32]), np.array([0.60, 0.31, 0.165])
    blend = np.exp(-up / 0.16)[..., None]
    sky = high * (1 - blend) + low * blend
    sky = sky * (0.55 + 0.45 * (0.5 + 0.5 * towards[..., None]) ** 2)
    glow = 1.5 * np.exp((towards - 1) / 0.0035) + 0.28 * np.exp((towards - 1) / 0.07)
    glow += 14 * np.exp((towards - 1) / 0.00025)
    sky = sky + glow[..., None] * SUNLIGHT
    if not clouds:
        return sky
    x, y = direction[..., 0] / (up + 0.05), direction[..., 1] / (up + 0.05)
    shape = fbm(x * 0.8 + 0.02 * time, y * 0.40, 0.02 * time, octaves=6, seed=80)
    cover = smoothstep(-0.10, 0.40, shape + 0.05)[..., None]
    lining = np.exp(-3.0 * cover) * (0.25 + 1.6 * np.exp((towards - 1) / 0.05))[..., None]
    cloud = 0.42 * sky + np.array([0.045, 0.045, 0.06]) + lining * SUNLIGHT * 0.7
    return sky * (1 - 0.85 * cover) + cloud * 0.85 * cover


def _surface(spectra, time):
    """Height fields of the tiles for the rays, and pyramids of their slopes and of the foam."""
    heights, slopes = [], []
    foam = None
    for (side, _, _), spectrum in zip(TILES, spectra, strict=True):
        height, dx, dy, fold = _waves(spectrum, time)
        cell = side / SIZE
        field = _as_field(height, dx, dy, cell)
        heights.append(field)
        slopes.append(
            [_pyramid((np.roll(field, -1, a) - np.roll(field, 1, a)) / (2 * cell)) for a in (1, 0)]
        )
        if foam is None:
            foam = _pyramid(_as_field(smoothstep(0.66, 0.40, fold), dx, dy, cell))
            swell = _pyramid(field)
    return heights, slopes, foam, swell


def _water(spectra, time, sides, drops):
    """Radiance of every pixel below the horizon."""
    heights, slopes, foam, swell = _surface(spectra, time)
    cells = [side / SIZE for side, _, _ in TILES]
    t = _march(*heights, *cells, sides, drops, EYE).astype(np.float64)
    x, y = sides * t, t
    pixel = sides[1] - sides[0]
    footprint = pixel * t * np.sqrt(np.maximum(t / EYE, 1)) * 0.8
    sx, sy, lost = np.zeros(t.shape), np.zeros(t.shape), np.full(t.shape, CALM)
    for (px, py), cell in zip(slopes, cells, strict=True):
        for total, levels in ((sx, px), (sy, py)):
            total += _lookup(levels, x / cell, y / cell, footprint / cell)
            rest = [levels[0].var() - level.var() for level in levels]
            lost += 0.5 * np.interp(
                np.log2(np.maximum(footprint / cell, 1)), np.arange(len(levels)), rest
            )
    view = np.stack(np.broadcast_arrays(-sides, -1.0, drops[:, None]), -1)
    view = view / np.linalg.norm(view, axis=-1, keepdims=True)
    normal = np.stack([-sx, -sy, np.ones_like(sx)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    facing = (view * normal).sum(-1)
    # Facets turned away are hidden; rough water far off shows the viewer its near sides.
    seen = np.sqrt(np.maximum(facing, 0) ** 2 + 0.6 * lost + 1e-4)[..., None]
    fresnel = 0.02 + 0.98 * (1 - np.clip(seen, 0, 1)) ** 5
    mirror = 2 * seen * normal - view
    mirror[..., 2] = np.abs(mirror[..., 2]) + np.sqrt(lost)
    mirror /= np.linalg.norm(mirror, axis=-1, keepdims=True)
    half = view + SUN
    dx, dy = half[..., 0] / half[..., 2] + sx, half[..., 1] / half[..., 2] + sy
    glint = np.exp(-(dx * dx + dy * dy) / (2 * lost)) / (2 * np.pi * lost * seen[..., 0])
    height = _lookup(swell, x / cells[0], y / cells[0], footprint / cells[0])
    crest = np.clip(height / RMS_HEIGHT - 0.2, 0, 2.5) * np.clip(1 - facing, 0, 1)
    body = np.array([0.004, 0.018, 0.027]) + np.array([0.012, 0.045, 0.036]) * crest[..., None]
    water = fresnel * _sky(mirror, time) + (1 - fresnel) * body
    water += fresnel * SUNLIGHT * np.minimum(0.012 * glint, 12)[..., None]
    white = _lookup(foam, x / cells[0], y / cells[0], footprint / cells[0])
    lace = fbm(x * 2.2, y * 2.2, 0.6 * time, octaves=4, seed=85)
    white = np.clip(white * (1.0 + 1.4 * lace), 0, 0.85)[..., None]
    water = water * (1 - white) + white * (np.array([0.42, 0.40, 0.40]) + 0.35 * SUNLIGHT)
    clear = np.exp(-t / 900)[..., None]
    horizon = np.stack(np.broadcast_arrays(sides, 1.0, 0.012), -1)
    horizon /= np.linalg.norm(horizon, axis=-1, keepdims=True)
    return water * clear + _sky(horizon, time, clouds=False) * (1 - clear) * 0.85


def render():
    """Frames (T, H, W, 3) uint8 and frames per second."""
    rng = np.random.default_rng(17)
    spectra = [_spectrum(*tile, rng) for tile in TILES]
    scale = RMS_HEIGHT / _waves(spectra[0], 0.0)[0].std()
    spectra = [(scale * amplitude, *rest) for amplitude, *rest in spectra]
    rows = (np.arange(2 * HEIGHT) + 0.5) / (2 * WIDTH) - HORIZON * HEIGHT / WIDTH
    sides = ((np.arange(2 * WIDTH) + 0.5) / (2 * WIDTH) - 0.5) / FOCAL
    drops = rows / FOCAL
    below = drops > 0
    ahead = np.stack(np.broadcast_arrays(sides, 1.0, -drops[~below, None]), -1)
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True)
    frames = []
    for t in range(FRAMES):
        time = 100 + t / FPS
        image = np.concatenate([_sky(ahead, time), _water(spectra, time, sides, drops[below])])
        image = downsample(blur(image, 0.7))
        image = vignette(bloom(image, 0.14, 6.0), 0.25)
        frames.append(tonemap(crosstalk(image, 0.03), 0.95))
    return to_uint8(grain(frames, seed=13, amount=0.010)), FPS
