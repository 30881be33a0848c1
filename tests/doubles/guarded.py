"""What the tests of the guarded server share: its bounds, plain requests, and how an answer is looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from relay.web.guarded import ConnectionBounds
from relay.web.problems import problem_response

if TYPE_CHECKING:
    import pytest

    from relay.errors import Problem
    from tests.doubles.raw_http import Answer, Served

BOUNDS = ConnectionBounds(head_bytes=4096, head_fields=20, connections=50, leave_seconds=0.5)
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
GOOD = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"


def access_lines(served: Served, caplog: pytest.LogCaptureFixture) -> list[tuple[int, str | None]]:
    """Status and code of every line of the access log."""
    served.wait_for(lambda: served.tasks == 0)  # the line is written after the answer
    lines = [getattr(record, "fields", {}) for record in caplog.records if record.name == "relay.access"]
    return [(line["status"], line.get("code")) for line in lines]


def assert_is_problem(answer: Answer, problem: Problem, status: int | None = None) -> None:
    """The answer has the shape that `relay.web.problems` gives every other."""
    written = json.loads(bytes(problem_response(problem, answer.headers["x-request-id"]).body))
    assert answer.json() == {**written, "status": status or problem.status}
    assert answer.status == (status or problem.status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"
