"""The HTTP edge, and the only place that knows Starlette."""
