"""Decisions: no I/O, no await, no clock, no randomness, no logging. Imports `relay.errors` and itself."""
