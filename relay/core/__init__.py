"""Decisions: no I/O, no await, no clock, no randomness, no logging. Imports only `relay.errors` and itself."""
