/**
 * The page: wires the call to what is seen and pressed. No decision about a call is made here.
 */

import { Devices } from "./call/devices.js";
import { isLive, isUnderWay } from "./call/states.js";
import { EXTRAS } from "./call/extras.js";
import { Call, readConfig } from "./relay-call.js";
import { ChecksView } from "./view/checks.js";
import { byId } from "./view/elements.js";
import { CallView } from "./view/call.js";
import { LanguagePicker } from "./view/language.js";
import { SignInView } from "./view/sign-in.js";
import { say } from "./view/words.js";

/** Where the relay is: the page's own folder. */
const BASE = new URL("./", location.href).href;

/** For how long what was prepared is taken to be ready: client secrets are kept for some nine minutes. */
const PREPARED_MS = 5 * 60_000;

/** The page, with at most one call under way. */
class Page {
  #signIn = new SignInView();
  #devices = new Devices(navigator.mediaDevices);
  #view = new CallView(BASE, {
    onToggle: () => void this.#toggle(),
    onNear: () => void this.#prepare(),
    onTyping: () => void this.#start(false),
    onCheck: () => this.#checks.open(),
    call: () => (this.#call?.isOver ? null : this.#call),
  });
  #checks = new ChecksView(() => ({
    base: BASE,
    token: this.#signIn.shown,
    config: this.#config,
    microphone: this.#view.devices.microphone,
    call: this.#call,
  }));
  #direct = new URLSearchParams(location.search).get("direct") === "1";
  /** @type {import("./relay-call.js").Config | null} */
  #config = null;
  /** @type {Call | null} */
  #call = null;
  /** @type {{ call: Call, wishes: string, at: number } | null} A call that is ready to begin, for what, since when. */
  #prepared = null;

  /** Speak the reader's language and read the relay's config. */
  async open() {
    const speaking = new LanguagePicker().open();
    this.#devices.addEventListener("change", () => this.#showDevices());
    void this.#devices.read();
    try {
      await Promise.all([speaking, this.#loadConfig()]);
    } catch (error) {
      this.#view.showProblem(error);
    }
  }

  async #loadConfig() {
    const config = await readConfig({ base: BASE, token: this.#signIn.shown });
    this.#config = config;
    this.#view.setup.showProfiles(config.profiles);
    this.#signIn.show(config.signIn);
    byId("simulator-badge", HTMLElement).hidden = !config.simulated;
    const longest = config.maxCallSeconds;
    say(byId("about-longest", HTMLElement), longest > 0 ? "page.longest" : "", { seconds: longest });
    say(byId("about-version", HTMLElement), "page.version", { version: config.version });
    if (this.#direct && !config.direct) this.#view.notices.say("direct", "setup.direct.off");
    return config;
  }

  async #toggle() {
    if (this.#call && isUnderWay(this.#call.state)) this.#call.hangUp();
    else await this.#start(this.#view.devices.microphone);
  }

  /** @param {string | boolean} microphone */
  #optionsOf(microphone) {
    const { setup, devices, controls } = this.#view;
    return {
      ...setup.wishes,
      base: BASE,
      token: this.#signIn.shown,
      microphone,
      speaker: devices.speaker,
      audio: byId("assistant-audio", HTMLAudioElement),
      pushToTalk: controls.pushToTalk,
      direct: this.#direct && (this.#config?.direct ?? false),
      config: this.#config ?? undefined,
      extras: EXTRAS,
    };
  }

  /** Get ready while the pointer is on its way to the button. */
  async #prepare() {
    const underWay = this.#call && !this.#call.isOver;
    if (!this.#config?.prepare || underWay || this.#view.setup.excess) return;
    const options = this.#optionsOf(this.#view.devices.microphone);
    const wishes = wishesOf(options);
    const now = performance.now();
    if (this.#prepared?.wishes === wishes && now - this.#prepared.at < PREPARED_MS) return;
    this.#prepared = { call: new Call(options), wishes, at: now };
    await this.#prepared.call.prepare();
  }

  /** @param {string | boolean} microphone */
  async #start(microphone) {
    this.#view.clear();
    if (this.#view.setup.excess) return this.#view.showExcess(this.#view.setup.excess);
    const options = this.#optionsOf(microphone);
    const ready = this.#prepared?.wishes === wishesOf(options) ? this.#prepared.call : null;
    this.#prepared = null;
    const call = ready ?? new Call(options);
    this.#call = call;
    this.#view.follow(call, { voice: options.voice, typing: microphone === false });
    call.addEventListener("devices", () => this.#showDevices());
    call.addEventListener("state", () => {
      if (this.#call !== call || this.#config || !call.config) return;
      this.#config = call.config;
    });
    await call.start();
    if (isLive(call.state)) void this.#devices.read();
  }

  #showDevices() {
    const { microphones, speakers } = this.#devices;
    const used = this.#call?.isOver === false ? this.#call.devices : { microphones, speakers, microphone: "", speaker: "" };
    this.#view.devices.show(used.microphones.length > 0 ? used : { ...used, microphones, speakers });
  }
}

/**
 * What makes two calls different before they begin.
 *
 * @param {import("./relay-call.js").Options} options
 */
function wishesOf({ config: _config, audio: _audio, ...wishes }) {
  return JSON.stringify(wishes);
}

await new Page().open();
