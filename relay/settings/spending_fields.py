"""The settings of money, silence and transcripts; prices themselves are tables of relay.toml."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from relay.core.price import Price
from relay.settings.price_tables import read_amount, read_currency
from relay.settings.sign_in_fields import SignInFields
from relay.settings.values import number_between

_Amount = Annotated[Decimal, BeforeValidator(read_amount)]


class SpendingFields(SignInFields):
    """The third part of `relay.settings.fields.Settings`."""

    # --- money, as the sideband counts it and [prices] in relay.toml say -------------------------------
    relay_money_per_call: _Amount = Field(
        default=Decimal(),
        description="What one call may cost, in the currency of the prices; 0 for no bound.",
    )
    relay_money_per_day: _Amount = Field(
        default=Decimal(),
        description="What the calls of one caller may cost in a day (UTC); 0 for no bound.",
    )
    relay_money_per_day_total: _Amount = Field(
        default=Decimal(),
        description="What the calls of all callers may cost in a day (UTC); 0 for no bound.",
    )
    relay_currency: Annotated[str, BeforeValidator(read_currency)] = Field(
        default="USD", description="The currency of the prices, as three letters."
    )

    # --- silence and transcripts ------------------------------------------------------------------------
    relay_idle_seconds: Annotated[int, BeforeValidator(number_between(0, 3600))] = Field(
        default=120,
        description="Seconds after which a call is hung up in which neither side speaks; 0 for never. "
        "Needs the sideband.",
    )
    relay_transcript_days: Annotated[int, BeforeValidator(number_between(1, 3650))] = Field(
        default=30, description="Days a transcript is kept, where a profile keeps one."
    )

    prices: Mapping[str, Price] = Field(default_factory=dict, exclude=True, repr=False)
