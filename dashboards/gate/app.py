"""The routes of the gate.

    GET  /v1/workflows/{workflow}/phases/{phase}/gate               200 in every state: the caller reads data.state
    POST /v1/workflows/{workflow}/phases/{phase}/flagger/confirm    200 ready, 403 anything else
    POST /v1/workflows/{workflow}/phases/{phase}/flagger/rollback   200 blocked (roll back), 403 anything else
    GET  /v1/workflows/{workflow}/phases/{phase}/slices             where the candidate is ready, and where it is not
    GET  /v1/readiness                                              every phase of every workflow and candidate
    GET  /metrics                                                   for Prometheus
    GET  /healthz                                                   200 while the store answers; needs no token

A store that does not answer is 503 on every route: a caller that treats errors as "no" stays closed.
"""

import hmac

import msgspec
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from connectors.errors import RetryLater, UserError
from dashboards.gate.gauges import CONTENT_TYPE, exposition
from dashboards.gate.readings import NotFound, Readings
from judge.outcomes import State
from judge.readiness.assess import Readiness

_JSON = "application/json"


class FlaggerCall(BaseModel):
    """What Flagger posts to a webhook; it can send no header, so a token travels in the metadata."""

    model_config = ConfigDict(extra="ignore")
    name: str = ""
    namespace: str = ""
    phase: str = ""
    metadata: dict[str, str] | None = Field(default=None)


def make_app(readings: Readings, token: str | None) -> FastAPI:
    """The application. `token` None asks nobody who they are: for the loopback only."""
    app = FastAPI(title="shadowjudge gate", docs_url=None, redoc_url=None)
    app.add_exception_handler(NotFound, lambda _, error: _error(404, str(error)))
    app.add_exception_handler(UserError, lambda _, error: _error(400, str(error)))
    app.add_exception_handler(RetryLater, lambda _, error: _error(503, str(error)))

    def known(request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if token is not None and not (scheme.lower() == "bearer" and _same(given.strip(), token)):
            raise HTTPException(401, "send the gate's token: Authorization: Bearer ...", {"WWW-Authenticate": "Bearer"})

    def flagger_known(request: Request, call: FlaggerCall) -> None:
        if not _same((call.metadata or {}).get("token", ""), token or ""):
            known(request)

    @app.get("/v1/workflows/{workflow}/phases/{phase}/gate", dependencies=[Depends(known)])
    def gate(workflow: str, phase: str, candidate: str | None = None) -> Response:
        return _data(readings.phase(workflow, phase, candidate))

    @app.get("/v1/workflows/{workflow}/phases/{phase}/slices", dependencies=[Depends(known)])
    def slices(workflow: str, phase: str, candidate: str | None = None) -> Response:
        return _data(readings.slices(workflow, phase, candidate))

    @app.get("/v1/readiness", dependencies=[Depends(known)])
    def readiness() -> Response:
        return _data([_short(each) for each in readings.all()])

    @app.post("/v1/workflows/{workflow}/phases/{phase}/flagger/confirm", dependencies=[Depends(flagger_known)])
    def confirm(workflow: str, phase: str, candidate: str | None = None) -> Response:
        return _flagger(readings.phase(workflow, phase, candidate), State.READY)

    @app.post("/v1/workflows/{workflow}/phases/{phase}/flagger/rollback", dependencies=[Depends(flagger_known)])
    def rollback(workflow: str, phase: str, candidate: str | None = None) -> Response:
        return _flagger(readings.phase(workflow, phase, candidate), State.BLOCKED)

    @app.get("/metrics", dependencies=[Depends(known)])
    def metrics() -> Response:
        return Response(exposition(readings.all(), readings.operation), headers={"Content-Type": CONTENT_TYPE})

    @app.get("/healthz")
    def healthz() -> Response:
        readings.alive()
        return _data({"state": "ok"})

    return app


def _same(given: str, wanted: str) -> bool:
    """True for equal texts, compared in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def _data(value: object) -> Response:
    return Response(msgspec.json.encode({"data": value}), media_type=_JSON)


def _error(code: int, sentence: str) -> Response:
    headers = {"Retry-After": "5"} if code == 503 else None
    return Response(msgspec.json.encode({"error": {"message": sentence}}), code, headers, _JSON)


def _flagger(readiness: Readiness, wanted: State) -> Response:
    """Flagger reads the status code alone, and writes the body of a refusal into the canary's events."""
    code = 200 if readiness.state is wanted else 403
    return Response(f"{readiness.workflow}: {readiness.sentence}\n", code, media_type="text/plain; charset=utf-8")


def _short(readiness: Readiness) -> dict[str, object]:
    names = ("workflow", "fingerprint", "phase", "as_of", "state", "sentence", "missing", "digest")
    return {name: getattr(readiness, name) for name in names}
