/**
 * The peer connection of one call: its audio section, its data channel, and what becomes of them.
 *
 * It knows nothing of the relay or of what the events mean. Events: `connected`, `open`, `message` (detail: a
 * server event), `unsteady`, `steady`; and at its end one of `blocked` (it never came up),
 * `lost` (detail of both: a sentence), `closed` (by the other side).
 */

import { CHANNEL_LABEL, readServerEvent } from "./events.js";

/** Seconds until a connection that does not come up counts as blocked: Chromium alone would wait for ever. */
export const MEDIA_SECONDS = 15;

/** One peer connection. Nothing goes over the network before `offer`. */
export class Peer extends EventTarget {
  #connection;
  #audio;
  #channel;
  #over = false;
  #connectedOnce = false;
  #openedOnce = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {typeof RTCPeerConnection} Connection the browser's class
   * @param {RTCIceServer[]} iceServers
   */
  constructor(Connection, iceServers) {
    super();
    this.#connection = new Connection({ iceServers, bundlePolicy: "max-bundle" });
    this.#audio = this.#connection.addTransceiver("audio", { direction: "sendrecv" });
    // Before the offer, or the offer has no section for it (fact 6.1).
    this.#channel = this.#connection.createDataChannel(CHANNEL_LABEL);
    this.#channel.addEventListener("open", () => this.#onOpen());
    this.#channel.addEventListener("close", () => this.#emit("closed"));
    this.#channel.addEventListener("message", ({ data }) => {
      const event = readServerEvent(data);
      if (event) this.#emit("message", event);
    });
    this.#connection.addEventListener("connectionstatechange", () => this.#onState());
  }

  /** @returns {MediaStreamTrack} the assistant's sound; it exists from the beginning and is silent at first */
  get assistantTrack() {
    return this.#audio.receiver.track;
  }

  /** @returns {boolean} whether media and data channel are up */
  get isUp() {
    return this.#connection.connectionState === "connected" && this.#channel.readyState === "open";
  }

  /**
   * Make the offer. It is ready at once: the upstream needs none of our candidates (fact 6.1).
   *
   * @param {MediaStreamTrack | null} microphone null to listen only
   * @returns {Promise<string>} SDP
   */
  async offer(microphone) {
    if (microphone) await this.#audio.sender.replaceTrack(microphone);
    else this.#audio.direction = "recvonly";
    const offer = await this.#connection.createOffer();
    await this.#connection.setLocalDescription(offer);
    return offer.sdp ?? "";
  }

  /**
   * Take the answer; from now on there is a time within which media must come up.
   *
   * @param {string} answer SDP
   * @throws {DOMException} the browser cannot use it
   */
  async accept(answer) {
    this.#timer = setTimeout(() => this.#onBlocked(), MEDIA_SECONDS * 1000);
    await this.#connection.setRemoteDescription({ type: "answer", sdp: answer });
  }

  /**
   * @param {import("./events.js").ClientEvent} event
   * @returns {boolean} whether it could be sent
   */
  send(event) {
    if (this.#over || this.#channel.readyState !== "open") return false;
    this.#channel.send(JSON.stringify(event));
    return true;
  }

  /** End it. No event follows. */
  close() {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#channel.close();
    this.#connection.close();
  }

  #onOpen() {
    this.#openedOnce = true;
    clearTimeout(this.#timer);
    this.#emit("open");
  }

  #onState() {
    switch (this.#connection.connectionState) {
      case "connected":
        this.#emit(this.#connectedOnce ? "steady" : "connected");
        this.#connectedOnce = true;
        break;
      case "disconnected":
        this.#emit("unsteady");
        break;
      case "failed":
        if (!this.#openedOnce) this.#onBlocked();
        else this.#emit("lost", `There is no way back to the upstream (${this.#states()}).`);
        break;
      default:
    }
  }

  #onBlocked() {
    this.#emit("blocked", `No way for the sound was found (${this.#states()}).`);
  }

  #states() {
    const { connectionState, iceConnectionState } = this.#connection;
    return `connection ${connectionState}, ICE ${iceConnectionState}, data channel ${this.#channel.readyState}`;
  }

  /**
   * @param {string} name
   * @param {unknown} [detail]
   */
  #emit(name, detail) {
    if (!this.#over) this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
