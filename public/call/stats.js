/**
 * What `getStats` says of a running call, once a second (W3C WebRTC Statistics). Reading a report is pure.
 */

/** @typedef {import("../relay-call.js").Sample} Sample */

/** Milliseconds between two samples. */
const EVERY_MS = 1000;

/**
 * @typedef {object} Counters What only grows; the next sample is told from the difference.
 * @property {number} at milliseconds
 * @property {number} sent bytes
 * @property {number} received bytes
 * @property {number} packets received
 * @property {number} lost packets
 */

/** @type {Readonly<Counters>} */
export const NOTHING = Object.freeze({ at: 0, sent: 0, received: 0, packets: 0, lost: 0 });

/**
 * Read one report.
 *
 * @param {Iterable<any>} reports
 * @param {number} at milliseconds since the start of the call
 * @param {Readonly<Counters>} before
 * @returns {{ sample: Sample, counters: Counters }}
 */
export function sampleFrom(reports, at, before) {
  const all = [...reports];
  const one = (/** @type {string} */ type) => all.find((report) => report.type === type && (report.kind ?? "audio") === "audio") ?? {};
  const pairs = all.filter(({ type, state }) => type === "candidate-pair" && state === "succeeded");
  const transport = all.find(({ type }) => type === "transport");
  const pair = pairs.find(({ id }) => id === transport?.selectedCandidatePairId) ?? pairs.find(({ nominated }) => nominated) ?? {};
  const local = all.find(({ id }) => id === pair.localCandidateId) ?? {};
  const [incoming, outgoing, far] = [one("inbound-rtp"), one("outbound-rtp"), one("remote-inbound-rtp")];
  const counters = {
    at,
    sent: outgoing.bytesSent ?? 0,
    received: incoming.bytesReceived ?? 0,
    packets: incoming.packetsReceived ?? 0,
    lost: incoming.packetsLost ?? 0,
  };
  const seconds = (at - before.at) / 1000;
  const rate = (/** @type {"sent" | "received"} */ way) => Math.max(0, ((counters[way] - before[way]) * 8) / 1000 / seconds);
  const lost = Math.max(0, counters.lost - before.lost);
  const due = lost + counters.packets - before.packets;
  const sample = {
    at,
    roundTrip: milliseconds(pair.currentRoundTripTime ?? far.roundTripTime),
    jitter: milliseconds(incoming.jitter),
    loss: due > 0 ? lost / due : null,
    sent: seconds > 0 ? rate("sent") : null,
    received: seconds > 0 ? rate("received") : null,
    callerLevel: one("media-source").audioLevel ?? null,
    assistantLevel: incoming.audioLevel ?? null,
    way: local.candidateType === "relay" ? "relay" : (local.protocol ?? ""),
  };
  return { sample, counters };
}

/**
 * @param {number | undefined} seconds
 * @returns {number | null}
 */
function milliseconds(seconds) {
  return seconds === undefined ? null : seconds * 1000;
}

/** Takes samples of one peer connection until it is stopped. */
export class Sampler {
  #before = NOTHING;
  #timer;

  /**
   * @param {() => Promise<Iterable<any>>} reports
   * @param {() => number} elapsed milliseconds since the start of the call
   * @param {(sample: Sample) => void} onSample
   */
  constructor(reports, elapsed, onSample) {
    this.#timer = setInterval(async () => {
      const { sample, counters } = sampleFrom(await reports().catch(() => []), elapsed(), this.#before);
      this.#before = counters;
      onSample(sample);
    }, EVERY_MS);
  }

  /** Take no more. */
  stop() {
    clearInterval(this.#timer);
  }
}
