"""The way to a realtime API: credentials, HTTP, and what is known about each request that was sent."""
