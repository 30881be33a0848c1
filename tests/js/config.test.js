import assert from "node:assert/strict";
import { test } from "node:test";

import { configFromJson } from "../../public/config.js";

test("the relay's words are taken over", () => {
  const config = configFromJson({
    version: "0.1.0",
    upstream: { kind: "simulator", api: "realtime" },
    profiles: [
      { name: "default", title: "Default", voices: ["alloy", "ash"], voice: "ash", instructions_max_bytes: 100, sideband: "guard" },
      { name: "quiet", voices: ["sage"], transcription: false },
    ],
    limits: { max_call_seconds: 600, exchange_seconds: 20, presence_seconds: 9 },
    transcription: true,
    direct: true,
    ice_servers: [{ urls: "turn:turn.test" }],
  });

  assert.deepEqual(config, {
    version: "0.1.0",
    simulated: true,
    profiles: [
      { name: "default", title: "Default", voices: ["alloy", "ash"], voice: "ash", instructionsMaxBytes: 100, transcribed: true, guarded: true },
      { name: "quiet", title: "quiet", voices: ["sage"], voice: "sage", instructionsMaxBytes: 16384, transcribed: false, guarded: false },
    ],
    maxCallSeconds: 600,
    exchangeSeconds: 20,
    presenceSeconds: 9,
    direct: true,
    iceServers: [{ urls: "turn:turn.test" }],
    signIn: { kind: "none", url: "" },
  });
});

for (const odd of [null, {}, [], { profiles: [] }, { profiles: "x", limits: 3, ice_servers: {} }]) {
  test(`a config of ${JSON.stringify(odd)} still gives one profile and no call is direct`, () => {
    const config = configFromJson(odd);

    assert.equal(config.profiles.length, 1);
    assert.equal(config.direct, false);
    assert.deepEqual(config.iceServers, []);
  });
}
