"""What is wrong with a request: its form, its offer, its right to ask."""

from __future__ import annotations

from relay.errors.base import BadRequest


class MalformedRequest(BadRequest):
    """A request that no route can make sense of."""

    slug, status, title = "malformed-request", 400, "The request is malformed"


class MissingField(BadRequest):
    """A required field is absent or empty."""

    slug, status, title = "missing-field", 400, "A required field is missing"


class DuplicateField(BadRequest):
    """A field was given twice."""

    slug, status, title = "duplicate-field", 400, "A field was sent more than once"


class UnexpectedField(BadRequest):
    """A field that the browser has no say in."""

    slug, status, title = "unexpected-field", 400, "A field is not one this route takes"


class UnexpectedFile(BadRequest):
    """A form part carries a file name."""

    slug, status, title = "unexpected-file", 400, "A file was sent where a text field belongs"


class TooManyParts(BadRequest):
    """More form parts than any honest form has."""

    slug, status, title = "too-many-parts", 400, "The form has too many parts"


class BadMultipart(BadRequest):
    """The multipart body is broken or cut off."""

    slug, status, title = "bad-multipart", 400, "The multipart body is broken"


class BadJson(BadRequest):
    """The JSON body is broken, or not an object of strings."""

    slug, status, title = "bad-json", 400, "The JSON body is not an object of text fields"


class BadEncoding(BadRequest):
    """A field is not valid UTF-8."""

    slug, status, title = "bad-encoding", 400, "A field is not valid UTF-8"


class BodyTooLarge(BadRequest):
    """The whole body is over the bound."""

    slug, status, title = "body-too-large", 413, "The request body is too large"


class FieldTooLarge(BadRequest):
    """One field is over its bound."""

    slug, status, title = "field-too-large", 413, "A field is too large"


class UnsupportedMediaType(BadRequest):
    """A content type this route does not read."""

    slug, status, title = "unsupported-media-type", 415, "The content type is not one this route reads"


class BadCharset(BadRequest):
    """A charset other than UTF-8."""

    slug, status, title = "bad-charset", 415, "Only UTF-8 is accepted"


class BadVoice(BadRequest):
    """A voice that is not on the list."""

    slug, status, title = "bad-voice", 422, "The voice is not one that is offered"


class BadInstructions(BadRequest):
    """Instructions with control characters."""

    slug, status, title = "bad-instructions", 422, "The instructions contain characters that are not text"


class InstructionsRefused(BadRequest):
    """The profile takes no instructions from the browser."""

    slug, status, title = "instructions-refused", 403, "This profile takes no instructions"


class BadSdp(BadRequest):
    """The text is not an SDP, or over a bound of lines and sections."""

    slug, status, title = "bad-sdp", 422, "The offer is not a usable SDP"


class SdpNotOffer(BadRequest):
    """An answer was sent where an offer belongs."""

    slug, status, title = "sdp-not-offer", 422, "The SDP is an answer, not an offer"


class SdpNoAudio(BadRequest):
    """No audio section that is in use."""

    slug, status, title = "sdp-no-audio", 422, "The offer has no audio"


class SdpNoIce(BadRequest):
    """No ICE user name fragment or password."""

    slug, status, title = "sdp-no-ice", 422, "The offer has no ICE credentials"


class SdpNoFingerprint(BadRequest):
    """No sha-256 certificate fingerprint."""

    slug, status, title = "sdp-no-fingerprint", 422, "The offer has no sha-256 fingerprint"


class OriginRefused(BadRequest):
    """A page of another site asked."""

    slug, status, title = "origin-refused", 403, "This page may not use the relay"


class UnknownHost(BadRequest):
    """The Host header names a host this relay does not serve."""

    slug, status, title = "unknown-host", 421, "The relay does not serve this host name"


class NotFound(BadRequest):
    """There is nothing at this address."""

    slug, status, title = "not-found", 404, "There is nothing at this address"


class MethodNotAllowed(BadRequest):
    """The address does not take this method."""

    slug, status, title = "method-not-allowed", 405, "The method is not allowed here"
