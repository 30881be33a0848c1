"""Which origin the upstream lives at: every form of its address that people paste, reduced to one.

Pure. It decides on the text alone and never looks a name up; it never turns one host into another
(fact 1.2), and it keeps nothing of a path, because the paths of the Realtime API are the relay's own.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

_PREVIEW_HOST: Final = "realtimeapi-preview.ai.azure.com"
_AZURE_HOSTS: Final = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
_SCHEMES: Final = {"https": "https", "wss": "https", "http": "http", "ws": "http"}
_HALF_SCHEMES: Final = tuple(f"{scheme}:" for scheme in _SCHEMES)  # https:/host, a slip of the keyboard
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_NOT_AN_ADDRESS: Final = "is not an address such as https://my-resource.openai.azure.com"


def is_loopback(host: str) -> bool:
    """Tell whether a host can only be reached from this machine: 127.0.0.0/8, ::1 or ``localhost``.

    Names other than ``localhost`` are never looked up and count as not loopback.

    Args:
        host: A name or an address; IPv6 with or without brackets.
    """
    bare = host.strip("[]").lower()
    if bare == "localhost":
        return True
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def host_of(origin: str) -> str:
    """Return the host of an origin; empty when there is none."""
    return urlsplit(origin).hostname or ""


def is_azure_host(origin: str) -> bool:
    """Tell whether an origin is one of the three hosts an Azure resource has (fact 1.2)."""
    return host_of(origin).endswith(_AZURE_HOSTS)


def normalise_origin(parts: SplitResult) -> str:
    """Write scheme, host and port the way browsers do: lower case, no default port, IPv6 in brackets.

    Args:
        parts: The split address; what follows the port is not looked at.

    Raises:
        ValueError: No host, a host that is none, or a port that is none; the words do not repeat it.
    """
    host = (parts.hostname or "").removesuffix(".")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("has a port that is not a number from 1 to 65535") from None
    if port == 0:
        raise ValueError("has a port that is not a number from 1 to 65535")
    if parts.netloc.startswith("["):
        host = _bracketed(host)
    elif len(host) > 253 or not _HOST_NAME.fullmatch(host):
        raise ValueError("has no usable host name: ASCII letters, digits, hyphens and dots")
    suffix = "" if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def normalise_base_url(text: str) -> str:
    """Reduce a pasted address to the upstream's origin, ``scheme://host[:port]``.

    A bare host means ``https``; ``wss`` and ``ws`` become ``https`` and ``http``. A path is accepted where
    it is one of the API's own (``/openai``, ``/openai/v1``, ``/openai/v1/realtime?model=…``) and dropped.

    Args:
        text: As pasted: white space and quotes around it are mended.

    Raises:
        ValueError: What is wrong and how to mend it, as the rest of a sentence about the setting;
            never repeats the text.
    """
    pasted = text.strip().strip("'\"`").strip()
    if not pasted or re.search(r"[\x00-\x20\x7f\\]", pasted):
        raise ValueError(_NOT_AN_ADDRESS)
    if "<" in pasted or ">" in pasted:
        raise ValueError("still holds a placeholder in <>: put the name of your resource there")
    parts = _split(pasted)
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user name or password: remove it; credentials have settings of their own")
    if "#" in pasted:
        raise ValueError("holds a fragment (#…): remove it")
    origin = normalise_origin(parts)
    _check_host(host_of(origin), bare=not _SCHEME.match(pasted))
    _check_path(parts.path)
    if origin.startswith("http:") and not is_loopback(host_of(origin)):
        raise ValueError("is plain http, which is for loopback only: write https://")
    return origin


def _bracketed(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        address = None
    if address is None or address.scope_id:
        raise ValueError("has brackets around something that is no IPv6 address, or has a zone")
    return f"[{address}]"


def _split(pasted: str) -> SplitResult:
    scheme = _SCHEME.match(pasted)
    try:
        parts = urlsplit(pasted if scheme else f"https://{pasted.lstrip('/')}")
    except ValueError:
        raise ValueError(_NOT_AN_ADDRESS) from None
    if parts.scheme not in _SCHEMES or (not scheme and pasted.lower().startswith(_HALF_SCHEMES)):
        raise ValueError("must begin with https:// (or be a bare host name)")
    return parts._replace(scheme=_SCHEMES[parts.scheme])


def _check_host(host: str, *, bare: bool) -> None:
    if host == _PREVIEW_HOST or host.endswith(f".{_PREVIEW_HOST}"):
        raise ValueError(
            "is a host of the retired preview API: write the resource's own, "
            "https://my-resource.openai.azure.com"
        )
    if host == "api.openai.com":
        raise ValueError("is OpenAI's own API; this version speaks to Azure OpenAI only")
    if bare and "." not in host and ":" not in host and not is_loopback(host):
        raise ValueError("looks like a resource's name alone: write https://NAME.openai.azure.com")


def _check_path(path: str) -> None:
    steps = [step for step in path.lower().split("/") if step]
    if steps[:2] == ["api", "projects"]:
        raise ValueError(
            "is a Foundry project endpoint, which does not serve calls: "
            "remove everything from /api/projects on, and use the resource's endpoint"
        )
    if steps[:2] == ["openai", "realtimeapi"]:
        raise ValueError(
            "is an address of the retired preview API: remove everything from /openai/realtimeapi on"
        )
    if steps and steps[0] != "openai":
        raise ValueError("has a path that is not the API's: write the host alone; a prefix is not supported")
