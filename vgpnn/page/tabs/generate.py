"""The tab of diverse generation: new versions of the same scene."""

from __future__ import annotations

from vgpnn.page.tabs.tab import Tab


class Generate(Tab):
    id = "generate"
    title = "Generate"
    verb = "Generate"
    description = (
        "New versions of the same scene: things are in other places, the look and the motion "
        "stay. It works badly where a single object fills the frame: that comes back much as it "
        "was."
    )
    tasks = ("generate",)
    takes_samples = True
