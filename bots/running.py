"""The web application whose lifespan is the bot's: its threads start with it and end with it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from bots.api import description, problem
from bots.files import Files
from bots.integration import Part


def application(files: Files, *, writer: Part, dispatch: Part, pushes: Part, others: Sequence[Part]) -> FastAPI:
    """Starts the parts in this order; they end before the files are closed."""

    def start() -> None:
        for part in (writer, dispatch, pushes, *others):
            part.start()

    def stop() -> None:
        # The writer is the first to start and, but for the push of what it wrote, the last to stop.
        for part in (*others, dispatch, writer, pushes):
            part.stop()
        files.close()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(start)
        yield
        await run_in_threadpool(stop)

    # Both are pages of ours, for those who may read.
    app = FastAPI(
        title=description.TITLE, version=version("tocsin"), lifespan=lifespan, docs_url=None, openapi_url=None
    )
    app.openapi = lambda: description.describe(app)  # type: ignore[method-assign]  # the way FastAPI documents
    problem.install(app)
    return app
