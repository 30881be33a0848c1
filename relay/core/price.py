"""What tokens cost: the operator's prices, and the exact cost of what was used.

Money is counted in whole picos, millionths of a millionth of the currency's unit, so that sums are exact: a
price is written per million tokens with six decimals at most, so one token costs a whole number of picos.
Nothing here knows which model is meant, or what may be spent.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from relay.core.facts import TOKEN_KINDS

if TYPE_CHECKING:
    from relay.core.facts import Tokens, Used

PICOS: Final = 10**12
"""Picos in one unit of the currency."""

_PER_TOKEN: Final = 10**6  # a price of 1 per million tokens is so many picos a token
_CACHED: Final = "_cached"
_CENTS: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one deployment costs, in the currency's unit for a million tokens of a kind.

    A cached kind without a price of its own costs what it costs uncached. Any other kind without a price
    cannot be priced: what used it has a cost that is not known, rather than none.

    Args:
        text_in: Written input; and so on for the others.
        minute: Of sound, for deployments that are billed by its length.
    """

    text_in: Decimal | None = None
    audio_in: Decimal | None = None
    image_in: Decimal | None = None
    text_cached: Decimal | None = None
    audio_cached: Decimal | None = None
    image_cached: Decimal | None = None
    text_out: Decimal | None = None
    audio_out: Decimal | None = None
    minute: Decimal | None = None


PRICED: Final = tuple(field.name for field in fields(Price))
"""The kinds that have a price."""


def cost_of(used: Used, price: Price | None) -> int | None:
    """Tell what something cost, in picos.

    Args:
        used: Tokens, or seconds of sound.
        price: Of the deployment that used them.

    Returns:
        ``None`` when a kind that was used has no price.
    """
    if price is None:
        return None
    total = 0
    for kind, count in _billed(used.tokens).items():
        each = getattr(price, kind)
        if each is None:
            each = getattr(price, _fresh(kind))
        if count and each is None:
            return None
        total += count * int((each or 0) * _PER_TOKEN)
    if used.seconds:
        if price.minute is None:
            return None
        sound = Decimal(str(used.seconds)) * price.minute * PICOS / 60
        total += int(sound.to_integral_value(ROUND_HALF_UP))
    return total


def picos_from(amount: Decimal) -> int:
    """Turn an amount of the currency into picos."""
    return int((amount * PICOS).to_integral_value(ROUND_HALF_UP))


def amount_from(picos: int) -> str:
    """Write picos as an amount with four decimals, rounded half up."""
    return str((Decimal(picos) / PICOS).quantize(_CENTS, ROUND_HALF_UP))


def _billed(tokens: Tokens) -> dict[str, int]:
    """Count tokens by price; a cached token is billed as that and not as fresh input as well."""
    counts = {kind: getattr(tokens, kind) for kind in TOKEN_KINDS}
    for kind, cached in list(counts.items()):
        if kind.endswith(_CACHED):
            fresh = _fresh(kind)
            counts[fresh] = max(0, counts[fresh] - cached)
    return counts


def _fresh(kind: str) -> str:
    return kind.replace(_CACHED, "_in")
