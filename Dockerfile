# The gateway: `docker build -t picode .`, then see docs/gateway.md. The image has no compiler, no shell user and no root.
FROM python:3.12-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock ./
# What PiCode needs changes less often than PiCode: this layer is kept. Only wheels: nothing is compiled.
RUN uv export --quiet --locked --no-dev --no-emit-project --extra gateway --extra embedded --extra redis --extra tracing --output-file requirements.txt \
    && uv venv --quiet --no-python-downloads /opt/picode \
    && uv pip install --quiet --python /opt/picode --only-binary :all: --require-hashes --requirement requirements.txt
COPY README.md LICENSE ./
COPY server ./server
RUN uv build --quiet --wheel --out-dir /dist \
    && uv pip install --quiet --python /opt/picode --no-deps /dist/*.whl

FROM python:3.12-slim

# libgomp is what llama.cpp computes with, in several threads.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 picode \
    && useradd --uid 10001 --gid 10001 --create-home --home-dir /var/lib/picode --shell /usr/sbin/nologin picode
COPY --from=build /opt/picode /opt/picode
ENV PATH=/opt/picode/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PICODE_CONFIG_DIR=/var/lib/picode/config \
    PICODE_DATA_DIR=/var/lib/picode/data \
    PICODE_STATE_DIR=/var/lib/picode/state \
    PICODE_CACHE_DIR=/var/lib/picode/cache \
    PICODE_RUNTIME_DIR=/var/lib/picode/run
USER 10001:10001
WORKDIR /var/lib/picode
VOLUME /var/lib/picode
EXPOSE 7426
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["picode", "server", "health"]
STOPSIGNAL SIGTERM
# In a container, its own network is the border: who may reach the port, `--publish` says.
ENTRYPOINT ["picode", "server"]
CMD ["--host", "0.0.0.0", "--expose"]
