import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { NOTHING, Sampler, sampleFrom } from "../../../public/call/stats.js";

const REPORTS = [
  { type: "transport", selectedCandidatePairId: "P2" },
  { type: "candidate-pair", id: "P1", state: "succeeded", nominated: true, currentRoundTripTime: 9, localCandidateId: "L1" },
  { type: "candidate-pair", id: "P2", state: "succeeded", currentRoundTripTime: 0.045, localCandidateId: "L2" },
  { type: "local-candidate", id: "L2", candidateType: "host", protocol: "udp" },
  { type: "inbound-rtp", kind: "audio", jitter: 0.003, packetsReceived: 190, packetsLost: 10, bytesReceived: 9000, audioLevel: 0.5 },
  { type: "inbound-rtp", kind: "video", jitter: 5 },
  { type: "outbound-rtp", kind: "audio", bytesSent: 8000 },
  { type: "media-source", kind: "audio", audioLevel: 0.25 },
];

test("one second of a call is read from the differences", () => {
  const before = { at: 1000, sent: 4000, received: 1000, packets: 95, lost: 5 };
  const { sample } = sampleFrom(REPORTS, 2000, before);

  assert.deepEqual(sample, {
    at: 2000,
    roundTrip: 45,
    jitter: 3,
    loss: 0.05,
    sent: 32,
    received: 64,
    callerLevel: 0.25,
    assistantLevel: 0.5,
    way: "udp",
  });
});

test("a browser that says nothing gives unknowns, not zeros", () => {
  const { sample } = sampleFrom([], 0, NOTHING);

  assert.deepEqual(Object.values(sample), [0, null, null, null, null, null, null, null, ""]);
});

test("the way over a TURN server is named, and the far end's round trip stands in for the pair's", () => {
  const reports = [
    { type: "candidate-pair", id: "P", state: "succeeded", nominated: true, localCandidateId: "L" },
    { type: "local-candidate", id: "L", candidateType: "relay", protocol: "udp" },
    { type: "remote-inbound-rtp", kind: "audio", roundTripTime: 0.1 },
  ];
  const { sample } = sampleFrom(reports, 1000, NOTHING);

  assert.deepEqual([sample.way, sample.roundTrip], ["relay", 100]);
});

test("counters that begin anew after a reconnect never read as negative", () => {
  const { sample } = sampleFrom(REPORTS, 2000, { at: 1000, sent: 1e6, received: 1e6, packets: 1e6, lost: 1e6 });

  assert.deepEqual([sample.sent, sample.received, sample.loss], [0, 0, null]);
});

beforeEach(() => mock.timers.enable({ apis: ["setInterval"] }));
afterEach(() => mock.timers.reset());

test("samples come once a second until it is stopped", async () => {
  /** @type {number[]} */
  const at = [];
  let now = 0;
  const sampler = new Sampler(async () => [], () => now, (sample) => void at.push(sample.at));
  for (now = 1000; now <= 3000; now += 1000) {
    mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
    if (now === 2000) sampler.stop();
  }

  assert.deepEqual(at, [1000, 2000]);
});
