/**
 * Everything that sounds in a call, on this side of the network: microphone, speaker, meters, the devices to choose
 * from. It knows no relay and no words.
 *
 * Events (CustomEvent, `detail` in brackets): `level` ({caller, assistant}), `heard` (the assistant can be heard), `turn`
 * (Turn), `mute` ({muted, talking, pushToTalk}), `devices` (Choice), `track` (MediaStreamTrack: the microphone from now
 * on), `blocked` (boolean: sound waits for a tap), `notice` ({code, on, …}).
 */

import { Teller, follow } from "./follow.js";
import { AUDIBLE, Levels } from "./level.js";
import { Microphone } from "./microphone.js";
import { Speaker } from "./speaker.js";

/** The sound of one call. */
export class Sound extends Teller {
  #around;
  #elapsed;
  #microphone;
  #speaker;
  #devices;
  /** @type {Levels | null} */
  #levels = null;
  #hearing;
  #waits;
  /** Whether the caller could be heard at the other side, so that silence means something. */
  live = false;

  /**
   * @param {import("./around.js").Around} around
   * @param {import("../relay-call.js").Options} options
   * @param {() => number} elapsed milliseconds since the start of the call
   */
  constructor(around, { microphone = true, audio, muted = false, pushToTalk = false, speaker = "", extras = {} }, elapsed) {
    super();
    this.#around = around;
    this.#elapsed = elapsed;
    this.#microphone = new Microphone(around.microphone, typeof microphone === "string" ? microphone : "");
    this.#microphone.set({ muted, pushToTalk });
    this.#speaker = new Speaker(audio ?? around.audio());
    this.#speaker.deviceId = speaker;
    const { Devices, Hearing, Waits } = extras;
    this.#hearing = Hearing && new Hearing((/** @type {string} */ code, /** @type {boolean} */ on) => this.#notice(code, on));
    this.#devices = Devices && new Devices(around.devices);
    this.#devices?.addEventListener("change", () => void this.#onDevices());
    this.#waits = Waits && new Waits((/** @type {import("../relay-call.js").Turn} */ turn) => this.tell("turn", turn));
    follow(this.#microphone, {
      track: (track) => this.#onTrack(track),
      replaced: ({ label }) => this.#notice("microphone_replaced", true, { label }),
      gone: (gone) => this.#notice("microphone_gone", gone),
    });
  }

  /** @returns {{ muted: boolean, talking: boolean, pushToTalk: boolean }} */
  get mute() {
    const { muted, talking, pushToTalk } = this.#microphone;
    return { muted, talking, pushToTalk };
  }

  /** @param {Partial<{ muted: boolean, talking: boolean, pushToTalk: boolean }>} changes */
  set(changes) {
    this.#microphone.set(changes);
    this.tell("mute", this.mute);
  }

  /** @returns {import("../relay-call.js").Choice} */
  get choice() {
    const { microphones = [], speakers = [] } = this.#devices ?? {};
    return { microphones, speakers, microphone: this.#microphone.deviceId, speaker: this.#speaker.deviceId };
  }

  /** @returns {MediaStreamTrack | null} the microphone */
  get track() {
    return this.#microphone.track;
  }

  /** Belongs into the click: what is opened here may sound later. */
  unlock() {
    this.#speaker.unlock();
    if (this.#speaker.deviceId) void this.#speaker.use(this.#speaker.deviceId);
    const { audioContext } = this.#around;
    if (audioContext) this.#levels = new Levels(audioContext(), (look) => this.#onLook(look));
  }

  /** Ask for the microphone. @throws {import("./problems.js").ProblemError} */
  async open() {
    const track = await this.#microphone.open();
    if (this.silent) return;
    this.#levels?.attach("caller", track);
    void this.#devices?.read();
  }

  /** @param {string} deviceId @throws {import("./problems.js").ProblemError} the one before goes on */
  async useMicrophone(deviceId) {
    await this.#microphone.use(deviceId);
  }

  /** @param {string} deviceId */
  async useSpeaker(deviceId) {
    const used = await this.#speaker.use(deviceId);
    this.tell("devices", this.choice);
    return used;
  }

  /** @param {MediaStreamTrack} track the assistant's */
  async play(track) {
    this.#levels?.attach("assistant", track);
    this.tell("blocked", !(await this.#speaker.play(track)));
  }

  /** Belongs into a click. */
  async resume() {
    await this.#levels?.resume();
    this.tell("blocked", !(await this.#speaker.resume()));
  }

  /** @param {string} type of a server event that tells of sound */
  onServerEvent(type) {
    if (type === "input_audio_buffer.speech_started") this.#waited("started");
    if (type === "input_audio_buffer.speech_stopped") this.#waited("stopped");
    if (type === "output_audio_buffer.started" && !this.#levels) this.#onHeard();
  }

  /** Let go of everything. */
  close() {
    this.silent = true;
    this.#microphone.stop();
    this.#speaker.stop();
    this.#levels?.close();
    this.#devices?.close();
  }

  /** @param {MediaStreamTrack} track */
  #onTrack(track) {
    this.#levels?.attach("caller", track);
    this.tell("track", track);
    this.tell("devices", this.choice);
  }

  async #onDevices() {
    const { speakers, speaker } = this.choice;
    if (speaker && !speakers.some(({ id }) => id === speaker)) {
      await this.#speaker.use("");
      this.#notice("speaker_gone", true);
    }
    this.tell("devices", this.choice);
  }

  /** @param {Record<import("./level.js").Side, import("./level.js").Loudness>} look */
  #onLook({ caller, assistant }) {
    const open = this.#microphone.isOpen;
    const level = { caller: open ? caller.level : 0, assistant: assistant.level };
    this.tell("level", level);
    if (level.caller >= AUDIBLE) this.#waited("caller");
    if (level.assistant >= AUDIBLE) this.#onHeard();
    this.#hearing?.note({ peak: caller.peak, at: this.#elapsed(), open: open && this.live });
  }

  #onHeard() {
    this.tell("heard");
    this.#waited("assistant");
  }

  /** @param {"caller" | "assistant" | "stopped" | "started"} what */
  #waited(what) {
    this.#waits?.note(what, this.#elapsed());
  }

  /**
   * @param {string} code
   * @param {boolean} on
   * @param {Record<string, unknown>} [params]
   */
  #notice(code, on, params) {
    this.tell("notice", { code, on, ...params });
  }
}
