"""A pretend upstream: the Azure OpenAI Realtime API over WebRTC, for a machine without an account.

A program of its own. It imports nothing of the relay, so that one misreading of the API cannot hide in
both. What it does follows recorded traffic ("fact n" in the docstrings); what it says is a dozen
sentences made beforehand. It listens to how long somebody speaks, never to what is said.
"""
