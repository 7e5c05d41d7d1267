"""Gradient and cell noise, as functions and as tables (Perlin, "Improving noise", 2002)."""

import math

import numpy as np
from numba import njit


@njit(cache=True, inline="always")
def _gradient(ix, iy, iz, seed, x, y, z):
    """Dot product of (x, y, z) with the pseudo-random lattice gradient (Perlin 2002)."""
    h = (ix * 374761393 + iy * 668265263 + iz * 1440662683 + seed * 1013904223) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    h = (h ^ (h >> 16)) & 15
    u = x if h < 8 else y
    v = y if h < 4 else (x if h == 12 or h == 14 else z)
    return (u if h & 1 == 0 else -u) + (v if h & 2 == 0 else -v)


@njit(cache=True)
def _perlin(x, y, z, period, seed):
    """Gradient noise in about [-1, 1]; `period` > 0 tiles x and y."""
    ix, iy, iz = math.floor(x), math.floor(y), math.floor(z)
    fx, fy, fz = x - ix, y - iy, z - iz
    ix, iy, iz = int(ix), int(iy), int(iz)
    sx = fx * fx * fx * (fx * (fx * 6 - 15) + 10)
    sy = fy * fy * fy * (fy * (fy * 6 - 15) + 10)
    sz = fz * fz * fz * (fz * (fz * 6 - 15) + 10)
    jx, jy = ix + 1, iy + 1
    if period > 0:
        ix, jx, iy, jy = ix % period, jx % period, iy % period, jy % period
    total = 0.0
    for dz in range(2):
        weight = sz if dz else 1 - sz
        a = _gradient(ix, iy, iz + dz, seed, fx, fy, fz - dz)
        b = _gradient(jx, iy, iz + dz, seed, fx - 1, fy, fz - dz)
        c = _gradient(ix, jy, iz + dz, seed, fx, fy - 1, fz - dz)
        d = _gradient(jx, jy, iz + dz, seed, fx - 1, fy - 1, fz - dz)
        top, bottom = a + (b - a) * sx, c + (d - c) * sx
        total += weight * (top + (bottom - top) * sy)
    return total


@njit(cache=True)
def _fbm(x, y, z, octaves, period, seed, gain, ridged):
    out = np.empty(x.size, np.float32)
    for i in range(x.size):
        amplitude, scale, total = 1.0, 1.0, 0.0
        for octave in range(octaves):
            n = _perlin(
                x[i] * scale, y[i] * scale, z[i] * scale, int(period * scale), seed + octave
            )
            total += amplitude * (1 - 2 * abs(n) if ridged else n)
            amplitude *= gain
            scale *= 2
        out[i] = total
    return out


def fbm(x, y, z=0.0, octaves=5, period=0, seed=0, gain=0.5, ridged=False):
    """Fractal gradient noise at the points (x, y, z), which broadcast; about [-1, 1].

    `period` (in lattice cells of the first octave) tiles x and y. Pass warped coordinates for
    domain warping, and time as z for noise that evolves. `ridged` folds every octave at zero.
    """
    x, y, z = np.broadcast_arrays(np.asarray(x, np.float64), y, z)
    flat = [np.ascontiguousarray(a, np.float64).ravel() for a in (x, y, z)]
    return _fbm(*flat, octaves, period, seed, gain, ridged).reshape(x.shape)


def smoothstep(low, high, x):
    """Hermite step from 0 at `low` to 1 at `high`."""
    t = np.clip((np.asarray(x) - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


@njit(cache=True)
def _worley(x, y, jitter, seed):
    out = np.empty((4, x.size), np.float32)
    for i in range(x.size):
        column, row = math.floor(x[i]), math.floor(y[i])
        near = second = 1e9
        near_x = near_y = 0
        for cy in range(row - 2, row + 3):
            for cx in range(column - 2, column + 3):
                h = (cx * 374761393 + cy * 668265263 + seed * 1440662683) & 0xFFFFFFFF
                h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
                px = cx + 0.5 + jitter * ((h & 0xFFFF) / 65536.0 - 0.5)
                py = cy + 0.5 + jitter * ((h >> 16) / 65536.0 - 0.5)
                d = math.sqrt((px - x[i]) ** 2 + (py - y[i]) ** 2)
                if d < near:
                    near, second = d, near
                    near_x, near_y = cx, cy
                elif d < second:
                    second = d
        out[0, i], out[1, i], out[2, i], out[3, i] = near, second, near_x, near_y
    return out


def worley(x, y, jitter=0.9, seed=0):
    """Distances to the nearest and second feature point, and the lattice cell of the nearest.

    One feature point lies in each unit cell (Worley 1996); returns (F1, F2, column, row).
    """
    x, y = np.broadcast_arrays(np.asarray(x, np.float64), y)
    flat = [np.ascontiguousarray(a, np.float64).ravel() for a in (x, y)]
    return _worley(*flat, jitter, seed).reshape((4,) + x.shape)


def fbm_volume(size, cells=4, octaves=5, seed=0, ridged=False):
    """Fractal noise (size, size, size) that tiles along every axis, for fast look-ups in kernels.

    Along z, where `fbm` does not tile, two copies one period apart are cross-faded at constant
    variance.
    """
    at = np.arange(size) / size
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    first, second = (
        fbm(x * cells, y * cells, (z + shift) * cells, octaves, cells, seed, ridged=ridged)
        for shift in (0, -1)
    )
    mean = first.mean()
    faded = ((1 - z) * (first - mean) + z * (second - mean)) / np.hypot(z, 1 - z)
    return (faded + mean).astype(np.float32)


@njit(cache=True)
def sample(volume, x, y, z):
    """Trilinear look-up of a tiling volume (z, y, x); one unit of a coordinate is one period."""
    n = volume.shape[0]
    x, y, z = (x - math.floor(x)) * n, (y - math.floor(y)) * n, (z - math.floor(z)) * n
    i, j, k = int(z), int(y), int(x)
    fz, fy, fx = z - i, y - j, x - k
    i, j, k = i % n, j % n, k % n
    i1, j1, k1 = (i + 1) % n, (j + 1) % n, (k + 1) % n
    near = (volume[i, j, k] * (1 - fx) + volume[i, j, k1] * fx) * (1 - fy) + (
        volume[i, j1, k] * (1 - fx) + volume[i, j1, k1] * fx
    ) * fy
    far = (volume[i1, j, k] * (1 - fx) + volume[i1, j, k1] * fx) * (1 - fy) + (
        volume[i1, j1, k] * (1 - fx) + volume[i1, j1, k1] * fx
    ) * fy
    return near * (1 - fz) + far * fz
