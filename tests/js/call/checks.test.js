import assert from "node:assert/strict";
import { test } from "node:test";

import { CHECK_CODES, setupChecks } from "../../../public/call/checks.js";
import { ProblemError, ownProblem } from "../../../public/call/problems.js";

/** @param {object} [changes] @param {object} [navigator] */
async function outcomes(changes = {}, navigator = {}) {
  const around = {
    microphone: { isSecureContext: true, origin: "", mediaDevices: undefined },
    devices: { enumerateDevices: async () => [{ kind: "audioinput" }, { kind: "audioinput" }] },
    audioContext: null,
    RTCPeerConnection: undefined,
    clock: { now: () => 0 },
    signaling: { config: async () => ({}) },
    ...changes,
  };
  /** @type {Record<string, any>} */
  const found = {};
  /** @type {string[]} */
  const running = [];
  for await (const { code, outcome, figures } of setupChecks(/** @type {any} */ ({ around, microphone: "", iceServers: [], navigator }))) {
    if (outcome === "running") running.push(code);
    else found[code] = { outcome, ...figures };
  }
  return { found, running };
}

test("every check is announced, and comes out one way or another", async () => {
  const { found, running } = await outcomes();

  assert.deepEqual(running, CHECK_CODES);
  assert.deepEqual(Object.keys(found), running);
});

test("what is missing is bad, what cannot be known is unknown", async () => {
  const { found } = await outcomes();

  assert.deepEqual(found.browser, { outcome: "bad", rtc: false, media: false, audio: false });
  assert.deepEqual(found.microphone_level, { outcome: "bad", problem: "microphone_unsupported" });
  assert.deepEqual(found.microphones, { outcome: "good", count: 2 });
  assert.deepEqual(found.speakers, { outcome: "unknown", count: 0 });
  assert.deepEqual(found.permission, { outcome: "unknown" });
  assert.deepEqual(found.sound, { outcome: "unknown" });
  assert.deepEqual(found.loop, { outcome: "bad" });
});

for (const [state, outcome] of [["granted", "good"], ["prompt", "poor"], ["denied", "bad"]]) {
  test(`a permission that is ${state} is ${outcome}`, async () => {
    const { found } = await outcomes({}, { permissions: { query: async () => ({ state }) } });

    assert.deepEqual(found.permission, { outcome, state });
  });
}

test("a relay that cannot be reached, or wants to know who asks, is named by its problem", async () => {
  const config = async () => {
    throw new ProblemError(ownProblem("signed_out"));
  };
  const { found } = await outcomes({ signaling: { config } });

  assert.deepEqual(found.relay, { outcome: "bad", problem: "signed_out", milliseconds: 0 });
});

test("a browser that would not play without a tap is said before the call", async () => {
  const { found } = await outcomes({}, { getAutoplayPolicy: () => "disallowed" });

  assert.deepEqual(found.sound, { outcome: "poor", allowed: false });
});
