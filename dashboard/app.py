"""The application: Streamlit pages, REST routes, and what starts and stops with the server.

Start it with `streamlit run dashboard/app.py`.
"""

import contextlib
import logging
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from core.base.errors import LesionLabError
from core.base.files import private_folder
from core.base.memory import give_back_freed_memory
from core.base.private_log import PrivateLog
from core.base.settings import artifacts_dir, starts_warm
from core.daemon import revive_engine
from core.runs.index import all_runs
from core.serving.many_pictures import go_on
from dashboard.addresses import address
from dashboard.instructor_link import PATH as INSTRUCTOR
from dashboard.instructor_link import print_link
from dashboard.rest import api
from dashboard.rest.assets import ASSETS, PLOTLY, assets_route, plotly_route
from dashboard.rest.door import Door
from dashboard.rest.drops import take_file
from dashboard.rest.instructor_page import become_instructor, instructor_page, link_is_offered
from dashboard.rest.rest import (
    health,
    live_run,
    no_such_address,
    only_by_post,
    openapi_document,
    openapi_page,
    picture_of_dataset,
    system_use,
    watched_picture,
)
from dashboard.rest.uploads import UploadRoom, refuse_when_asked_to_end
from dashboard.state.prediction import prediction_pool
from dashboard.state.warm_engine import serving

WATCH_SECONDS = 3.0
logger = logging.getLogger("lesionlab")


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Log to a file, start the process that predicts unless told otherwise, and end it with the server.

    Reads all runs once, so that nobody waits for that, and looks after the engine.
    """
    give_back_freed_memory()
    refuse_when_asked_to_end()
    handler = _file_handler()
    logging.getLogger().addHandler(handler)
    threading.Thread(target=all_runs, name="runs-index", daemon=True).start()
    pool = prediction_pool()
    if starts_warm():
        pool.start()
    over = threading.Event()
    threading.Thread(target=watch_engine, args=(over,), daemon=True).start()
    serving.set()
    if link_is_offered():
        print_link()
    try:
        yield
    finally:
        serving.clear()
        over.set()
        pool.stop()
        logging.getLogger().removeHandler(handler)
        handler.close()


def watch_engine(over: threading.Event) -> None:
    """Start the engine again whenever it died while there is work for it, and jobs that predict many pictures."""
    while not over.wait(WATCH_SECONDS):
        try:
            revive_engine()
            go_on()
        except Exception:  # a full disk or a damaged file today; the next look may find it mended
            logger.exception("the engine, or a prediction of many pictures, could not be looked after")


def show_error(error: Exception) -> bool:
    """Tell the person what went wrong; the traceback goes to the log."""
    if isinstance(error, LesionLabError):
        logger.info("shown to a person: %s", error)
        st.error(str(error), icon=":material/error:")
    else:
        logger.error("a page failed", exc_info=error)
        st.error(
            "This page could not be shown. Nothing was lost; reload it to try again. The reason stands in "
            "dashboard.log in the artifacts folder.",
            icon=":material/error:",
        )
    return True


def _file_handler() -> PrivateLog:
    folder = private_folder(artifacts_dir() / "logs")
    handler = PrivateLog(folder / "dashboard.log", maxBytes=2_000_000, backupCount=2, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    return handler


def routes() -> list[BaseRoute]:
    """What is served beside the pages."""
    runs = address("api/runs/{run_id}")
    return [
        Route(address("api/health"), health, methods=["GET"]),
        Route(address("api/openapi.json"), openapi_document, methods=["GET"]),
        Route(address("api/docs"), openapi_page, methods=["GET"]),
        Route(address("api/predict"), api.predict_with(prediction_pool), methods=["POST"]),
        Route(address("api/predict"), only_by_post, methods=["GET"]),
        Route(address("api/models"), api.models, methods=["GET"]),
        Route(address("api/runs"), api.runs, methods=["GET"]),
        Route(address("api/runs"), api.launch_run, methods=["POST"]),
        Route(runs, api.one_run, methods=["GET"]),
        Route(address("api/drops/{drop}/{number}"), take_file, methods=["PUT"]),
        Route(address(INSTRUCTOR), instructor_page, methods=["GET"]),
        Route(address(INSTRUCTOR), become_instructor, methods=["POST"]),
        Route(f"{runs}/live", live_run, methods=["GET"]),
        Route(f"{runs}/system", system_use, methods=["GET"]),
        Route(f"{runs}/pictures/{{number}}", watched_picture, methods=["GET"]),
        Route(address("api/datasets/{dataset}/picture"), picture_of_dataset, methods=["GET"]),
        Route(address("api/{rest:path}"), no_such_address),
        assets_route(address(ASSETS)),
        plotly_route(address(PLOTLY)),
    ]


app = st.App(
    str(Path(__file__).with_name("main.py")),
    lifespan=lifespan,
    routes=routes(),
    middleware=[Middleware(Door), Middleware(UploadRoom)],
    on_script_error=show_error,
)
