"""The tables ``[prices.*]`` of relay.toml: what each deployment costs.

A price is written per million tokens, as a number or in quotes, with six decimals at most, so that one token
costs a whole number of picos (`relay.core.price`).
"""

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from relay.core.price import PRICED, Price
from relay.settings.toml_table import TomlTable
from relay.settings.values import read_word

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_PRICE = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,6})?")
_AMOUNT = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_NOTES: Final = ("as_of",)


def read_prices(tables: TomlTable) -> dict[str, Price]:
    """Read what each deployment costs; complaints go into the tables.

    Args:
        tables: The top of relay.toml.
    """
    written = tables.inner("prices")
    return (
        {name: price for name, table in written.tables() if (price := _price(name, table))} if written else {}
    )


def _price(name: str, table: TomlTable) -> Price | None:
    if not _NAME.fullmatch(name):
        table.complain(
            'must be named as a deployment is, in quotes when it holds a dot: [prices."gpt-realtime"]'
        )
        return None
    table.only((*PRICED, *_NOTES))
    table.read("as_of", read_date, None)
    if not any(kind in table.values for kind in PRICED):
        table.complain(f"must name at least one price: {', '.join(PRICED)}")
    return Price(**{kind: table.read(kind, read_price, None) for kind in PRICED if kind in table.values})


def read_price(value: object) -> Decimal:
    """Return the price of a million tokens."""
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _PRICE.fullmatch(text):
        raise ValueError("must be the price of a million tokens, with six decimals at most, such as 0.40")
    return Decimal(text)


def read_amount(value: object) -> Decimal | None:
    """Return an amount of money; nothing for 0."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else read_word(value)
    if not _AMOUNT.fullmatch(text):
        raise ValueError("must be an amount such as 2.50; 0 for no bound")
    return Decimal(text) or None


def read_currency(value: object) -> str:
    """Return a currency's code (ISO 4217)."""
    text = read_word(value).upper()
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("must be three letters, such as USD")
    return text


def read_date(value: object) -> date:
    """Return the day on which a price list was read."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("must be a day, such as 2026-11-20") from None


def unpriced(deployments: "Iterable[str]", prices: dict[str, Price]) -> list[str]:
    """Return the deployments that a budget cannot count, because they have no price."""
    return sorted({name for name in deployments if name not in prices})
