# One image for every process of the service: web, workers, engine and migrations (docker-compose.yml).
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    STEPUP_ENV=production

WORKDIR /app

COPY requirements.txt .
RUN pip install --require-hashes --requirement requirements.txt

COPY manage.py ./
COPY locale locale
COPY protocols protocols
COPY notifications notifications
COPY monitoring monitoring
COPY stepup stepup

# The style sheet and the scripts are gathered while building. Nothing of this environment stays in the image.
RUN STEPUP_ENV=demo python manage.py collectstatic --no-input \
    && useradd --system --uid 10001 --no-create-home stepup
USER stepup

EXPOSE 8000
CMD ["gunicorn", "stepup.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "4", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
