"""A module of an operator's that fails while it is imported."""

VALUE = 1 / 0
