"""Tools of the relay: functions and webhooks that run on the server when a model asks for them."""
