/**
 * The controls of a call: mute, hold to talk, interrupt; by pointer and by key.
 *
 * M is a plain letter, so it can be switched off, for those whose speech input or whose hands press letters by
 * chance (WCAG 2.1.4). Space talks only while push to talk is on, and never where it means something else.
 */

import { isLive, isUnderWay } from "../call/states.js";
import { byId } from "./elements.js";
import { keep, kept } from "./kept.js";

/** What a letter is typed into. */
const FIELDS = "input:not([type=checkbox]), textarea, select";

/** What Space presses, opens, ticks or scrolls. */
const PRESSED_BY_SPACE = `${FIELDS}, input, button:not(#talk), summary, a`;

/**
 * @typedef {object} Actions
 * @property {() => void} onMute
 * @property {() => void} onInterrupt
 * @property {(talking: boolean) => void} onTalk
 * @property {(pushToTalk: boolean) => void} onPushToTalk
 */

/** The controls. */
export class Controls {
  #mute = byId("mute", HTMLButtonElement);
  #muteKey = byId("mute-key", HTMLElement);
  #talk = byId("talk", HTMLButtonElement);
  #interrupt = byId("interrupt", HTMLButtonElement);
  #keyM = byId("key-m", HTMLInputElement);
  #push = byId("push-to-talk", HTMLInputElement);
  #actions;

  /** @param {Actions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.#mute.addEventListener("click", actions.onMute);
    this.#interrupt.addEventListener("click", actions.onInterrupt);
    this.#keyM.checked = kept("key-m") !== "off";
    this.#keyM.addEventListener("change", () => {
      keep("key-m", this.#keyM.checked ? "on" : "off");
      this.#showKey();
    });
    this.#push.checked = kept("push-to-talk") === "on";
    this.#push.addEventListener("change", () => {
      keep("push-to-talk", this.#push.checked ? "on" : "off");
      this.#showPush();
      actions.onPushToTalk(this.#push.checked);
    });
    this.#showKey();
    this.#showPush();
    this.#listen();
  }

  /** @returns {boolean} whether the caller is heard only while they hold the key or the button */
  get pushToTalk() {
    return this.#push.checked;
  }

  /** @param {import("../relay-call.js").State} state */
  showState(state) {
    const live = isLive(state);
    const before = this.#talk.disabled;
    this.#mute.disabled = !isUnderWay(state);
    this.#talk.disabled = !live;
    this.#interrupt.disabled = !live;
    // Start, which now stops, has the focus: Space would end the call.
    if (before && live && this.pushToTalk && document.activeElement?.id === "start") this.#talk.focus();
    if (!isUnderWay(state)) this.showMute({ muted: false, talking: false });
  }

  /** @param {{ muted: boolean, talking: boolean }} how */
  showMute({ muted, talking }) {
    this.#mute.setAttribute("aria-pressed", String(muted));
    this.#talk.setAttribute("aria-pressed", String(talking));
  }

  #listen() {
    this.#talk.addEventListener("pointerdown", (event) => {
      this.#talk.setPointerCapture(event.pointerId);
      this.#actions.onTalk(true);
    });
    for (const over of ["pointerup", "pointercancel", "contextmenu"]) {
      this.#talk.addEventListener(over, () => this.#actions.onTalk(false));
    }
    document.addEventListener("keydown", (event) => this.#onKey(event));
    document.addEventListener("keyup", (event) => {
      if (event.key === " " && this.pushToTalk) this.#actions.onTalk(false);
    });
    window.addEventListener("blur", () => {
      if (this.pushToTalk) this.#actions.onTalk(false);
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const on = (/** @type {string} */ what) => event.target instanceof Element && event.target.closest(what) !== null;
    if (event.key === " " && this.pushToTalk && !this.#talk.disabled && !on(PRESSED_BY_SPACE)) {
      event.preventDefault();
      if (!event.repeat) this.#actions.onTalk(true);
    }
    if (event.repeat) return;
    if (event.key === "Escape") this.#actions.onInterrupt();
    if (event.key.toLowerCase() === "m" && !on(FIELDS) && this.#keyM.checked) this.#actions.onMute();
  }

  #showKey() {
    this.#muteKey.hidden = !this.#keyM.checked;
    if (this.#keyM.checked) this.#mute.setAttribute("aria-keyshortcuts", "M");
    else this.#mute.removeAttribute("aria-keyshortcuts");
  }

  #showPush() {
    this.#talk.hidden = !this.#push.checked;
    this.#mute.hidden = this.#push.checked;
  }
}
