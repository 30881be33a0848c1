"""The API key: where it comes from, and what happens when it is refused."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from relay.errors import UpstreamAuthUnavailable
from relay.upstream.credential import ApiKeyCredential
from tests.secrecy import API_KEY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_the_key_stands_in_its_header_without_a_line_end() -> None:
    credential = ApiKeyCredential(lambda: f"  {API_KEY}\n")

    assert await credential.headers(deadline=0) == {"api-key": API_KEY}


async def test_the_source_is_read_once() -> None:
    reads = []
    credential = ApiKeyCredential(lambda: reads.append(1) or API_KEY)  # type: ignore[func-returns-value]

    for _ in range(3):
        await credential.headers(deadline=0)

    assert len(reads) == 1


@pytest.mark.parametrize(
    "key", ["", " \n", f"{API_KEY}\nsecond line", f"{API_KEY}é", f"{API_KEY}\x00", "a b"]
)
async def test_what_is_no_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(UpstreamAuthUnavailable) as raised:
        await ApiKeyCredential(lambda: key).headers(deadline=0)

    assert API_KEY not in "".join(traceback.format_exception(raised.value))


async def test_tok_11_a_changed_source_is_worth_another_request(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("key-1")
    credential = ApiKeyCredential(path.read_text)
    shown = await credential.headers(deadline=0)
    path.write_text("key-2")

    assert credential.refused(shown)
    assert await credential.headers(deadline=0) == {"api-key": "key-2"}


async def test_tok_11_the_same_key_is_not_shown_again(tmp_path: Path) -> None:
    credential = ApiKeyCredential(lambda: API_KEY)

    assert not credential.refused(await credential.headers(deadline=0))


async def test_tok_11_a_source_that_has_gone_keeps_the_old_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("key-1")
    credential = ApiKeyCredential(path.read_text)
    shown = await credential.headers(deadline=0)
    path.unlink()

    assert not credential.refused(shown)
    assert await credential.headers(deadline=0) == shown


async def test_a_missing_file_is_a_credential_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(UpstreamAuthUnavailable):
        await ApiKeyCredential((tmp_path / "none").read_text).headers(deadline=0)


async def test_sec_03_the_key_is_not_shown() -> None:
    credential = ApiKeyCredential(lambda: API_KEY)
    credential.start()
    await credential.headers(deadline=0)

    assert repr(credential) == "<ApiKeyCredential>"
    await credential.close()
