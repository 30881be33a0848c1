"""A signalling relay between a browser and a realtime voice API over WebRTC.

It shows its own credential to the upstream, mints a client secret, exchanges the browser's SDP offer
for an answer, and keeps the handle with which the call can be ended. No audio passes through it, it
keeps no account of its users, and it never hands its credential to anybody.
"""

__version__ = "0.1.0"
