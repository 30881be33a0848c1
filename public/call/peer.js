/**
 * The peer connection of one call: its audio section, its data channel, and what becomes of them.
 *
 * It knows nothing of the relay or of what the events mean. Events: `ice`, `connected`, `open`, `message` (detail: a
 * server event), `slow` (no media yet), `unsteady` (boolean); and at its end one of `lost` (MediaSeen: how everything
 * stood), `closed` (by the other side).
 */

import { CHANNEL_LABEL, readServerEvent } from "./events.js";
import { Teller } from "./follow.js";

/** Seconds until a connection that does not come up is given up: Chromium alone would wait for ever. */
export const MEDIA_SECONDS = 15;

/** Seconds until one that has not even begun to look for a way is given up. */
export const BEGIN_SECONDS = 10;

/** Seconds after which it is worth saying that it takes long. */
const SLOW_SECONDS = 5;

/** Seconds an interruption may last: after that a new call is the quicker way. */
const UNSTEADY_SECONDS = 10;

/** One peer connection. Nothing goes over the network before the answer is accepted. */
export class Peer extends Teller {
  #connection;
  #audio;
  #channel;
  #connectedOnce = false;
  #openedOnce = false;
  /** @type {ReturnType<typeof setTimeout>[]} */
  #timers = [];

  /**
   * @param {typeof RTCPeerConnection} Connection the browser's class
   * @param {RTCIceServer[]} iceServers
   * @param {boolean} sends false to listen only
   */
  constructor(Connection, iceServers, sends) {
    super();
    this.#connection = new Connection({ iceServers, bundlePolicy: "max-bundle" });
    this.#audio = this.#connection.addTransceiver("audio", { direction: sends ? "sendrecv" : "recvonly" });
    // Before the offer, or the offer has no section for it (fact 6.1).
    this.#channel = this.#connection.createDataChannel(CHANNEL_LABEL);
    this.#channel.addEventListener("open", () => this.#onOpen());
    this.#channel.addEventListener("close", () => this.tell("closed"));
    this.#channel.addEventListener("message", ({ data }) => {
      const event = readServerEvent(data);
      if (event) this.tell("message", event);
    });
    this.#connection.addEventListener("connectionstatechange", () => this.#onState());
    this.#connection.addEventListener("iceconnectionstatechange", () => this.#onIce());
  }

  /** @returns {MediaStreamTrack} the assistant's sound; it exists from the beginning and is silent at first */
  get assistantTrack() {
    return this.#audio.receiver.track;
  }

  /** @returns {{ connection: string, ice: string, channel: string, wasUp: boolean }} how everything stands */
  get seen() {
    const { connectionState, iceConnectionState } = this.#connection;
    return { connection: connectionState, ice: iceConnectionState, channel: this.#channel.readyState, wasUp: this.#openedOnce };
  }

  /**
   * Make the offer. It is ready at once: the upstream needs none of our candidates (fact 6.1).
   *
   * @returns {Promise<string>} SDP
   */
  async offer() {
    const offer = await this.#connection.createOffer();
    await this.#connection.setLocalDescription(offer);
    return offer.sdp ?? "";
  }

  /**
   * Send this microphone from now on; needs no new offer.
   *
   * @param {MediaStreamTrack | null} track
   */
  async speakBy(track) {
    await this.#audio.sender.replaceTrack(track);
  }

  /**
   * Take the answer; from now on there is a time within which media must come up.
   *
   * @param {string} answer SDP
   * @throws {DOMException} the browser cannot use it
   */
  async accept(answer) {
    this.#after(SLOW_SECONDS, () => this.tell("slow"));
    this.#after(BEGIN_SECONDS, () => this.#connection.iceConnectionState === "new" && this.#onLost());
    this.#after(MEDIA_SECONDS, () => this.#onLost());
    await this.#connection.setRemoteDescription({ type: "answer", sdp: answer });
  }

  /**
   * @param {import("./events.js").ClientEvent} event
   * @returns {boolean} whether it could be sent
   */
  send(event) {
    if (this.silent || this.#channel.readyState !== "open") return false;
    this.#channel.send(JSON.stringify(event));
    return true;
  }

  /** @returns {Promise<Iterable<any>>} the reports of `getStats` */
  async reports() {
    return (await this.#connection.getStats()).values();
  }

  /** End it. No event follows. */
  close() {
    this.silent = true;
    this.#stopTimers();
    this.#channel.close();
    this.#connection.close();
  }

  #onOpen() {
    this.#openedOnce = true;
    this.#stopTimers();
    this.tell("open");
  }

  #onIce() {
    const state = this.#connection.iceConnectionState;
    if (state === "connected" || state === "completed") this.tell("ice");
  }

  #onState() {
    switch (this.#connection.connectionState) {
      case "connected":
        if (this.#openedOnce) this.#stopTimers();
        if (this.#connectedOnce) this.tell("unsteady", false);
        else this.tell("connected");
        this.#connectedOnce = true;
        break;
      case "disconnected":
        if (this.#openedOnce) this.#after(UNSTEADY_SECONDS, () => this.#onLost());
        this.tell("unsteady", true);
        break;
      case "failed":
        this.#onLost();
        break;
      default:
    }
  }

  #onLost() {
    this.#stopTimers();
    this.tell("lost", this.seen);
  }

  /**
   * @param {number} seconds
   * @param {() => void} act
   */
  #after(seconds, act) {
    this.#timers.push(setTimeout(act, seconds * 1000));
  }

  #stopTimers() {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }
}
