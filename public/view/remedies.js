/**
 * What a person on the page can do about each refusal of the relay: most share a few ways on.
 */

/** @type {Readonly<Record<string, string>>} Code of a problem, and the rest of the key `remedy.…`. */
export const REMEDIES = Object.freeze({
  malformed_request: "reload",
  missing_field: "reload",
  duplicate_field: "reload",
  unexpected_field: "reload",
  unexpected_file: "reload",
  too_many_parts: "reload",
  bad_multipart: "again",
  bad_json: "reload",
  bad_encoding: "retype",
  body_too_large: "shorten",
  field_too_large: "shorten",
  unsupported_media_type: "reload",
  bad_charset: "reload",
  bad_voice: "voice",
  bad_instructions: "retype",
  instructions_refused: "profile",
  bad_sdp: "browser",
  sdp_not_offer: "browser",
  sdp_no_audio: "browser",
  sdp_no_ice: "browser",
  sdp_no_fingerprint: "browser",
  origin_refused: "operator",
  unknown_host: "operator",
  not_found: "reload",
  method_not_allowed: "reload",
  auth_required: "auth_required",
  auth_invalid: "auth_invalid",
  auth_expired: "auth_expired",
  ticket_used: "ticket_used",
  profile_refused: "profile",
  auth_unavailable: "again",
  rate_limited: "wait",
  too_many_calls_of_caller: "hang-up",
  minutes_spent: "tomorrow",
  budget_exhausted: "tomorrow",
  money_spent: "tomorrow",
  internal_error: "again",
  busy: "wait",
  draining: "again",
  store_unavailable: "again",
  paused: "paused",
  too_many_calls: "full",
  call_ended: "again",
  upstream_rejected_offer: "voice",
  upstream_unreachable: "operator",
  upstream_tls: "operator",
  upstream_auth: "operator",
  upstream_misconfigured: "operator",
  upstream_bad_answer: "again",
  upstream_no_call_id: "operator",
  upstream_error: "again",
  upstream_rate_limited: "wait",
  upstream_auth_unavailable: "again",
  upstream_timeout: "again",
});

/**
 * @param {string} code of a problem of the relay's
 * @returns {string} a key; empty for a code that is not known
 */
export function remedyOf(code) {
  return Object.hasOwn(REMEDIES, code) ? `remedy.${REMEDIES[code]}` : "";
}
