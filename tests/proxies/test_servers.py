"""The servers themselves: that they are found, and that the committed files are what is run."""

from __future__ import annotations

import subprocess

import pytest

from tests.doubles.process import ROOT
from tests.proxies.servers import ServerMissing, adapted, find_server


def test_a_server_that_is_not_there_is_told_in_words() -> None:
    with pytest.raises(ServerMissing, match=r"need a-server-that-nobody-has, and none was found"):
        find_server("a-server-that-nobody-has")


def test_a_line_that_is_no_longer_in_the_committed_file_is_told() -> None:
    with pytest.raises(AssertionError, match=r"deploy/nginx.conf no longer has: listen 4711"):
        adapted("nginx.conf", {"listen 4711": ""})


def test_the_caddyfile_is_written_as_caddy_writes_it() -> None:
    written = subprocess.run(
        [find_server("caddy"), "fmt", str(ROOT / "deploy/Caddyfile")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert written.stdout == (ROOT / "deploy/Caddyfile").read_text()
