import assert from "node:assert/strict";
import { test } from "node:test";

import { mayReconnect, mediaFinding, portsOf, reachFinding } from "../../../public/call/diagnosis.js";

const ANSWER = [
  "v=0",
  "a=candidate:1 1 udp 2130706431 20.0.0.1 3478 typ host ufrag x",
  "a=candidate:1 2 udp 2130706431 20.0.0.1 3478 typ host ufrag x",
  "a=candidate:2 1 tcp 1671430143 20.0.0.1 3478 typ host tcptype passive ufrag x",
  "a=end-of-candidates",
].join("\r\n");

const SEEN = {
  connection: "connecting",
  ice: "checking",
  channel: "connecting",
  wasUp: false,
  midTurn: false,
  firefox: false,
  turn: false,
  answer: ANSWER,
};

test("the ports to be let through are read from the answer, without addresses", () => {
  assert.deepEqual(portsOf(ANSWER), ["UDP 3478", "TCP 3478"]);
  assert.deepEqual(portsOf(""), []);
});

test("signalling that worked while media did not is a blocked network, with its ports", () => {
  const { code, params } = mediaFinding(SEEN);

  assert.equal(code, "media_blocked");
  assert.deepEqual(params.ports, ["UDP 3478", "TCP 3478"]);
  assert.equal(JSON.stringify(params).includes("20.0.0.1"), false);
});

/** @type {[string, Partial<typeof SEEN>, string][]} */
const findings = [
  ["ICE that never began", { ice: "new", connection: "new" }, "media_not_begun"],
  ["ICE that failed without a try", { ice: "new", connection: "failed" }, "media_blocked"],
  ["ICE that worked without DTLS", { ice: "connected" }, "media_handshake"],
  ["a channel that did not open", { ice: "completed", connection: "connected" }, "media_handshake"],
  ["a call that was up", { wasUp: true, connection: "failed", ice: "failed" }, "media_lost"],
  ["Firefox between turns", { wasUp: true, firefox: true }, "media_lost"],
  ["Firefox in the middle of a turn", { wasUp: true, firefox: true, midTurn: true }, "media_lost_firefox"],
  ["another browser in the middle of a turn", { wasUp: true, midTurn: true }, "media_lost"],
];

for (const [name, seen, code] of findings) {
  test(`${name} is ${code}`, () => {
    assert.equal(mediaFinding({ ...SEEN, ...seen }).code, code);
  });
}

/** @type {[string, object, string][]} */
const reaches = [
  ["no network", { online: false }, "offline"],
  ["no answer in time", { timedOut: true }, "relay_timeout"],
  ["no connection", {}, "relay_unreachable"],
];

for (const [name, seen, code] of reaches) {
  test(`${name} is ${code}`, () => {
    const all = { online: true, timedOut: false, seconds: 5, host: "relay.test", crossOrigin: true, ...seen };

    assert.equal(reachFinding(all).code, code);
  });
}

test("a lost call is tried once more, when it was up, is not over and nobody objects", () => {
  const lost = { wanted: true, tried: false, wasUp: true, endedThere: false };

  assert.equal(mayReconnect(lost), true);
  for (const change of [{ wanted: false }, { tried: true }, { wasUp: false }, { endedThere: true }]) {
    assert.equal(mayReconnect({ ...lost, ...change }), false);
  }
});
