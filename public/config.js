/**
 * What the relay tells the page about itself (`GET /config`), read field by field.
 */

import { numberAt, stringAt, valueAt } from "./events.js";
import { signInUrl } from "./sign-in.js";

/**
 * @typedef {object} Profile
 * @property {string} name
 * @property {string} title
 * @property {string[]} voices
 * @property {string} voice the one to begin with
 * @property {number} instructionsMaxBytes of UTF-8
 * @property {boolean} transcribed whether the caller's speech is transcribed
 * @property {boolean} guarded whether the relay asks for every response, and the page for none
 */

/**
 * @typedef {object} Config
 * @property {string} version of the relay
 * @property {boolean} simulated whether the upstream is the simulator
 * @property {Profile[]} profiles at least one
 * @property {number} maxCallSeconds 0 when unknown
 * @property {number} exchangeSeconds how long the relay lets the browser wait at most
 * @property {number} presenceSeconds how long the relay lets a page be silent
 * @property {boolean} direct whether the page may exchange the offer with the upstream itself
 * @property {RTCIceServer[]} iceServers
 * @property {{ kind: import("./sign-in.js").SignInKind, url: string }} signIn how, and where; empty for here
 */

/**
 * @param {unknown} json the body of `GET /config`
 * @returns {Config} with harmless values where the relay says nothing
 */
export function configFromJson(json) {
  const listed = valueAt(json, "profiles");
  const profiles = Array.isArray(listed) && listed.length > 0 ? listed : [null];
  const transcribed = valueAt(json, "transcription") === true;
  const iceServers = valueAt(json, "ice_servers");
  return {
    version: stringAt(json, "version"),
    simulated: stringAt(json, "upstream", "kind") === "simulator",
    profiles: profiles.map((profile) => profileFromJson(profile, transcribed)),
    maxCallSeconds: numberAt(json, "limits", "max_call_seconds") ?? 0,
    exchangeSeconds: numberAt(json, "limits", "exchange_seconds") ?? 20,
    presenceSeconds: numberAt(json, "limits", "presence_seconds") ?? 15,
    direct: valueAt(json, "direct") === true,
    iceServers: Array.isArray(iceServers) ? iceServers : [],
    signIn: { kind: signInKind(stringAt(json, "sign_in", "kind")), url: signInUrl(stringAt(json, "sign_in", "url")) },
  };
}

/**
 * @param {string} kind
 * @returns {import("./sign-in.js").SignInKind}
 */
function signInKind(kind) {
  return kind === "token" || kind === "link" ? kind : "none";
}

/**
 * @param {unknown} json
 * @param {boolean} transcribed what holds where the profile does not say
 * @returns {Profile}
 */
function profileFromJson(json, transcribed) {
  const own = valueAt(json, "transcription");
  const listed = valueAt(json, "voices");
  const voices = Array.isArray(listed) ? listed.filter((voice) => typeof voice === "string") : [];
  const voice = stringAt(json, "voice") || voices[0] || "";
  return {
    name: stringAt(json, "name"),
    title: stringAt(json, "title") || stringAt(json, "name"),
    voices: voices.length > 0 || !voice ? voices : [voice],
    voice,
    instructionsMaxBytes: numberAt(json, "instructions_max_bytes") ?? 16384,
    transcribed: typeof own === "boolean" ? own : transcribed,
    guarded: stringAt(json, "sideband") === "guard",
  };
}
