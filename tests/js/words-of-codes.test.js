import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { words } from "../../public/view/words/en.js";

const CALL = new URL("../../public/call/", import.meta.url);
const CODE = readdirSync(CALL).map((name) => readFileSync(new URL(name, CALL), "utf8")).join("\n");

/** Codes that the module may give, by their form in its code; those of lists and types included. */
const quoted = new Set([...CODE.matchAll(/"([a-z]+(?:_[a-z]+)+)"/g)].map(([, code]) => code));

/** @param {RegExp} pattern @returns {string[]} */
const codes = (pattern) => [...CODE.matchAll(pattern)].map(([, code]) => code);

test("every problem that the module finds has a title, a detail and a way on", () => {
  const found = [...quoted].filter((code) => /^(insecure|microphone|webrtc|relay|media|answer_refused|upstream_(refused|unreachable))_?/.test(code));
  const notices = /^(microphone_(gone|replaced|silent|zeros|level)|relay_away)$/;
  const own = [...codes(/ownProblem\("([a-z_]+)"/g), ...found.filter((code) => !notices.test(code))];
  const ofTheRelay = own.filter((code) => `problem.${code}` in words);

  assert.ok(own.length > 15);
  assert.deepEqual(own.filter((code) => !(`own.${code}.title` in words) && !ofTheRelay.includes(code)), []);
  for (const code of own) assert.ok(`own.${code}.fix` in words || ofTheRelay.includes(code), code);
});

test("every notice of the module has its words", () => {
  const told = [...codes(/notice\("([a-z_]+)"/g), ...codes(/(?:kind: "notice"|"notice", \{) ?,? ?code: "([a-z_]+)"/g)];
  const known = ["unsteady", "relay_away", "slow", "half_duplex", "microphone_silent", "microphone_zeros", "hang_up_untold", ...told];

  assert.deepEqual(known.filter((code) => code !== "failed" && !(`notice.${code}` in words)), []);
});

test("what users of such relays trip over has its words", () => {
  /** @type {Record<string, string[]>} */
  const needs = {
    "an error page where an answer was due": ["own.relay_answer_unusable.fix", "own.answer_refused.title"],
    "a button moves and nothing happens": ["state.connecting", "problem.request"],
    "no microphone over remote desktop": ["own.microphone_missing.fix"],
    "the upstream closes and nobody says so": ["ended.upstream_ended", "ended.no_answer"],
    "the cap of an hour": ["ended.expired"],
    "a filter hides tools and errors": ["notice.failed.tool", "tool.failed", "facts.sideband.lost"],
    "UDP is blocked": ["own.media_blocked_no_turn.fix", "check.network.poor"],
    "sound is dropped while https works": ["own.media_blocked.detail"],
    "slow behind a VPN": ["notice.slow"],
    "Firefox drops a call in mid-turn": ["own.media_lost_firefox.fix"],
    "silent audio for want of a tap": ["stage.sound", "stage.sound.why"],
    "zeros from the microphone of iOS": ["notice.microphone_zeros"],
    "a page over http": ["own.insecure_page.fix"],
    "a choice of device that is ignored or lost": ["notice.microphone_gone", "notice.microphone_replaced", "notice.speaker_gone"],
    "echo": ["notice.half_duplex", "devices.push"],
    "a slow connect, a failed answer at peak hours": ["timing.heading", "notice.failed.response"],
    "the end comes in mid-talk": ["warning.time", "notice.reconnected"],
    "a data channel that does not open": ["own.media_handshake.detail"],
    "testers without a key": ["page.simulator.words"],
  };
  for (const [symptom, keys] of Object.entries(needs)) for (const key of keys) assert.ok(words[key], `${symptom}: ${key}`);

  assert.match(words["own.media_blocked.fix"], /\{ports\}/);
  assert.match(words["own.microphone_missing.fix"], /remote desktop/);
  assert.match(words["own.insecure_page.fix"], /https/);
});
