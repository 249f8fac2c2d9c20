# Two stages: what builds stays behind. It names no package index: pip takes the one of the machine that builds.
ARG PYTHON=3.11
# "@sha256:…" once `make pin` could ask a registry for it.
ARG DIGEST=

FROM python:${PYTHON}-slim${DIGEST} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN ["python", "-m", "venv", "/opt/okr"]
WORKDIR /src
COPY requirements/runtime.txt requirements/runtime.txt
RUN ["/opt/okr/bin/python", "-m", "pip", "install", "--require-hashes", "-r", "requirements/runtime.txt"]
COPY pyproject.toml README.md LICENSE ./
COPY mappings mappings
COPY connectors connectors
COPY plugin plugin
RUN ["/opt/okr/bin/python", "-m", "pip", "install", "--no-deps", "--no-build-isolation", "."]
# What it is made of, and under which licences, is in the image: /opt/okr/share/jira-okr.
COPY requirements/release.txt requirements/release.txt
RUN ["python", "-m", "venv", "/opt/parts"]
RUN ["/opt/parts/bin/python", "-m", "pip", "install", "--require-hashes", "-r", "requirements/release.txt"]
RUN ["mkdir", "-p", "/opt/okr/share/jira-okr"]
RUN ["/opt/parts/bin/cyclonedx-py", "environment", "--pyproject", "pyproject.toml", "--output-reproducible", "--of", "JSON", "-o", "/opt/okr/share/jira-okr/sbom.cdx.json", "/opt/okr"]
RUN ["/opt/parts/bin/pip-licenses", "--python", "/opt/okr/bin/python", "--format", "markdown", "--order", "license", "--output-file", "/opt/okr/share/jira-okr/third-party.md"]

FROM python:${PYTHON}-slim${DIGEST}
LABEL org.opencontainers.image.title="jira-okr" \
      org.opencontainers.image.description="Objectives and key results that live in Jira" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 okr \
 && useradd --uid 10001 --gid okr --home-dir /data --shell /usr/sbin/nologin okr \
 && install -d -o okr -g okr -m 0750 /data
COPY --from=build /opt/okr /opt/okr
ENV PATH=/opt/okr/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    JIRA_OKR_HOST=0.0.0.0 \
    JIRA_OKR_PORT=8080 \
    JIRA_OKR_LOG_FORMAT=json \
    JIRA_OKR_DATABASE_URL=sqlite:////data/okr.sqlite3
WORKDIR /data
VOLUME ["/data"]
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['JIRA_OKR_PORT'] + '/readyz', timeout=4)"]
ENTRYPOINT ["jira-okr"]
CMD ["serve"]
