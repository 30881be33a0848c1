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
    from collections.abc import Iterable, Mapping

    from relay.core.profile import Profile
    from relay.settings.spending_fields import SpendingFields

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


def read_amount(value: object) -> Decimal:
    """Return an amount of money."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else read_word(value)
    if not _AMOUNT.fullmatch(text):
        raise ValueError("must be an amount such as 2.50; 0 for no bound")
    return Decimal(text)


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


def check_budgets(
    tables: TomlTable,
    settings: "SpendingFields",
    profiles: "Iterable[Profile]",
    prices: "Mapping[str, Price]",
) -> None:
    """Complain of a budget that could not be kept, because something that costs money is not counted.

    Args:
        tables: The top of relay.toml; complaints go there.
        settings: The general budgets.
        profiles: Those that were read.
        prices: By deployment.
    """
    amounts = (
        settings.relay_money_per_call,
        settings.relay_money_per_day,
        settings.relay_money_per_day_total,
    )
    general = any(amounts)
    for profile in profiles:
        if not general and profile.limits.money_per_call is None:
            continue
        transcription = None if profile.transcription is None else str(profile.transcription["model"])
        for deployment in filter(None, (profile.deployment, transcription)):
            if deployment not in prices:
                words = f'have no table [prices."{deployment}"], which the budget of its calls needs'
                tables.complain(words, "prices")
        if general and profile.sideband == "off":
            words = "has no sideband, and the budgets of RELAY_MONEY_ count by it: observe, or guard"
            tables.complain(words, "profiles", profile.name)
