/**
 * Which microphones and speakers there are. Their names are known only once a microphone was allowed.
 */

/** @typedef {import("../relay-call.js").Device} Device */

/**
 * @param {readonly Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">[]} found as `enumerateDevices` gives them
 * @param {"audioinput" | "audiooutput"} kind
 * @returns {Device[]} without the browser's aliases and without those it keeps to itself
 */
export function devicesOf(found, kind) {
  const ours = found.filter((device) => device.kind === kind && !["", "default", "communications"].includes(device.deviceId));
  return ours.map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** Keeps the two lists; says `change` when one of them is another. */
export class Devices extends EventTarget {
  #media;
  #onChange = () => void this.read();
  /** @type {Device[]} */
  microphones = [];
  /** @type {Device[]} */
  speakers = [];

  /** @param {Pick<MediaDevices, "enumerateDevices" | "addEventListener" | "removeEventListener"> | undefined} media */
  constructor(media) {
    super();
    this.#media = media;
    media?.addEventListener("devicechange", this.#onChange);
  }

  /** Look anew. */
  async read() {
    const found = (await this.#media?.enumerateDevices().catch(() => [])) ?? [];
    const [microphones, speakers] = [devicesOf(found, "audioinput"), devicesOf(found, "audiooutput")];
    if (JSON.stringify([microphones, speakers]) === JSON.stringify([this.microphones, this.speakers])) return;
    this.microphones = microphones;
    this.speakers = speakers;
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** Stop looking. */
  close() {
    this.#media?.removeEventListener("devicechange", this.#onChange);
  }
}
