# A Docker Space builds this as it is; elsewhere: docker build -t vgpnn . && docker run -p 7860:7860 vgpnn
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 user
USER 1000
ENV HOME=/home/user PATH=/home/user/.local/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /home/user/app

# Dependencies first: this layer survives a change of the code.
COPY --chown=1000 requirements.txt tests/constraints.txt ./
RUN pip install --no-cache-dir --user --requirement requirements.txt --constraint constraints.txt

COPY --chown=1000 app.py README.md LICENSE ./
COPY --chown=1000 vgpnn vgpnn
COPY --chown=1000 examples examples

# Kernels are compiled here, for any processor of this kind, so that no visitor waits for them.
RUN python -c "import vgpnn; vgpnn.warm_up()"

EXPOSE 7860
CMD ["python", "app.py", "--host", "0.0.0.0", "--port", "7860"]
