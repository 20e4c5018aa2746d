# The service and the dashboard; candidates and judges are reached over HTTP. Built by docker-compose.yml.
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY connectors connectors
COPY shadow shadow
COPY judge judge
COPY dashboards dashboards
RUN python -m venv /opt/shadowjudge && /opt/shadowjudge/bin/pip install --no-cache-dir -c constraints.txt .

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 shadowjudge && install -d -o shadowjudge -g shadowjudge /data
COPY --from=build /opt/shadowjudge /opt/shadowjudge
ENV PATH=/opt/shadowjudge/bin:$PATH
USER shadowjudge
WORKDIR /data
VOLUME /data
ENTRYPOINT ["shadowjudge"]
CMD ["up", "--config", "/etc/shadowjudge/shadowjudge.toml"]
