"""Every form of the upstream's address that people paste (needs 2, 3; UP-05)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.settings.base_url import is_azure_host, is_loopback, normalise_base_url

RESOURCE = "https://my-resource.openai.azure.com"

PASTED = [
    ("the origin itself", RESOURCE, RESOURCE),
    ("a bare host", "my-resource.openai.azure.com", RESOURCE),
    ("a bare host with a path", "my-resource.openai.azure.com/openai/v1/", RESOURCE),
    ("a slash at the end", f"{RESOURCE}/", RESOURCE),
    ("several slashes", f"{RESOURCE}//openai//v1//", RESOURCE),
    ("openai", f"{RESOURCE}/openai", RESOURCE),
    ("openai and a slash", f"{RESOURCE}/openai/", RESOURCE),
    ("openai v1", f"{RESOURCE}/openai/v1", RESOURCE),
    ("the portal's realtime address", f"{RESOURCE}/openai/v1/realtime?model=gpt-realtime", RESOURCE),
    ("the calls address", f"{RESOURCE}/openai/v1/realtime/calls?webrtcfilter=on", RESOURCE),
    ("a mint address", f"{RESOURCE}/openai/v1/realtime/client_secrets", RESOURCE),
    (
        "a preview query on a host of today",
        f"{RESOURCE}/openai/realtime?api-version=2025-04-01-preview",
        RESOURCE,
    ),
    ("a web socket", "wss://my-resource.openai.azure.com/openai/v1/realtime?model=x", RESOURCE),
    ("upper case", "HTTPS://My-Resource.OpenAI.Azure.COM/OPENAI/V1", RESOURCE),
    ("white space around it", f"  {RESOURCE}\r\n", RESOURCE),
    ("double quotes", f'"{RESOURCE}/"', RESOURCE),
    ("single quotes", f"'{RESOURCE}/openai'", RESOURCE),
    ("backticks", f"`{RESOURCE}`", RESOURCE),
    ("the default port", f"{RESOURCE}:443/", RESOURCE),
    ("a dot at the end of the host", f"{RESOURCE}./", RESOURCE),
    ("two slashes and no scheme", "//my-resource.openai.azure.com", RESOURCE),
    ("another port", f"{RESOURCE}:8443", f"{RESOURCE}:8443"),
    ("services host", "https://r.services.ai.azure.com/openai/v1", "https://r.services.ai.azure.com"),
    ("cognitive services host", "r.cognitiveservices.azure.com", "https://r.cognitiveservices.azure.com"),
    ("a sovereign cloud", "https://r.openai.azure.us/", "https://r.openai.azure.us"),
    ("an API gateway", "https://voice.azure-api.net/openai", "https://voice.azure-api.net"),
    ("a private name with its scheme", "https://gateway:8443", "https://gateway:8443"),
    ("http to loopback", "http://127.0.0.1:9000/openai/v1", "http://127.0.0.1:9000"),
    ("http to localhost", "http://localhost:9000", "http://localhost:9000"),
    ("ws to loopback", "ws://localhost:9000/openai/v1/realtime", "http://localhost:9000"),
    ("IPv6 loopback", "http://[::1]:9000/", "http://[::1]:9000"),
    ("IPv6 in a long form", "http://[0:0:0:0:0:0:0:1]:80/", "http://[::1]"),
    ("bare localhost", "localhost:9000", "https://localhost:9000"),
]

REFUSED = [
    ("nothing", "", "is not an address"),
    ("quotes around nothing", '""', "is not an address"),
    ("two addresses", f"{RESOURCE} {RESOURCE}", "is not an address"),
    ("a line end within", "https://my-resource.\nopenai.azure.com", "is not an address"),
    ("backslashes", "https:\\\\my-resource.openai.azure.com", "is not an address"),
    ("a broken bracket", "https://[::1", "is not an address"),
    ("a placeholder", "https://<resource>.openai.azure.com", "placeholder"),
    ("another scheme", "ftp://my-resource.openai.azure.com", "must begin with https://"),
    ("a path as scheme", "file:///etc/passwd", "must begin with https://"),
    ("no host", "https://", "no usable host name"),
    ("one slash", "https:/my-resource.openai.azure.com", "must begin with https://"),
    ("an underscore", "https://my_resource.openai.azure.com", "no usable host name"),
    ("letters outside ASCII", "https://bücher.openai.azure.com", "no usable host name"),
    ("a percent sign", "https://my%2eresource.openai.azure.com", "no usable host name"),
    ("two dots", "https://my-resource..openai.azure.com", "no usable host name"),
    ("a host that is too long", "https://" + "a." * 130 + "com", "no usable host name"),
    ("a port of letters", f"{RESOURCE}:https", "port"),
    ("a port too high", f"{RESOURCE}:65536", "port"),
    ("port 0", f"{RESOURCE}:0", "port"),
    ("a zone", "https://[fe80::1%eth0]", "IPv6"),
    ("a user name", "https://me@my-resource.openai.azure.com", "user name"),
    ("a password", "https://me:pass@my-resource.openai.azure.com", "user name"),
    ("a fragment", f"{RESOURCE}/#overview", "fragment"),
    ("an empty fragment", f"{RESOURCE}/#", "fragment"),
    ("the resource's name alone", "my-resource", "write https://NAME.openai.azure.com"),
    (
        "a preview host",
        "https://eastus2.realtimeapi-preview.ai.azure.com/v1/realtimertc",
        "retired preview API",
    ),
    ("a preview host, bare", "SwedenCentral.RealtimeAPI-Preview.ai.azure.com", "retired preview API"),
    ("a preview path", f"{RESOURCE}/openai/realtimeapi/sessions?api-version=x", "retired preview API"),
    ("a project", "https://r.services.ai.azure.com/api/projects/p/openai/v1", "Foundry project endpoint"),
    ("OpenAI itself", "https://api.openai.com/v1", "speaks to Azure OpenAI only"),
    ("a gateway's prefix", "https://voice.azure-api.net/team/openai/v1", "prefix is not supported"),
    ("http to Azure", "http://my-resource.openai.azure.com", "loopback only"),
    ("ws to Azure", "ws://my-resource.openai.azure.com", "loopback only"),
    ("http to a name like localhost", "http://localhost.example.com", "loopback only"),
    ("http to a private address", "http://10.0.0.1:9000", "loopback only"),
]


@pytest.mark.parametrize(
    ("pasted", "origin"), [case[1:] for case in PASTED], ids=[case[0] for case in PASTED]
)
def test_every_pasted_form_becomes_the_origin(pasted: str, origin: str) -> None:
    assert normalise_base_url(pasted) == origin


@pytest.mark.parametrize(
    ("pasted", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_cannot_work_is_refused_with_words(pasted: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        normalise_base_url(pasted)


def test_up_05_plain_http_to_another_machine_is_refused() -> None:
    with pytest.raises(ValueError, match="plain http, which is for loopback only: write https://"):
        normalise_base_url("http://my-resource.openai.azure.com/openai/v1")


def test_the_words_never_repeat_the_address() -> None:
    for name, pasted, _ in REFUSED:
        with pytest.raises(ValueError) as caught:
            normalise_base_url(pasted.replace("my", "canary"))

        assert "canary" not in str(caught.value), name


@given(st.text(max_size=60) | st.from_regex(r"(https?|wss?)://[a-z0-9.@:\[\]/%#?-]{0,40}", fullmatch=True))
def test_any_text_is_either_refused_or_an_origin_that_stays_itself(text: str) -> None:
    try:
        origin = normalise_base_url(text)
    except ValueError:
        return

    assert normalise_base_url(origin) == origin


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.8.7", "::1", "[::1]", "::ffff:127.0.0.1"]
)
def test_loopback_hosts_are_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "10.0.0.1", "a.localhost", "localhost.example.com", "127.1"]
)
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_azures_three_hosts_are_known_and_look_alikes_are_not() -> None:
    assert is_azure_host("https://r.openai.azure.com")
    assert is_azure_host("https://r.services.ai.azure.com:8443")
    assert is_azure_host("https://r.cognitiveservices.azure.com")
    assert not is_azure_host("https://openai.azure.com.example.com")
    assert not is_azure_host("https://xopenai.azure.com")
