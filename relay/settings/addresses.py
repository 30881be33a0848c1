"""How a setting that holds an address is read: URLs, hosts, origins, networks, STUN and TURN servers.

The rules of `relay.settings.values` hold here too: words never repeat the value, and nothing is looked up.
"""

import ipaddress
import json
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from relay.settings.base_url import normalise_base_url, normalise_origin
from relay.settings.values import read_list, read_text, read_word

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_ICE_URL = re.compile(r"(?:stuns?|turns?):[A-Za-z0-9.\[\]:-]+(?:\?transport=(?:udp|tcp))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class IceServer:
    """One STUN or TURN server for the browser; the field names are those of W3C's ``RTCIceServer``."""

    urls: tuple[str, ...]
    username: str | None = field(default=None, repr=False)
    credential: SecretStr | None = None

    def as_json(self) -> dict[str, object]:
        """Return the ``RTCIceServer`` dictionary, its credential in clear: the browser needs it."""
        known = {"urls": list(self.urls), "username": self.username}
        given: dict[str, object] = {name: value for name, value in known.items() if value is not None}
        return given | ({"credential": self.credential.get_secret_value()} if self.credential else {})


def read_base_url(value: object) -> str:
    """Return the upstream's origin."""
    return normalise_base_url(read_text(value))


def read_https_origin(value: object) -> str:
    """Return the origin of an Entra ID authority; a bare host will do."""
    text = read_word(value)
    parts = split_url(text if "://" in text else f"https://{text}")
    if parts.scheme != "https":
        raise ValueError("must begin with https://")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be a host alone: the tenant belongs into AZURE_TENANT_ID")
    return normalise_origin(parts)


def read_bind(value: object) -> str:
    """Return the name or address to listen on, IPv6 without brackets."""
    text = read_word(value).lower()
    if text == "*":
        raise ValueError("must be an address: write 0.0.0.0 or :: for all of them")
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        if not re.fullmatch(r"[a-z0-9.-]+", bare):
            raise ValueError("must be a host name or address without a port: that is RELAY_PORT's") from None
        return bare


def read_hosts(value: object) -> tuple[str, ...]:
    """Return host names as a browser sends them: ``host`` (any port) or ``host:port``."""
    return tuple(_host(entry.lower()) for entry in read_list(value))


def _host(entry: str) -> str:
    if "*" in entry:
        raise ValueError("must name each host: * is not understood")
    bare_ipv6 = entry.count(":") > 1 and not entry.startswith("[")
    parts = split_url(f"//[{entry}]" if bare_ipv6 else f"//{entry}")
    if "/" in entry or parts.query or parts.fragment or "@" in entry:
        raise ValueError(
            "must be host names, each with a port if need be, without https:// and without a path"
        )
    return normalise_origin(parts).removeprefix("://")


def read_origins(value: object) -> tuple[str, ...]:
    """Return exact origins as browsers write them (RFC 6454 §6.2)."""
    return tuple(_origin(entry.lower()) for entry in read_list(value))


def _origin(entry: str) -> str:
    if entry == "null" or "*" in entry:
        raise ValueError("must name each origin: * and null would let any page in")
    parts = split_url(entry)
    if parts.scheme not in ("http", "https"):
        raise ValueError("must be origins such as https://app.example.com, each with its scheme")
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be origins: scheme, host and port, with neither a path nor a slash at the end")
    return normalise_origin(parts)


def read_networks(value: object) -> tuple[Network, ...]:
    """Return the addresses and networks whose forwarding headers are believed."""
    return tuple(_network(entry) for entry in read_list(value))


def _network(entry: str) -> Network:
    try:
        network = ipaddress.ip_network(entry)
    except ValueError:
        raise ValueError("must be addresses or networks such as 10.0.0.5 or 10.0.0.0/8") from None
    if network.prefixlen == 0:
        raise ValueError("must not trust every address: anybody could claim to be anybody")
    return network


def read_proxy(value: object) -> SecretStr:
    """Return the egress proxy's address, which may hold a user name and password."""
    text = read_word(value)
    parts = split_url(text)
    if parts.scheme not in ("http", "https"):
        raise ValueError("must be a proxy such as http://proxy.example.com:3128 (no SOCKS)")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be a proxy's host and port, without a path")
    user, at, _ = parts.netloc.rpartition("@")
    return SecretStr(normalise_origin(parts).replace("://", f"://{user}{at}", 1))


def read_ice_servers(value: object) -> tuple[IceServer, ...]:
    """Return the STUN and TURN servers, from JSON or from a TOML array of tables."""
    servers = value
    if not isinstance(value, list | tuple):
        try:
            servers = json.loads(read_text(value))
        except json.JSONDecodeError:
            raise ValueError('must be JSON: [{"urls": "stun:stun.example.com:3478"}]') from None
    if not isinstance(servers, list | tuple):
        raise ValueError("must be a list of servers, each with urls")  # noqa: TRY004 - the one error pydantic gathers
    return tuple(server if isinstance(server, IceServer) else _ice_server(server) for server in servers)


def _ice_server(server: object) -> IceServer:
    if not isinstance(server, dict) or not server.keys() <= {"urls", "username", "credential"}:
        raise ValueError(
            "must hold servers with urls, and username and credential for TURN, and nothing else"
        )
    raw = server.get("urls")
    urls = (raw,) if isinstance(raw, str) else tuple(raw) if isinstance(raw, list | tuple) else ()
    if not urls or not all(isinstance(url, str) and _ICE_URL.fullmatch(url) for url in urls):
        raise ValueError("must give each server urls that begin with stun:, stuns:, turn: or turns:")
    username, credential = server.get("username"), server.get("credential")
    if not isinstance(username, str | None) or not isinstance(credential, str | None):
        raise ValueError("must have username and credential as text")  # noqa: TRY004 - the one error pydantic gathers
    if any(url.startswith("turn") for url in urls) and not (username and credential):
        raise ValueError("must give every TURN server a username and a credential")
    return IceServer(urls=urls, username=username, credential=SecretStr(credential) if credential else None)


def split_url(text: str) -> SplitResult:
    """Cut an address, in words of ours when that cannot be done."""
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError("holds an address that cannot be read") from None
