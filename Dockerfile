# The bot, the policies that it runs with, and the remediation actions: the same image for all three, so that a job
# never differs from the bot that made it. .github/workflows/image.yml builds it; `make bot` releases it to a stack.
ARG PYTHON=docker.io/library/python:3.13.9-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/tocsin
RUN python -m venv /opt/tocsin
# First what rarely changes: the locked requirements, each checked against its hash.
COPY requirements.lock ./
RUN /opt/tocsin/bin/python -m pip install --require-hashes --only-binary=:all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY alerting ./alerting
COPY bots ./bots
COPY dashboards ./dashboards
COPY tools ./tools
# Editable, since the templates, the catalogue and the pages lie beside the code.
RUN /opt/tocsin/bin/python -m pip install --no-build-isolation --no-deps --editable . \
    && /opt/tocsin/bin/python -m compileall -q /opt/tocsin/lib /srv/tocsin
COPY policies ./policies
COPY runbooks ./runbooks
COPY postmortems ./postmortems

FROM ${PYTHON}
# git and ssh push the records; nothing else is added.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    # ssh does not work for a user that the system does not know.
    && groupadd --gid 10001 tocsin \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin tocsin
COPY --from=build /opt/tocsin /opt/tocsin
COPY --from=build /srv/tocsin /srv/tocsin
ENV PATH=/opt/tocsin/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /srv/tocsin
USER 10001:10001
EXPOSE 8000
CMD ["tocsin", "--root", "/srv/tocsin", "serve", "--host", "0.0.0.0", "--port", "8000"]
