import assert from "node:assert/strict";
import { test } from "node:test";

import { ProblemError } from "../../../public/call/problems.js";
import { connectDirectly } from "../../../public/call/direct.js";
import { Signaling } from "../../../public/call/signaling.js";

const RELAY = "http://relay.test/";
const WISHES = { voice: "alloy", instructions: "Be kind.", profile: "" };
const ANSWER = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n";
const SDP = { "content-type": "application/sdp", location: "/calls/abc", link: '</calls/abc/events>; rel="events"', "x-request-id": "r1", "server-timing": "exchange;dur=5" };

/**
 * A fetch that answers from a list and remembers what it was asked.
 *
 * @param {...(Response | Error)} answers
 */
function fetchOf(...answers) {
  /** @type {{ url: string, init: any }[]} */
  const asked = [];
  /** @type {any} */
  const fetcher = async (/** @type {URL} */ url, /** @type {any} */ init) => {
    asked.push({ url: String(url), init });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { fetcher, asked };
}

const patience = () => ({ seconds: 1, signal: new AbortController().signal });

/** @param {Promise<unknown>} promise */
async function problemOf(promise) {
  const error = await promise.then(() => null, (reason) => reason);

  assert.ok(error instanceof ProblemError);
  return error.problem;
}

test("the offer goes out as a form of text fields, empty ones left out", async () => {
  const { fetcher, asked } = fetchOf(new Response(ANSWER, { status: 201, headers: SDP }));
  await new Signaling(RELAY, fetcher, () => true).connect("v=0 offer", WISHES, patience());

  assert.equal(asked[0].url, "http://relay.test/connect");
  assert.equal(asked[0].init.method, "POST");
  assert.deepEqual([...asked[0].init.body.entries()], [["sdp", "v=0 offer"], ["voice", "alloy"], ["instructions", "Be kind."], ["presence", "events"]]);
});

test("the answer comes with the call's address, the request id and the relay's times", async () => {
  const { fetcher } = fetchOf(new Response(ANSWER, { status: 201, headers: SDP }));
  const exchange = await new Signaling(RELAY, fetcher, () => true).connect("v=0", WISHES, patience());

  assert.deepEqual(exchange, {
    answer: ANSWER,
    callUrl: "http://relay.test/calls/abc",
    eventsUrl: "http://relay.test/calls/abc/events",
    requestId: "r1",
    serverTiming: "exchange;dur=5",
  });
});

test("a problem document becomes that problem and never an answer", async () => {
  const body = JSON.stringify({ title: "Busy", type: "/problems/busy", code: "busy" });
  const headers = { "content-type": "application/problem+json", "retry-after": "4" };
  const { fetcher } = fetchOf(new Response(body, { status: 503, headers }));
  const problem = await problemOf(new Signaling(RELAY, fetcher, () => true).connect("v=0", WISHES, patience()));

  assert.equal(problem.code, "busy");
  assert.equal(problem.retryAfter, 4);
});

/** @type {[string, number, string, string][]} */
const strangers = [
  ["a page with status 200", 200, "text/html", "<html>"],
  ["SDP with status 200", 200, "application/sdp", ANSWER],
  ["SDP of the wrong type", 201, "text/plain", ANSWER],
  ["something that is not SDP", 201, "application/sdp", "<html>"],
];

for (const [name, status, type, body] of strangers) {
  test(`${name} is not believed`, async () => {
    const { fetcher } = fetchOf(new Response(body, { status, headers: { "content-type": type } }));
    const problem = await problemOf(new Signaling(RELAY, fetcher, () => true).connect("v=0", WISHES, patience()));

    assert.equal(problem.code, "relay_answer_unusable");
  });
}

test("a relay that cannot be reached is named", async () => {
  const { fetcher } = fetchOf(new TypeError("fetch failed"));
  const problem = await problemOf(new Signaling(RELAY, fetcher, () => true).connect("v=0", WISHES, patience()));

  assert.equal(problem.code, "relay_unreachable");
  assert.deepEqual(problem.params, { host: "relay.test", crossOrigin: false });
});

test("a relay that does not answer in time is named", async () => {
  /** @type {any} */
  const never = (/** @type {URL} */ _url, /** @type {any} */ { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const keepAlive = setTimeout(() => {}, 2000);
  const problem = await problemOf(
    new Signaling(RELAY, never).connect("v=0", WISHES, { ...patience(), seconds: -4.9 }),
  );
  clearTimeout(keepAlive);

  assert.equal(problem.code, "relay_timeout");
});

test("a caller who leaves is no problem of the relay's", async () => {
  const leaving = new AbortController();
  leaving.abort();
  const { fetcher } = fetchOf(new DOMException("aborted", "AbortError"));
  const leave = new Signaling(RELAY, fetcher, () => true).connect("v=0", WISHES, { seconds: 1, signal: leaving.signal });

  await assert.rejects(leave, { name: "AbortError" });
});

test("in direct mode the offer goes to the upstream, with the client secret alone", async () => {
  const grant = { value: "ek_1", expires_at: 1, calls_url: "https://upstream.test/calls", session: {} };
  const { fetcher, asked } = fetchOf(Response.json(grant), new Response(ANSWER, { status: 201 }));
  const exchange = await connectDirectly(new Signaling(RELAY, fetcher, () => true), "v=0 offer", WISHES, patience());

  assert.equal(asked[0].url, "http://relay.test/api/session");
  assert.equal(asked[0].init.body.has("sdp"), false);
  assert.equal(asked[1].url, "https://upstream.test/calls");
  assert.deepEqual(asked[1].init.headers, { Authorization: "Bearer ek_1", "Content-Type": "application/sdp" });
  assert.equal(asked[1].init.body, "v=0 offer");
  assert.equal(asked[1].init.credentials, "omit");
  assert.equal(exchange.callUrl, "");
});

test("an upstream that refuses in direct mode is named with its status", async () => {
  const { fetcher } = fetchOf(Response.json({ value: "ek_1", calls_url: "https://upstream.test/calls" }), new Response("", { status: 429 }));
  const problem = await problemOf(connectDirectly(new Signaling(RELAY, fetcher, () => true), "v=0", WISHES, patience()));

  assert.equal(problem.code, "upstream_refused");
  assert.deepEqual(problem.params, { status: 429 });
});

for (const [header, found] of [
  ['</calls/abc/events>; rel="events"', "http://relay.test/calls/abc/events"],
  ['</help>; rel=help, </calls/abc/events>; title="x"; rel=events', "http://relay.test/calls/abc/events"],
  ['</help>; rel="help"', ""],
  ["", ""],
]) {
  test(`the event stream is ${found || "missing"} in a Link header of ${JSON.stringify(header)}`, async () => {
    const { fetcher } = fetchOf(new Response(ANSWER, { status: 201, headers: { ...SDP, link: header } }));

    assert.equal((await new Signaling(RELAY, fetcher, () => true).connect("v=0", WISHES, patience())).eventsUrl, found);
  });
}

test("the event stream goes on after the last event that was read", async () => {
  const { fetcher, asked } = fetchOf(new Response(""), new Response(""));
  const { signal } = new AbortController();
  await new Signaling(RELAY, fetcher, () => true).events("http://relay.test/calls/abc/events", "", signal);
  await new Signaling(RELAY, fetcher, () => true).events("http://relay.test/calls/abc/events", "7", signal);

  assert.deepEqual(asked[0].init, { headers: { Accept: "text/event-stream" }, cache: "no-store", signal });
  assert.equal(asked[1].init.headers["Last-Event-ID"], "7");
});

/** @type {[string, object, object | null][]} */
const standings = [
  ["goes on", { state: "live", reason: null, seconds_left: 9.5 }, { over: false, reason: "", secondsLeft: 9.5 }],
  ["is about to end", { state: "ending", reason: "operator", seconds_left: 9 }, { over: true, reason: "operator", secondsLeft: 9 }],
  ["is over", { state: "expired", reason: null, seconds_left: 0 }, { over: true, reason: "", secondsLeft: 0 }],
];

for (const [name, body, expected] of standings) {
  test(`the relay tells of a call that ${name}`, async () => {
    const { fetcher } = fetchOf(Response.json(body));

    assert.deepEqual(await new Signaling(RELAY, fetcher, () => true).standing("http://relay.test/calls/abc", 1), expected);
  });
}

test("a relay that cannot say how a call stands says nothing", async () => {
  const { fetcher } = fetchOf(new TypeError("gone"), new Response("{}", { status: 503 }), new Response("<html>"));
  const signaling = new Signaling(RELAY, fetcher, () => true);

  for (let turn = 0; turn < 3; turn += 1) assert.equal(await signaling.standing("http://relay.test/calls/abc", 1), null);
});

test("hanging up is a DELETE that outlives the page", async () => {
  const { fetcher, asked } = fetchOf(new Response(null, { status: 204 }));
  const told = await new Signaling(RELAY, fetcher, () => true).hangUp("http://relay.test/calls/abc");

  assert.equal(told, true);
  assert.deepEqual(asked, [{ url: "http://relay.test/calls/abc", init: { method: "DELETE", keepalive: true } }]);
});

test("a relay that cannot be told of the hang-up is reported, not thrown", async () => {
  assert.equal(await new Signaling(RELAY, fetchOf(new TypeError("gone")).fetcher).hangUp("http://relay.test/calls/abc"), false);
});

test("where there is no call nobody is told", async () => {
  const { fetcher, asked } = fetchOf();

  assert.equal(await new Signaling(RELAY, fetcher, () => true).hangUp(""), true);
  assert.equal(asked.length, 0);
});

test("the config is read, and a page in its place is named", async () => {
  const good = fetchOf(Response.json({ version: "1", upstream: { kind: "simulator" } }));
  const bad = fetchOf(new Response("<html>", { headers: { "content-type": "text/html" } }));

  assert.equal((await new Signaling(RELAY, good.fetcher).config()).simulated, true);
  assert.equal((await problemOf(new Signaling(RELAY, bad.fetcher).config())).code, "relay_answer_unusable");
});

test("without a network the relay is not blamed", async () => {
  const { fetcher } = fetchOf(new TypeError("fetch failed"));
  const problem = await problemOf(new Signaling(RELAY, fetcher, () => false).connect("v=0", WISHES, patience()));

  assert.equal(problem.code, "offline");
});

test("preparing posts the wishes without an offer, and a relay that knows nothing of it is no problem", async () => {
  const { fetcher, asked } = fetchOf(new Response("", { status: 404 }));
  await new Signaling(RELAY, fetcher, () => true).prepare({ voice: "alloy", instructions: "Be kind.", profile: "" });
  await new Signaling(RELAY, fetchOf(new TypeError("fetch failed")).fetcher, () => true).prepare(WISHES);

  const { url, init } = asked[0];
  assert.equal(url, `${RELAY}prepare`);
  assert.deepEqual([...init.body.keys()], ["voice", "instructions"]);
});
