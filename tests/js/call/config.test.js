import assert from "node:assert/strict";
import { test } from "node:test";

import { configFromJson, profileOf } from "../../../public/call/config.js";

const UNSAID = { description: "", private: false, sideband: "off", recorded: false, showsCost: false, signIn: false, maxCallSeconds: 0 };

test("the relay's words are taken over", () => {
  const config = configFromJson({
    version: "0.1.0",
    upstream: { kind: "simulator", api: "realtime" },
    profiles: [
      { name: "default", title: "Default", voices: ["alloy", "ash"], voice: "ash", instructions_max_bytes: 100 },
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
      { name: "default", title: "Default", voices: ["alloy", "ash"], voice: "ash", instructionsMaxBytes: 100, transcribed: true, ...UNSAID },
      { name: "quiet", title: "quiet", voices: ["sage"], voice: "sage", instructionsMaxBytes: 16384, transcribed: false, ...UNSAID },
    ],
    maxCallSeconds: 600,
    exchangeSeconds: 20,
    presenceSeconds: 9,
    direct: true,
    prepare: false,
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

test("a profile says what is kept, shown, watched and hidden", () => {
  const said = { private: true, sideband: "guard", recorded: true, shows_cost: true, sign_in: true, max_call_seconds: 60, description: "D" };
  const profile = profileOf(configFromJson({ prepare: true, profiles: [{ name: "a" }, { name: "b", ...said }] }), "b");

  const { private: hidden, sideband, recorded, showsCost, signIn, maxCallSeconds, description } = profile;
  assert.deepEqual([hidden, sideband, recorded, showsCost, signIn, maxCallSeconds, description], [true, "guard", true, true, true, 60, "D"]);
});

test("a profile that is not there is the first, or a harmless one", () => {
  assert.equal(profileOf(configFromJson({ profiles: [{ name: "a" }] }), "z").name, "a");
  assert.equal(profileOf(null, "z").private, false);
});
