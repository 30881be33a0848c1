"""Memory that outlives a process: calls, the workers that own them, and what happened to each call."""
