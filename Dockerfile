# A Docker Space builds this as it is; elsewhere: docker build -t vgpnn . && docker run -p 7860:7860 vgpnn
# Nothing is written at run time but below /tmp: `docker run --read-only --tmpfs /tmp:size=2g ...` does, too.
FROM python:3.12-slim

# No ffmpeg: av has the libraries in itself, and Gradio, which would call the program, never gets a
# video to show. The program that comes with moviepy is removed: it is large, and nothing calls it.
RUN useradd --create-home --uid 1000 user
# The code belongs to root, and so does its folder's parent: a process that was taken over cannot
# change what the next start runs.
WORKDIR /app

# The CPU build of torch, without 2 GB of CUDA; --build-arg TORCH_INDEX=https://pypi.org/simple has it.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

# Dependencies first: this layer survives a change of the code. In a Space there are no constraints,
# and none are needed: the requirements that are sent there name versions.
COPY requirements.txt tests/constraints.tx[t] ./
RUN touch constraints.txt \
    && pip install --no-cache-dir --root-user-action ignore --constraint constraints.txt \
        --index-url "$TORCH_INDEX" "$(grep '^torch[<=>~!]' requirements.txt)" \
    && pip install --no-cache-dir --root-user-action ignore --constraint constraints.txt \
        --requirement requirements.txt \
    && rm -rf "$(python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.__path__[0])')/binaries"

COPY app.py LICENSE ./
COPY vgpnn vgpnn
COPY examples examples

# Bytecode comes before the kernels: Numba knows a kernel again by what it closes over, and that
# looks different when it was read from source.
RUN python -m compileall -q --invalidation-mode checked-hash vgpnn

USER 1000
ENV HOME=/home/user NUMBA_CACHE_DIR=/home/user/kernels PYTHONUNBUFFERED=1

# Kernels are compiled here, so that the first visitor does not wait. A machine with another
# processor compiles them again when the page starts.
RUN python -c "import vgpnn; vgpnn.warm_up()"

ENV VGPNN_HOST=0.0.0.0 VGPNN_PORT=7860
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['VGPNN_PORT'] + '/healthz', timeout=8)"]
CMD ["python", "app.py"]
