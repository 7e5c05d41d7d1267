"""The kinds of Spaces, and their hardware."""

from __future__ import annotations

from huggingface_hub import SpaceHardware

from vgpnn.deployment.kinds import FREE_HARDWARE, NEW_HARDWARE, SDKS, ZERO_GPU


def test_every_kind_of_space_starts_on_free_hardware_that_the_hub_knows():
    assert set(NEW_HARDWARE) == set(SDKS)
    assert set(NEW_HARDWARE.values()) == set(FREE_HARDWARE)
    assert set(FREE_HARDWARE) <= {hardware.value for hardware in SpaceHardware}


def test_only_a_gradio_space_has_zero_gpu():
    assert [sdk for sdk in SDKS if NEW_HARDWARE[sdk] == ZERO_GPU] == ["gradio"]
