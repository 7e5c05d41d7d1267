"""A fluid solver for fire and smoke; grids are (y, z, x) with y pointing down.

Sources: Stam, "Stable fluids" (1999); Fedkiw et al., "Visual simulation of smoke" (2001, vorticity
confinement); Selle et al., "An unconditionally stable MacCormack method" (2008).
"""

import math

import numpy as np
from numba import njit

CENTRE, FACE_Y, FACE_Z, FACE_X = 0, 1, 2, 3  # where a quantity lives in its cell


@njit(cache=True, inline="always")
def _sample(q, y, z, x):
    """Trilinear value, and range of the corners: clamped in y, periodic in z and x."""
    ny, nz, nx = q.shape
    y = min(max(y, 0.0), ny - 1.001)
    fy, fz, fx = math.floor(y), math.floor(z), math.floor(x)
    ty, tz, tx = np.float32(y - fy), np.float32(z - fz), np.float32(x - fx)
    y0, z0, x0 = int(fy), int(fz) % nz, int(fx) % nx
    z1, x1 = (z0 + 1) % nz, (x0 + 1) % nx
    a, b, c, d = q[y0, z0, x0], q[y0, z0, x1], q[y0, z1, x0], q[y0, z1, x1]
    e, f, g, h = q[y0 + 1, z0, x0], q[y0 + 1, z0, x1], q[y0 + 1, z1, x0], q[y0 + 1, z1, x1]
    low = (a + (b - a) * tx) * (1 - tz) + (c + (d - c) * tx) * tz
    high = (e + (f - e) * tx) * (1 - tz) + (g + (h - g) * tx) * tz
    smallest = min(min(min(a, b), min(c, d)), min(min(e, f), min(g, h)))
    largest = max(max(max(a, b), max(c, d)), max(max(e, f), max(g, h)))
    return low + (high - low) * ty, smallest, largest


@njit(cache=True, inline="always")
def _velocity(v, w, u, y, z, x, place):
    """Velocity (y, z, x) at the point of cell (y, z, x) where quantities of `place` live."""
    ny, nz, nx = v.shape
    below, back, right = min(y + 1, ny - 1), (z + 1) % nz, (x + 1) % nx
    if place == CENTRE:
        return (
            0.5 * (v[y, z, x] + v[below, z, x]),
            0.5 * (w[y, z, x] + w[y, back, x]),
            0.5 * (u[y, z, x] + u[y, z, right]),
        )
    if place == FACE_Y:
        up = max(y - 1, 0)
        return (
            v[y, z, x],
            0.25 * (w[y, z, x] + w[y, back, x] + w[up, z, x] + w[up, back, x]),
            0.25 * (u[y, z, x] + u[y, z, right] + u[up, z, x] + u[up, z, right]),
        )
    if place == FACE_Z:
        front = z - 1
        return (
            0.25 * (v[y, z, x] + v[below, z, x] + v[y, front, x] + v[below, front, x]),
            w[y, z, x],
            0.25 * (u[y, z, x] + u[y, z, right] + u[y, front, x] + u[y, front, right]),
        )
    left = x - 1
    return (
        0.25 * (v[y, z, x] + v[below, z, x] + v[y, z, left] + v[below, z, left]),
        0.25 * (w[y, z, x] + w[y, back, x] + w[y, z, left] + w[y, back, left]),
        u[y, z, x],
    )


@njit(cache=True)
def _maccormack(q, v, w, u, dt, place):
    """Advect q by dt: semi-Lagrangian, corrected by the error of going there and back."""
    ny, nz, nx = q.shape
    forward, low, high = np.empty_like(q), np.empty_like(q), np.empty_like(q)
    for y in range(ny):
        for z in range(nz):
            for x in range(nx):
                vy, vz, vx = _velocity(v, w, u, y, z, x, place)
                forward[y, z, x], low[y, z, x], high[y, z, x] = _sample(
                    q, y - dt * vy, z - dt * vz, x - dt * vx
                )
    out = np.empty_like(q)
    for y in range(ny):
        for z in range(nz):
            for x in range(nx):
                vy, vz, vx = _velocity(v, w, u, y, z, x, place)
                back = _sample(forward, y + dt * vy, z + dt * vz, x + dt * vx)[0]
                value = forward[y, z, x] + np.float32(0.5) * (q[y, z, x] - back)
                out[y, z, x] = min(max(value, low[y, z, x]), high[y, z, x])
    return out


@njit(cache=True)
def _confine(v, w, u, strength):
    """Vorticity confinement: add back the small vortices that advection smeared out."""
    ny, nz, nx = v.shape
    curl = np.zeros((3, ny, nz, nx), np.float32)
    size = np.zeros((ny, nz, nx), np.float32)
    for y in range(1, ny - 1):
        for z in range(nz):
            for x in range(nx):
                zb, xb = (z + 1) % nz, (x + 1) % nx
                cy = (u[y, zb, x] - u[y, z - 1, x]) - (w[y, z, xb] - w[y, z, x - 1])
                cz = (v[y, z, xb] - v[y, z, x - 1]) - (u[y + 1, z, x] - u[y - 1, z, x])
                cx = (w[y + 1, z, x] - w[y - 1, z, x]) - (v[y, zb, x] - v[y, z - 1, x])
                curl[0, y, z, x], curl[1, y, z, x], curl[2, y, z, x] = cy, cz, cx
                size[y, z, x] = math.sqrt(cy * cy + cz * cz + cx * cx)
    for y in range(1, ny - 1):
        for z in range(nz):
            for x in range(nx):
                gy = size[y + 1, z, x] - size[y - 1, z, x]
                gz = size[y, (z + 1) % nz, x] - size[y, z - 1, x]
                gx = size[y, z, (x + 1) % nx] - size[y, z, x - 1]
                k = strength / (math.sqrt(gy * gy + gz * gz + gx * gx) + 1e-4)
                cy, cz, cx = curl[0, y, z, x], curl[1, y, z, x], curl[2, y, z, x]
                v[y, z, x] += k * (gz * cx - gx * cz)
                w[y, z, x] += k * (gx * cy - gy * cx)
                u[y, z, x] += k * (gy * cz - gz * cy)


class Fluid:
    """Incompressible flow in a box: open top, floor at the last row, periodic sides.

    `inflow` is the upward speed of the air that enters through the floor (rows per step); a
    little of it keeps smoke from being drawn back down between the plumes.
    """

    def __init__(self, shape, inflow=0.0):
        self.v, self.w, self.u = (np.zeros(shape, np.float32) for _ in range(3))
        self.v -= inflow
        self.inflow = inflow
        _, nz, nx = shape
        kz, kx = np.fft.fftfreq(nz)[:, None], np.fft.rfftfreq(nx)
        self.stiffness = (4 - 2 * np.cos(2 * np.pi * kz) - 2 * np.cos(2 * np.pi * kx)).astype(
            np.float32
        )

    def advect(self, q, dt=1.0, place=CENTRE):
        """The quantity q carried by the flow for the time dt."""
        return _maccormack(q, self.v, self.w, self.u, dt, place)

    def step(self, lift, confinement=0.0):
        """Advance by one unit of time under `lift`, an upward acceleration per cell."""
        self.v, self.w, self.u = (
            self.advect(self.v, place=FACE_Y),
            self.advect(self.w, place=FACE_Z),
            self.advect(self.u, place=FACE_X),
        )
        self.v[1:] -= 0.5 * (lift[1:] + lift[:-1])
        if confinement:
            _confine(self.v, self.w, self.u, confinement)
        self._project()

    def _project(self):
        """Remove the divergence: Poisson by FFT along z and x, tridiagonal along y."""
        floor = np.full_like(self.v[:1], -self.inflow)
        divergence = (
            np.concatenate([self.v[1:], floor])
            - self.v
            + np.roll(self.w, -1, 1)
            - self.w
            + np.roll(self.u, -1, 2)
            - self.u
        )
        rhs = np.fft.rfft2(divergence, axes=(1, 2)).astype(np.complex64)
        ny = len(rhs)
        ratio = np.empty((ny,) + self.stiffness.shape, np.float32)
        for y in range(ny):  # Thomas' algorithm, all wavenumbers at once
            diagonal = -(2 if y < ny - 1 else 1) - self.stiffness
            if y:
                diagonal = diagonal - ratio[y - 1]
                rhs[y] -= rhs[y - 1]
            ratio[y] = 1 / diagonal
            rhs[y] *= ratio[y]
        for y in range(ny - 2, -1, -1):
            rhs[y] -= ratio[y] * rhs[y + 1]
        pressure = np.fft.irfft2(rhs, s=self.v.shape[1:], axes=(1, 2)).astype(np.float32)
        self.v -= np.diff(pressure, axis=0, prepend=0)
        self.w -= pressure - np.roll(pressure, 1, 1)
        self.u -= pressure - np.roll(pressure, 1, 2)
