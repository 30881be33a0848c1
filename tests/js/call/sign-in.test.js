import assert from "node:assert/strict";
import { test } from "node:test";

import { configFromJson, signInUrl } from "../../../public/call/config.js";
import { problemFromResponse } from "../../../public/call/problems.js";
import { SignIn } from "../../../public/call/sign-in.js";
import { connectDirectly } from "../../../public/call/direct.js";
import { Signaling } from "../../../public/call/signaling.js";

const RELAY = "https://relay.test/voice/";
const SDP = { "content-type": "application/sdp", location: "/voice/calls/abc", link: '</voice/calls/abc/events>; rel="events"' };

/**
 * @param {(url: string) => Response} answer
 * @param {import("../../../public/call/sign-in.js").Token} token
 */
function shownBy(answer, token = "") {
  /** @type {[string, string, string | null][]} */
  const asked = [];
  /** @type {any} */
  const fetcher = async (/** @type {any} */ input, /** @type {any} */ init) => {
    const url = String(input);
    asked.push([init.method ?? "GET", url, new Headers(init.headers).get("Authorization")]);
    return answer(url);
  };
  return { signIn: new SignIn(RELAY, fetcher, token), asked };
}

test("every request to the relay shows the token: offer, events, state, hang-up, client secret", async () => {
  const { signIn, asked } = shownBy((url) =>
    url.endsWith("connect")
      ? new Response("v=0\r\n", { status: 201, headers: SDP })
      : new Response(JSON.stringify({ value: "ek", calls_url: "https://upstream.test/calls" })),
    " token-of-mine\n",
  );
  const signaling = new Signaling(RELAY, (input, init) => signIn.fetch(input, init));
  const { signal } = new AbortController();
  const wishes = { voice: "", instructions: "", profile: "" };

  const { callUrl, eventsUrl } = await signaling.connect("v=0", wishes, { seconds: 1, signal });
  await signaling.events(eventsUrl, "", signal);
  await signaling.standing(callUrl, 1);
  await signaling.hangUp(callUrl);
  await connectDirectly(signaling, "v=0", wishes, { seconds: 1, signal }).catch(() => null);

  assert.deepEqual(
    asked.map(([method, url, shown]) => `${method} ${new URL(url).pathname} ${shown}`),
    [
      "POST /voice/connect Bearer token-of-mine",
      "GET /voice/calls/abc/events Bearer token-of-mine",
      "GET /voice/calls/abc Bearer token-of-mine",
      "DELETE /voice/calls/abc Bearer token-of-mine",
      "POST /voice/api/session Bearer token-of-mine",
      "POST /calls Bearer ek",
    ],
  );
});

for (const elsewhere of ["https://upstream.test/voice/calls", "http://relay.test/voice/connect", "https://relay.test/other"]) {
  test(`nothing is shown to ${elsewhere}`, async () => {
    const { signIn, asked } = shownBy(() => new Response(""), "token-of-mine");
    await signIn.fetch(elsewhere);

    assert.equal(asked[0][2], null);
  });
}

test("without a token no header is sent; who gives one is asked for each request", async () => {
  const tokens = ["", "one", Promise.resolve("two")];
  const { signIn, asked } = shownBy(() => new Response(""), () => tokens.shift() ?? "");
  for (let times = 0; times < 3; times += 1) await signIn.fetch("config");

  assert.deepEqual(asked.map(([, , shown]) => shown), [null, "Bearer one", "Bearer two"]);
});

test("a hang-up while the page is being left is on its way at once", () => {
  const { signIn, asked } = shownBy(() => new Response(""), () => "t");
  void signIn.fetch("calls/abc", { method: "DELETE", keepalive: true });

  assert.equal(asked.length, 1);
});

test("the other headers and the keep-alive of a request stay", async () => {
  /** @type {any} */
  let given;
  const signIn = new SignIn(RELAY, async (_, init) => ((given = init), new Response("")), "t");
  await signIn.fetch("calls/abc", { method: "DELETE", keepalive: true, headers: { "Last-Event-ID": "3" } });

  assert.equal(given.keepalive, true);
  assert.equal(given.headers.get("Last-Event-ID"), "3");
});

test("a call whose sign-in is no longer believed is told of, a refused start is not told twice", async () => {
  const { signIn } = shownBy(() => new Response("", { status: 401 }));
  let forgotten = 0;
  signIn.addEventListener("forgotten", () => (forgotten += 1));
  await signIn.fetch("connect", { method: "POST" });
  await signIn.fetch("calls/abc", { method: "DELETE" });
  const before = forgotten;
  await signIn.fetch("calls/abc/events");

  assert.deepEqual([before, forgotten], [0, 1]);
});

test("a link leads to a path of this host or to https, and never to a script", () => {
  for (const url of ["/", "/oauth2/start?rd=/", "https://login.test/"]) assert.equal(signInUrl(url), url);
  for (const url of ["", "//evil.test", "/\\evil.test", "javascript:alert(1)", "http://login.test/", "data:,x", "oauth2"]) {
    assert.equal(signInUrl(url), "");
  }
});

test("the config tells how to sign in", () => {
  const signIn = (/** @type {unknown} */ said) => configFromJson({ sign_in: said }).signIn;

  assert.deepEqual(signIn({ kind: "token" }), { kind: "token", url: "" });
  assert.deepEqual(signIn({ kind: "link", url: "/oauth2/start" }), { kind: "link", url: "/oauth2/start" });
  assert.deepEqual(signIn({ kind: "token", url: "javascript:x" }), { kind: "token", url: "" });
  for (const odd of [undefined, null, "token", { kind: "password" }, []]) {
    assert.deepEqual(signIn(odd), { kind: "none", url: "" });
  }
});

test("a proxy's own sign-in page is named as what it is", () => {
  const head = { status: 401, type: "text/html", requestId: "", retryAfter: null };

  assert.equal(problemFromResponse(head, "<html>").code, "signed_out");
});
