/**
 * What a call uses of its window. Tests pass their own.
 */

/**
 * @typedef {object} Surroundings
 * @property {Pick<import("./signaling.js").Signaling, "connect" | "connectDirectly" | "events" | "standing" | "hangUp">} signaling
 * @property {typeof RTCPeerConnection | undefined} RTCPeerConnection
 * @property {import("./microphone.js").MicrophoneSource} microphone
 * @property {Pick<HTMLAudioElement, "play" | "pause" | "srcObject">} audio plays the assistant
 * @property {Pick<Performance, "now" | "mark">} clock
 * @property {EventTarget} window tells when the network is back
 */

/**
 * @param {import("./signaling.js").Signaling} signaling
 * @param {HTMLAudioElement} audio
 * @returns {Surroundings} of a call in this window
 */
export function surroundingsOf(signaling, audio) {
  return {
    signaling,
    RTCPeerConnection: window.RTCPeerConnection,
    microphone: { isSecureContext, origin: location.origin, mediaDevices: navigator.mediaDevices },
    audio,
    clock: performance,
    window,
  };
}
