"""The OpenAPI document of the API: https://spec.openapis.org/oas/v3.1.0."""

from functools import lru_cache

from core import __version__
from core.runs.run_states import State
from core.serving.predictor import DISCLAIMER
from dashboard.addresses import base_path
from dashboard.rest.bodies import BODY_SECONDS, RECIPE_BYTES
from dashboard.rest.limits import MOST_WAITING
from dashboard.rest.openapi_schemas import Schema, ref, schemas
from dashboard.rest.run_entries import MOST_LISTED
from dashboard.rest.tokens import REQUESTS_PER_MINUTE

_REFUSALS = {
    "400": "The request cannot be understood.",
    "401": "No token was sent, or one that is not known.",
    "403": "This token does not allow this.",
    "404": "There is no such run.",
    "408": f"The body did not come within {BODY_SECONDS:.0f} s.",
    "409": "The run has no trained model yet, or answers for something else than pictures.",
    "413": "The body, or the number of pictures, is too large.",
    "415": "The body is of another content type.",
    "422": "What is asked for cannot be done, such as reading the pictures. `error` says why.",
    "429": "This caller asked too often. `Retry-After` says in how many seconds to ask again.",
    "503": "The server has no room now. `Retry-After` says in how many seconds to ask again.",
}
_EVERYWHERE = ("401", "429")


def document() -> Schema:
    """The document, for the path of the host under which this server stands."""
    return {**_document(), "servers": [{"url": base_path() or "/"}]}


@lru_cache(maxsize=1)
def _document() -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lesion Lab",
            "version": __version__,
            "description": f"{DISCLAIMER} Where the server's secrets name tokens, every request but that for health "
            f"needs one. A caller may send {REQUESTS_PER_MINUTE:,} times a minute unless the server says otherwise; "
            f"{MOST_WAITING} predictions are answered or wait at once.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}, {}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas(),
        },
    }


def _paths() -> Schema:
    run_id = _parameter("run", "path", {"type": "string"}, "Id of the run.")
    return {
        "/api/predict": {
            "post": {
                "operationId": "predict",
                "summary": "Predict pictures with a run",
                "description": "A picture that cannot be read has an `error` in its place; if none can be read, the "
                "status is 422.",
                "requestBody": {
                    "required": True,
                    "content": {
                        "multipart/form-data": {"schema": ref("PredictionForm")},
                        "application/json": {"schema": ref("PredictionJson")},
                    },
                },
                "responses": _responses("Prediction", "400", "404", "408", "409", "413", "415", "503")
                | {"422": _answer(_REFUSALS["422"], "Error", "Prediction")},
            }
        },
        "/api/models": {
            "get": {
                "operationId": "models",
                "summary": "Runs that can answer, and networks to launch",
                "responses": _responses("Models"),
            }
        },
        "/api/runs": {
            "get": {
                "operationId": "runs",
                "summary": "All runs, newest first",
                "parameters": [
                    _parameter("limit", "query", _whole(1, MOST_LISTED, 100), "At most so many runs."),
                    _parameter("offset", "query", _whole(0, None, 0), "Leave out so many runs first."),
                    _parameter("state", "query", {"enum": [str(each) for each in State]}, "Only those in this state."),
                ],
                "responses": _responses("Runs", "400"),
            },
            "post": {
                "operationId": "launch",
                "summary": "Launch a run",
                "description": "For instructors. The body is a recipe of at most "
                f"{RECIPE_BYTES // 1000} kB, with at least `dataset` and either `model` or `preset`.",
                "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Recipe")}}},
                "responses": _responses(
                    "Run", "400", "403", "408", "409", "413", "415", "422", "503", status="201", what="It is queued."
                ),
            },
        },
        "/api/runs/{run}": {
            "get": {
                "operationId": "run",
                "summary": "State and figures of one run",
                "parameters": [run_id],
                "responses": _responses("Run", "404"),
            }
        },
        "/api/health": {
            "get": {
                "operationId": "health",
                "summary": "Whether the server works",
                "description": "Instructors are told more: version, engine, runs, memory.",
                "security": [{}, {"token": []}],
                "responses": {"200": _answer("It works.", "Health")},
            }
        },
    }


def _responses(schema: str, *refusals: str, status: str = "200", what: str = "The answer.") -> Schema:
    told = {status: _answer(what, schema)}
    return told | {each: _answer(_REFUSALS[each], "Error") for each in sorted({*_EVERYWHERE, *refusals})}


def _answer(what: str, *schemas: str) -> Schema:
    """An answer of one form, or of one of several."""
    named = [ref(each) for each in schemas]
    schema = named[0] if len(named) == 1 else {"oneOf": named}
    return {"description": what, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, place: str, schema: Schema, what: str) -> Schema:
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": what}


def _whole(low: int, high: int | None, default: int) -> Schema:
    bounds = {"minimum": low} | ({"maximum": high} if high is not None else {})
    return {"type": "integer", **bounds, "default": default}
