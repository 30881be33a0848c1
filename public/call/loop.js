/**
 * A peer connection to ourselves: whether this browser can make one at all, and which ways out it finds.
 */

/** Milliseconds to wait for it at most. */
const PATIENCE_MS = 8000;

/**
 * @param {typeof RTCPeerConnection} Connection
 * @param {Pick<Performance, "now">} clock
 * @returns {Promise<number | null>} milliseconds until a word went over its data channel; null when none did
 */
export async function loopOf(Connection, clock) {
  const [here, there] = [new Connection(), new Connection()];
  const began = clock.now();
  try {
    here.addEventListener("icecandidate", ({ candidate }) => void there.addIceCandidate(candidate ?? undefined).catch(() => {}));
    there.addEventListener("icecandidate", ({ candidate }) => void here.addIceCandidate(candidate ?? undefined).catch(() => {}));
    const channel = here.createDataChannel("loop");
    const heard = new Promise((resolve) => {
      there.addEventListener("datachannel", (event) => event.channel.addEventListener("message", () => resolve(true)));
      channel.addEventListener("open", () => channel.send("?"));
      setTimeout(() => resolve(false), PATIENCE_MS);
    });
    await here.setLocalDescription(await here.createOffer());
    await there.setRemoteDescription(/** @type {RTCSessionDescription} */ (here.localDescription));
    await there.setLocalDescription(await there.createAnswer());
    await here.setRemoteDescription(/** @type {RTCSessionDescription} */ (there.localDescription));
    return (await heard) ? clock.now() - began : null;
  } finally {
    here.close();
    there.close();
  }
}

/**
 * Which kinds of way out of here there are, by their number only.
 *
 * @param {typeof RTCPeerConnection} Connection
 * @param {RTCIceServer[]} iceServers
 * @returns {Promise<{ host: number, reflexive: number, relayed: number }>}
 */
export async function waysOf(Connection, iceServers) {
  const connection = new Connection({ iceServers });
  const ways = { host: 0, reflexive: 0, relayed: 0 };
  const done = new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS);
    connection.addEventListener("icecandidate", ({ candidate }) => {
      if (!candidate) return resolve(null);
      if (candidate.type === "host") ways.host += 1;
      if (candidate.type === "srflx" || candidate.type === "prflx") ways.reflexive += 1;
      if (candidate.type === "relay") ways.relayed += 1;
    });
  });
  connection.createDataChannel("ways");
  await connection.setLocalDescription(await connection.createOffer());
  await done;
  connection.close();
  return ways;
}
