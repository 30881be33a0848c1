import assert from "node:assert/strict";
import { test } from "node:test";

import { Microphone, microphoneProblem } from "../../../public/call/microphone.js";
import { ProblemError } from "../../../public/call/problems.js";

/** A track that remembers. */
class Track extends EventTarget {
  enabled = true;
  stopped = false;
  stop() {
    this.stopped = true;
  }
}

/** @param {() => Promise<any>} getUserMedia */
function sourceOf(getUserMedia) {
  return { isSecureContext: true, origin: "http://localhost", mediaDevices: { getUserMedia } };
}

/** @param {unknown} source */
async function problemOf(source) {
  const opening = new Microphone(/** @type {any} */ (source)).open(() => {});
  const error = await opening.then(() => null, (reason) => reason);

  assert.ok(error instanceof ProblemError);
  return error.problem;
}

test("a page without a secure context is told so, before the browser is asked", async () => {
  const problem = await problemOf({ isSecureContext: false, origin: "http://relay.lan", mediaDevices: undefined });

  assert.equal(problem.code, "insecure_page");
  assert.match(problem.detail, /http:\/\/relay\.lan/);
});

test("a browser without mediaDevices is told so", async () => {
  const problem = await problemOf({ isSecureContext: true, origin: "", mediaDevices: undefined });

  assert.equal(problem.code, "microphone_unsupported");
});

test("a stream without sound is a missing microphone", async () => {
  const problem = await problemOf(sourceOf(async () => ({ getAudioTracks: () => [] })));

  assert.equal(problem.code, "microphone_missing");
});

/** @type {[string, string, string][]} */
const refusals = [
  ["NotAllowedError", "Permission denied", "microphone_refused"],
  ["NotAllowedError", "Permission dismissed", "microphone_dismissed"],
  ["NotAllowedError", "Permission denied by system", "microphone_refused"],
  ["SecurityError", "blocked by permissions policy", "microphone_refused"],
  ["NotFoundError", "Requested device not found", "microphone_missing"],
  ["OverconstrainedError", "", "microphone_missing"],
  ["NotReadableError", "Could not start audio source", "microphone_busy"],
  ["AbortError", "Starting audioinput failed", "microphone_busy"],
  ["UnheardOfError", "?", "microphone_busy"],
];

for (const [name, message, code] of refusals) {
  test(`${name} (${message || "no message"}) is ${code}`, () => {
    assert.equal(microphoneProblem(new DOMException(message, name)).code, code);
  });
}

test("mute holds before and after the microphone is open", async () => {
  const track = new Track();
  const microphone = new Microphone(/** @type {any} */ (sourceOf(async () => ({ getAudioTracks: () => [track] }))));
  microphone.muted = true;
  await microphone.open(() => {});

  assert.equal(track.enabled, false);
  microphone.muted = false;
  assert.equal(track.enabled, true);
});

test("a microphone that opens after the call was stopped is released at once", async () => {
  const track = new Track();
  const microphone = new Microphone(/** @type {any} */ (sourceOf(async () => ({ getAudioTracks: () => [track] }))));
  const opening = microphone.open(() => {});
  microphone.stop();
  await opening;

  assert.equal(track.stopped, true);
});

test("a device that goes away is reported", async () => {
  const track = new Track();
  const microphone = new Microphone(/** @type {any} */ (sourceOf(async () => ({ getAudioTracks: () => [track] }))));
  let gone = 0;
  await microphone.open(() => (gone += 1));
  track.dispatchEvent(new Event("ended"));

  assert.equal(gone, 1);
});
