# The gateway: `docker build -t picode .`, then see docs/container.md. No compiler, no shell user and no root are in the image.
# `--target embedded` makes one that also runs the small model which PiCode brings.
#
# A tag can be moved to another image, a digest can't. docs/container.md says how to build from a digest.
ARG PYTHON=python:3.12-slim

FROM ${PYTHON} AS tools
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock ./
# What PiCode needs changes less often than PiCode: this layer is kept. Only wheels: nothing is compiled.
RUN uv export --quiet --locked --no-dev --no-emit-project --extra gateway --extra redis --extra tracing --output-file requirements.txt \
    && uv venv --quiet --no-python-downloads /opt/picode \
    && uv pip install --quiet --python /opt/picode --only-binary :all: --require-hashes --requirement requirements.txt
COPY README.md LICENSE ./
COPY server ./server
RUN uv build --quiet --wheel --out-dir /dist

FROM tools AS build
RUN uv pip install --quiet --python /opt/picode --no-deps /dist/*.whl

FROM build AS build-embedded
RUN uv export --quiet --locked --no-dev --no-emit-project --extra embedded --output-file embedded.txt \
    && uv pip install --quiet --python /opt/picode --only-binary :all: --require-hashes --requirement embedded.txt

FROM ${PYTHON} AS base
RUN groupadd --gid 10001 picode \
    && useradd --uid 10001 --gid 10001 --create-home --home-dir /var/lib/picode --shell /usr/sbin/nologin picode
ENV PATH=/opt/picode/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PICODE_CONFIG_DIR=/var/lib/picode/config \
    PICODE_DATA_DIR=/var/lib/picode/data \
    PICODE_STATE_DIR=/var/lib/picode/state \
    PICODE_CACHE_DIR=/var/lib/picode/cache \
    PICODE_RUNTIME_DIR=/var/lib/picode/run
WORKDIR /var/lib/picode
VOLUME /var/lib/picode
EXPOSE 7426
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["picode", "server", "health"]
STOPSIGNAL SIGTERM
# Arguments of `docker run` follow these. In a container, its own network is the border: who may reach the port, `--publish` says.
ENTRYPOINT ["picode", "server", "--host", "0.0.0.0", "--expose"]

FROM base AS embedded
# libgomp is what llama.cpp computes with, in several threads.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build-embedded /opt/picode /opt/picode
USER 10001:10001

FROM base AS gateway
COPY --from=build /opt/picode /opt/picode
USER 10001:10001
