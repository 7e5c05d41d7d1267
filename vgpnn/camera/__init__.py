"""A camera that moves: its path, a canvas on which the scene stands still, and the way back.

Large motion of the camera over rigid things is a stated failure of the method (section 5). Here the
scene is made on the canvas, and the camera is put back afterwards."""

from vgpnn.camera.gate import Camera, looked_at

__all__ = ["Camera", "looked_at"]
