"""The tree of refusals: everything the relay answers with when it does not do what was asked.

    Problem
    ├── BadRequest …             the browser's request is at fault (4xx)
    ├── UpstreamProblem …        the upstream failed or refused us (422, 502, 503, 504)
    └── RelayProblem …           the relay itself cannot (500, 503)

`relay.web.problems` is the one place that turns
a problem into a response; what a person should know about each slug stands in `relay/web/problems.toml`.

`detail` is written by us and fixed: it never repeats input, secrets, SDP, or upstream text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamFacts:
    """What may be told of an upstream's refusal: numbers and short codes, never its text."""

    status: int | None = None
    code: str | None = None
    request_id: str | None = None


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """An error with a name (RFC 9457).

    Args:
        detail: One sentence for this occurrence; fixed text, safe to show to anybody.
        retry_after: Seconds after which asking again makes sense.
        upstream: What the upstream said, where it was the upstream that refused.
        headers: Further response headers, such as ``Allow``.
    """

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after: int | None = None,
        upstream: UpstreamFacts | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.upstream = upstream
        self.headers: Mapping[str, str] = headers or {}

    @property
    def code(self) -> str:
        """The slug with underscores: the name programs compare with."""
        return self.slug.replace("-", "_")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status} {self.code}>"


def all_problems() -> Iterator[type[Problem]]:
    """Yield every concrete problem class, once."""
    pending = [Problem]
    while pending:
        parent = pending.pop()
        pending.extend(parent.__subclasses__())
        if "slug" in vars(parent):
            yield parent


class BadRequest(Problem):
    """The request cannot be served as it was sent."""


class UpstreamProblem(Problem):
    """The upstream failed, refused us, or could not be reached.

    `in_doubt` says that a call may have come into being all the same, under a name we never learnt.
    """

    in_doubt: bool = False


class RelayProblem(Problem):
    """The relay itself cannot take the request now."""
