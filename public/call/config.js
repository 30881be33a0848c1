/**
 * What the relay tells the page about itself (`GET /config`), read field by field.
 */

import { numberAt, stringAt, valueAt } from "./events.js";

/** @typedef {import("../relay-call.js").Config} Config */
/** @typedef {import("../relay-call.js").Profile} Profile */

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
    prepare: valueAt(json, "prepare") === true,
    iceServers: Array.isArray(iceServers) ? iceServers : [],
    signIn: { kind: signInKind(stringAt(json, "sign_in", "kind")), url: signInUrl(stringAt(json, "sign_in", "url")) },
  };
}

/**
 * @param {Config | null} config
 * @param {string} name empty for the first one
 * @returns {Profile} harmless values when there is none of that name
 */
export function profileOf(config, name) {
  const profiles = config?.profiles ?? [];
  return profiles.find((profile) => profile.name === name) ?? profiles[0] ?? profileFromJson(null, true);
}

/**
 * Where a link of the relay's may lead.
 *
 * @param {string} url
 * @returns {string} a path of this host or an https address; empty for anything else, such as a script
 */
export function signInUrl(url) {
  return /^\/(?![/\\])/.test(url) || url.startsWith("https://") ? url : "";
}

/**
 * @param {string} kind
 * @returns {Config["signIn"]["kind"]}
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
  const sideband = stringAt(json, "sideband");
  return {
    name: stringAt(json, "name"),
    title: stringAt(json, "title") || stringAt(json, "name"),
    description: stringAt(json, "description"),
    voices: voices.length > 0 || !voice ? voices : [voice],
    voice,
    instructionsMaxBytes: numberAt(json, "instructions_max_bytes") ?? 16384,
    transcribed: typeof own === "boolean" ? own : transcribed,
    private: valueAt(json, "private") === true,
    sideband: sideband === "observe" || sideband === "guard" ? sideband : "off",
    recorded: valueAt(json, "recorded") === true,
    showsCost: valueAt(json, "shows_cost") === true,
    signIn: valueAt(json, "sign_in") === true,
    maxCallSeconds: numberAt(json, "max_call_seconds") ?? 0,
  };
}
