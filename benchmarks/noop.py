"""A Celery task that does nothing but say when it ran: the raw limit of any carrier. For `benchmarks.pages`."""

import os
import time

import redis
from celery import Celery

DONE = "benchmark:done"
app = Celery("noop", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)


@app.task(name="benchmarks.noop")
def nothing(sent_at: float) -> None:
    """Put the seconds since it was sent into a list."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
        broker.rpush(DONE, time.time() - sent_at)
