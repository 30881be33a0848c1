"""Tables of relay.toml: in which line a key stands, and what is said of one that is wrong."""

import time

import pytest

from relay.settings.toml_table import Lines, TomlTable

TEXT = '''relay_port = 1

# a comment with [brackets]
[profiles.support]
title = "x"
instructions = """
[profiles.fake]
title = "inside a prompt"
"""
voices = [
  "marin",
  "cedar",
]
limits = { max_call_seconds = 3, idle_seconds = 4 }
[profiles."odd.name"]
'a key' = 1

[[many.tables]]
one = 1
[tools]
w.url = "u"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("relay_port",), 1),
        (("profiles",), 4),
        (("profiles", "support"), 4),
        (("profiles", "support", "title"), 5),
        (("profiles", "support", "instructions"), 6),
        (("profiles", "support", "voices"), 10),
        (("profiles", "support", "limits", "idle_seconds"), 14),
        (("profiles", "odd.name", "a key"), 16),
        (("many", "tables", "one"), 19),
        (("tools", "w", "url"), 21),
        (("profiles", "support", "missing"), 4),
        (("nothing",), 1),
    ],
)
def test_every_key_is_found_in_its_line(path: tuple[str, ...], line: int) -> None:
    assert Lines(TEXT).of(path) == line


def test_lines_are_counted_the_same_with_any_line_end() -> None:
    crlf = TEXT.replace("\n", "\r\n")

    assert Lines(crlf).of(("profiles", "support", "limits")) == 14


def test_long_prompts_are_read_in_time_and_counted_over() -> None:
    prompt = "Be kind [always].\n" * 5000
    text = f'a = """\n{prompt}"""\nb = [\'\'\'x\'\'\',\n  "y",\n]\nc = 1\n'
    began = time.monotonic()

    lines = Lines(text)

    assert (lines.of(("a",)), lines.of(("b",)), lines.of(("c",))) == (1, 5003, 5006)
    assert time.monotonic() - began < 2


def test_a_complaint_names_line_and_key_and_no_value() -> None:
    complaints: list[str] = []
    table = TomlTable({"speed": "canary", "inner": 1}, ("profiles", "x"), Lines(""), complaints)

    def refuse(_: object) -> int:
        raise ValueError("must be a number")

    assert table.read("speed", refuse, 7) == 7
    assert table.read("missing", refuse, 8) == 8
    assert table.inner("inner") is None
    table.only(("sped",))
    assert complaints == [
        "profiles.x.speed (relay.toml line 1) must be a number",
        "profiles.x.inner (relay.toml line 1) must be a table",
        "profiles.x.speed (relay.toml line 1) is no key that is known here; did you mean sped?",
        "profiles.x.inner (relay.toml line 1) is no key that is known here: there are sped",
    ]


def test_values_stay_out_of_repr() -> None:
    assert "canary" not in repr(TomlTable({"instructions": "canary"}, (), Lines(""), []))
