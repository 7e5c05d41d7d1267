"""Start the page: ``python app.py [--host HOST] [--port PORT] [--share]``."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress

with suppress(ImportError):
    import spaces  # noqa: F401  on a ZeroGPU Space this has to come before torch


def main() -> None:
    parser = argparse.ArgumentParser(description="VGPNN in the browser")
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("GRADIO_SERVER_PORT", 7860)))
    parser.add_argument("--share", action="store_true", help="a public address through Gradio")
    options = parser.parse_args()

    from vgpnn.limits import LIMITS
    from vgpnn.ui import files

    # Uploads lie below our own base folder, where the reaper finds them; Gradio reads this when
    # the page is built.
    os.environ["GRADIO_TEMP_DIR"] = str(files.UPLOADS)
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from vgpnn.ui import page
    from vgpnn.ui.jobs import RUNNER

    RUNNER.start()  # the kernels load or compile while the page opens
    page.build().launch(
        server_name=options.host,
        server_port=options.port,
        share=options.share,
        max_file_size=LIMITS.upload_bytes,
        **page.launch_options(),
    )


if __name__ == "__main__":
    main()
