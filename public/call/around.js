/**
 * What a call uses of its window. Tests pass their own.
 */

import { SignIn } from "./sign-in.js";
import { Signaling } from "./signaling.js";

/**
 * @typedef {object} Around
 * @property {Pick<Signaling, "config" | "prepare" | "connect" | "request" | "events" | "standing" | "hangUp">} signaling
 * @property {SignIn} signIn
 * @property {typeof RTCPeerConnection | undefined} RTCPeerConnection
 * @property {import("./microphone.js").MicrophoneSource} microphone
 * @property {Pick<MediaDevices, "enumerateDevices" | "addEventListener" | "removeEventListener"> | undefined} devices
 * @property {() => import("./speaker.js").Output} audio an element to play the assistant
 * @property {(() => AudioContext) | null} audioContext null where the browser has no WebAudio
 * @property {Pick<Performance, "now" | "mark">} clock
 * @property {EventTarget} window tells when the network is back, and when the page goes
 * @property {boolean} firefox
 */

/**
 * @param {string} base address of the relay, ending in a slash
 * @param {import("./sign-in.js").Token} token
 * @returns {Around} of a call in this window
 */
export function aroundOf(base, token) {
  const signIn = new SignIn(base, (input, init) => fetch(input, init), token);
  return {
    signIn,
    signaling: new Signaling(base, (input, init) => signIn.fetch(/** @type {URL} */ (input), init)),
    RTCPeerConnection: window.RTCPeerConnection,
    microphone: { isSecureContext, origin: location.origin, mediaDevices: navigator.mediaDevices },
    devices: navigator.mediaDevices,
    audio: () => new Audio(),
    audioContext: window.AudioContext ? () => new AudioContext() : null,
    clock: performance,
    window,
    firefox: navigator.userAgent.includes("Firefox/"),
  };
}
