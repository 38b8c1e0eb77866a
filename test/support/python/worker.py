"""A Temporal worker in Python: algorithms of a pipeline as ordinary activities of another SDK."""

import asyncio
import logging
import sys

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

# What an activity raises is a job's business.
logging.getLogger("temporalio").setLevel(logging.CRITICAL)

# By which a worker tells itself from another.
NAME = sys.argv[3]


@activity.defn(name="squares")
async def squares(args: dict) -> dict:
    """Answers the square of its item."""
    return {"square": args["input"][0] ** 2}


@activity.defn(name="held")
async def held(args: dict) -> dict:
    """Never ends on the worker that its input names, but tells that it is alive; ends at once on another."""
    while args["input"][1] == NAME:
        activity.heartbeat()
        await asyncio.sleep(0.1)
    return {"by": NAME}


@activity.defn(name="raises")
async def raises(args: dict) -> None:
    """Fails as its item says."""
    if args["input"][0] == "final":
        raise ApplicationError("never again", non_retryable=True)
    raise ValueError("from Python")


async def main(address: str, task_queue: str) -> None:
    client = await Client.connect(address)
    worker = Worker(client, task_queue=task_queue, activities=[squares, held, raises])
    print("ready", flush=True)
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
