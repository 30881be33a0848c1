/**
 * "Check my set-up": everything about this browser, this device and this relay that can be tried without a call. What a
 * finding means, and what to do about it, is said elsewhere; nothing found here names an address.
 */

import { loopOf, waysOf } from "./loop.js";
import { loudnessOf } from "./level.js";
import { Microphone } from "./microphone.js";
import { ProblemError } from "./problems.js";

/** @typedef {"running" | "good" | "poor" | "bad" | "unknown"} Outcome */
/** @typedef {{ code: string, outcome: Outcome, figures: Record<string, unknown> }} Check */
/** @typedef {[Exclude<Outcome, "running">, Record<string, unknown>?]} Verdict */

/**
 * @typedef {object} Tried What the checks use of a window.
 * @property {import("./around.js").Around} around
 * @property {string} microphone a device's id; empty for the system's
 * @property {RTCIceServer[]} iceServers
 * @property {Pick<Navigator, "permissions"> & { getAutoplayPolicy?: (what: "mediaelement") => string }} navigator
 */

/** Milliseconds for which the microphone is listened to. */
const LISTEN_MS = 3000;

/** Quieter than this at its loudest, nobody has spoken into it; -50 dBFS. */
const SPOKEN_PEAK = 0.003;

/** Each tries one thing; none throws but by accident, which reads as unknown. @type {Record<string, (tried: Tried) => Promise<Verdict>>} */
const CHECKS = {
  secure_context: async ({ around }) => [around.microphone.isSecureContext ? "good" : "bad"],
  browser: async ({ around }) => {
    const figures = {
      rtc: Boolean(around.RTCPeerConnection),
      media: Boolean(around.microphone.mediaDevices),
      audio: Boolean(around.audioContext),
    };
    return [figures.rtc && figures.media ? (figures.audio ? "good" : "poor") : "bad", figures];
  },
  permission: async ({ navigator }) => {
    const { state } = await navigator.permissions.query({ name: /** @type {PermissionName} */ ("microphone") });
    return [state === "granted" ? "good" : state === "denied" ? "bad" : "poor", { state }];
  },
  microphone_level: listen,
  microphones: ({ around }) => count(around, "audioinput"),
  speakers: ({ around }) => count(around, "audiooutput"),
  sound: async ({ navigator }) => {
    if (!navigator.getAutoplayPolicy) return ["unknown"];
    const allowed = navigator.getAutoplayPolicy("mediaelement") === "allowed";
    return [allowed ? "good" : "poor", { allowed }];
  },
  relay: async ({ around }) => {
    const began = around.clock.now();
    const problem = await problemOf(() => around.signaling.config());
    const milliseconds = Math.round(around.clock.now() - began);
    return problem ? ["bad", { problem, milliseconds }] : [milliseconds < 1000 ? "good" : "poor", { milliseconds }];
  },
  loop: async ({ around }) => {
    if (!around.RTCPeerConnection) return ["bad"];
    const milliseconds = await loopOf(around.RTCPeerConnection, around.clock);
    return milliseconds === null ? ["bad"] : ["good", { milliseconds: Math.round(milliseconds) }];
  },
  network: async ({ around, iceServers }) => {
    if (!around.RTCPeerConnection) return ["unknown"];
    const ways = await waysOf(around.RTCPeerConnection, iceServers);
    if (ways.host + ways.reflexive + ways.relayed === 0) return ["bad", ways];
    return [iceServers.length > 0 && ways.reflexive + ways.relayed === 0 ? "poor" : "good", ways];
  },
};

/** The codes, in the order in which they are tried. */
export const CHECK_CODES = Object.freeze(Object.keys(CHECKS));

/**
 * Try everything, one after the other.
 *
 * @param {Tried} tried
 * @returns {AsyncGenerator<Check>} each check twice: running, and how it came out
 */
export async function* setupChecks(tried) {
  for (const [code, check] of Object.entries(CHECKS)) {
    yield { code, outcome: "running", figures: {} };
    const [outcome, figures = {}] = await check(tried).catch(() => /** @type {Verdict} */ (["unknown"]));
    yield { code, outcome, figures };
  }
}

/**
 * Open the microphone and listen for the loudest moment.
 *
 * @param {Tried} tried
 * @returns {Promise<Verdict>}
 */
async function listen({ around, microphone: deviceId }) {
  const microphone = new Microphone(around.microphone, deviceId);
  let peak = 0;
  const problem = await problemOf(async () => {
    const track = await microphone.open();
    if (around.audioContext) peak = await peakOf(around.audioContext(), track);
  });
  microphone.stop();
  if (problem) return ["bad", { problem }];
  return [peak >= SPOKEN_PEAK ? "good" : peak > 0 ? "poor" : "bad", { peak: Number(peak.toFixed(4)) }];
}

/**
 * @param {AudioContext} context closed in the end
 * @param {MediaStreamTrack} track
 */
async function peakOf(context, track) {
  const analyser = new AnalyserNode(context, { fftSize: 2048 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  await context.resume();
  const samples = new Float32Array(2048);
  let peak = 0;
  for (let heard = 0; heard < LISTEN_MS; heard += 40) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    analyser.getFloatTimeDomainData(samples);
    peak = Math.max(peak, loudnessOf(samples).peak);
  }
  await context.close();
  return peak;
}

/**
 * @param {import("./around.js").Around} around
 * @param {MediaDeviceKind} kind
 * @returns {Promise<Verdict>}
 */
async function count({ devices }, kind) {
  const found = (await devices?.enumerateDevices()) ?? [];
  const number = found.filter((device) => device.kind === kind).length;
  // Some browsers name no speaker at all, and play all the same.
  return [number > 0 ? "good" : kind === "audioinput" ? "bad" : "unknown", { count: number }];
}

/**
 * @param {() => Promise<unknown>} act
 * @returns {Promise<string>} the code of the problem it met; empty for none
 */
async function problemOf(act) {
  try {
    await act();
    return "";
  } catch (error) {
    return error instanceof ProblemError ? error.problem.code : "page_fault";
  }
}
