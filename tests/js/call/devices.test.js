import assert from "node:assert/strict";
import { test } from "node:test";

import { Devices, devicesOf } from "../../../public/call/devices.js";
import { Speaker } from "../../../public/call/speaker.js";
import { settled } from "./call-doubles.js";

/** @param {MediaDeviceKind} kind @param {string} deviceId */
const device = (kind, deviceId) => ({ kind, deviceId, label: `The ${deviceId}` });

test("the browser's aliases and what it keeps to itself are not offered", () => {
  const found = ["", "default", "communications", "a"].map((id) => device("audioinput", id));

  assert.deepEqual(devicesOf([...found, device("audiooutput", "b"), device("videoinput", "c")], "audioinput"), [{ id: "a", label: "The a" }]);
});

test("a change is told when the lists are others, and only then", async () => {
  let found = [device("audioinput", "a")];
  const media = Object.assign(new EventTarget(), { enumerateDevices: async () => found });
  const devices = new Devices(/** @type {any} */ (media));
  let changes = 0;
  devices.addEventListener("change", () => (changes += 1));
  await devices.read();
  media.dispatchEvent(new Event("devicechange"));
  await settled();
  assert.equal(changes, 1);

  found = [...found, device("audiooutput", "b")];
  media.dispatchEvent(new Event("devicechange"));
  await settled();
  devices.close();
  found = [];
  media.dispatchEvent(new Event("devicechange"));
  await settled();

  assert.equal(changes, 2);
  assert.deepEqual(devices.speakers, [{ id: "b", label: "The b" }]);
});

test("a browser without devices has none", async () => {
  const devices = new Devices(undefined);
  await devices.read();

  assert.deepEqual([devices.microphones, devices.speakers], [[], []]);
});

/** @param {object} more */
const speakerOf = (more) => new Speaker(/** @type {any} */ ({ play: async () => {}, pause: () => {}, srcObject: null, ...more }));

test("a chosen speaker is used where the browser can, and the system's where it is gone", async () => {
  const setSinkId = async (/** @type {string} */ id) => {
    if (id === "gone") throw new DOMException("", "NotFoundError");
  };
  const speaker = speakerOf({ setSinkId });

  assert.deepEqual([await speaker.use("a"), speaker.deviceId], [true, "a"]);
  assert.deepEqual([await speaker.use("gone"), speaker.deviceId], [false, ""]);
});

test("a browser that cannot choose uses the system's speaker, and says so", async () => {
  const speaker = speakerOf({});

  assert.deepEqual([await speaker.use("a"), speaker.deviceId, await speaker.use("")], [false, "", true]);
});
