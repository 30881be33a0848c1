import assert from "node:assert/strict";
import { test } from "node:test";

import { microphoneFinding } from "../../../public/call/diagnosis.js";
import { Microphone } from "../../../public/call/microphone.js";
import { ProblemError } from "../../../public/call/problems.js";
import { Track, settled } from "./call-doubles.js";

/** @param {() => Promise<any>} getUserMedia */
function sourceOf(getUserMedia) {
  return { isSecureContext: true, origin: "http://localhost", mediaDevices: Object.assign(new EventTarget(), { getUserMedia }) };
}

/** @param {unknown} source */
async function problemOf(source) {
  const opening = new Microphone(/** @type {any} */ (source)).open();
  const error = await opening.then(() => null, (reason) => reason);

  assert.ok(error instanceof ProblemError);
  return error.problem;
}

test("a page without a secure context is told so, before the browser is asked", async () => {
  const problem = await problemOf({ isSecureContext: false, origin: "http://relay.lan", mediaDevices: undefined });

  assert.equal(problem.code, "insecure_page");
  assert.deepEqual(problem.params, { origin: "http://relay.lan" });
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
  ["NotAllowedError", "Permission denied by system", "microphone_system"],
  ["SecurityError", "blocked by permissions policy", "microphone_policy"],
  ["NotFoundError", "Requested device not found", "microphone_missing"],
  ["OverconstrainedError", "", "microphone_missing"],
  ["NotReadableError", "Could not start audio source", "microphone_busy"],
  ["AbortError", "Starting audioinput failed", "microphone_busy"],
  ["UnheardOfError", "?", "microphone_busy"],
];

for (const [name, message, code] of refusals) {
  test(`${name} (${message || "no message"}) is ${code}`, () => {
    assert.equal(microphoneFinding({ secure: true, supported: true, origin: "", name, message }).code, code);
  });
}

test("mute holds before and after the microphone is open", async () => {
  const track = new Track();
  const microphone = new Microphone(/** @type {any} */ (sourceOf(async () => ({ getAudioTracks: () => [track] }))));
  microphone.set({ muted: true });
  await microphone.open();

  assert.equal(track.enabled, false);
  microphone.set({ muted: false });
  assert.equal(track.enabled, true);
});

test("a microphone that opens after the call was stopped is released at once", async () => {
  const track = new Track();
  const microphone = new Microphone(/** @type {any} */ (sourceOf(async () => ({ getAudioTracks: () => [track] }))));
  const opening = microphone.open();
  microphone.stop();
  await opening;

  assert.equal(track.stopped, true);
});

/** @param {(Track | null)[]} tracks what the browser gives, time after time; null where there is none */
function microphoneOf(tracks) {
  /** @type {any[]} */
  const asked = [];
  const source = sourceOf(async (/** @type {any} */ constraints) => {
    asked.push(constraints.audio.deviceId?.exact ?? "");
    const track = tracks.shift();
    if (!track) throw new DOMException("", "NotFoundError");
    return { getAudioTracks: () => [track] };
  });
  const microphone = new Microphone(/** @type {any} */ (source));
  /** @type {string[]} */
  const told = [];
  for (const name of ["track", "replaced", "gone"]) {
    microphone.addEventListener(name, (event) => told.push(`${name} ${/** @type {CustomEvent} */ (event).detail?.label ?? /** @type {CustomEvent} */ (event).detail}`));
  }
  return { microphone, asked, told, devices: source.mediaDevices };
}

test("a device that is unplugged is replaced by what there is, muted as before", async () => {
  const [first, second] = [new Track("a"), new Track("b")];
  const { microphone, told } = microphoneOf([first, second]);
  microphone.set({ muted: true });
  await microphone.open();
  first.dispatchEvent(new Event("ended"));
  await settled();

  assert.deepEqual(told, ["track Headset", "replaced Headset"]);
  assert.equal(microphone.track, second);
  assert.deepEqual([first.stopped, second.enabled, microphone.deviceId], [true, false, "b"]);
});

test("with nothing to replace it, it is gone until something is plugged in", async () => {
  const [first, second] = [new Track("a"), new Track("b")];
  const { microphone, told, devices } = microphoneOf([first, null, null, second]);
  await microphone.open();
  first.dispatchEvent(new Event("ended"));
  await settled();
  assert.deepEqual([told, microphone.isOpen], [["gone true"], false]);

  devices.dispatchEvent(new Event("devicechange"));
  await settled();
  devices.dispatchEvent(new Event("devicechange"));
  await settled();

  assert.deepEqual(told, ["gone true", "gone false", "track Headset", "replaced Headset"]);
  assert.equal(microphone.isOpen, true);
});

test("another device is asked for by its id, and the one before is let go once it is there", async () => {
  const [first, second] = [new Track("a"), new Track("b")];
  const { microphone, asked } = microphoneOf([first, null, second]);
  await microphone.open();
  await assert.rejects(microphone.use("x"), ProblemError);
  assert.equal(first.stopped, false);
  await microphone.use("b");

  assert.deepEqual(asked, ["", "x", "b"]);
  assert.deepEqual([first.stopped, second.enabled], [true, true]);
});

test("a chosen device that is not there any more counts as none chosen", async () => {
  const track = new Track("a");
  let times = 0;
  const source = sourceOf(async () => {
    if (times++ === 0) throw new DOMException("", "OverconstrainedError");
    return { getAudioTracks: () => [track] };
  });
  const microphone = new Microphone(/** @type {any} */ (source), "old");

  assert.equal(await microphone.open(), /** @type {any} */ (track));
});

test("with push-to-talk it is heard only while the key is held, and never while muted", async () => {
  const track = new Track();
  const { microphone } = microphoneOf([track]);
  microphone.set({ pushToTalk: true });
  await microphone.open();
  const heard = [track.enabled];
  for (const [talking, muted] of [[true, false], [true, true], [false, false]]) {
    microphone.set({ talking, muted });
    heard.push(track.enabled);
  }
  microphone.set({ pushToTalk: false });
  heard.push(track.enabled);

  assert.deepEqual(heard, [false, true, false, false, true]);
});
