import assert from "node:assert/strict";
import { test } from "node:test";

import { ProblemError, ownProblem, problemFromError, problemFromResponse } from "../../../public/call/problems.js";

const HEAD = { status: 502, type: "application/problem+json", requestId: "r-head", retryAfter: null };

const BODY = {
  type: "/problems/upstream-auth",
  title: "The upstream refuses the relay's credential",
  status: 502,
  detail: "The API key is not accepted.",
  code: "upstream_auth",
  request_id: "r-body",
  retry_after: 7,
};

test("a problem document keeps its words, page and number", () => {
  assert.deepEqual(problemFromResponse(HEAD, JSON.stringify(BODY)), {
    code: "upstream_auth",
    title: BODY.title,
    detail: BODY.detail,
    params: {},
    page: "/problems/upstream-auth",
    requestId: "r-body",
    retryAfter: 7,
    typing: false,
    fatal: true,
  });
});

test("what the body leaves out is taken from the headers", () => {
  const problem = problemFromResponse({ ...HEAD, retryAfter: 3 }, JSON.stringify({ title: "Busy", type: "/problems/busy" }));

  assert.equal(problem.code, "busy");
  assert.equal(problem.requestId, "r-head");
  assert.equal(problem.retryAfter, 3);
});

for (const type of ["https://evil.example/problems/x", "javascript:alert(1)", "//evil.example", "/problems/../admin", "about:blank"]) {
  test(`a problem type of ${type} is never linked`, () => {
    assert.equal(problemFromResponse(HEAD, JSON.stringify({ ...BODY, type })).page, "");
  });
}

/** @type {[string, string, string][]} */
const strangers = [
  ["a proxy's page", "text/html", "<h1>502</h1>"],
  ["broken JSON", "application/problem+json", "{"],
  ["JSON without a title", "application/problem+json", "{}"],
  ["JSON of another kind", "application/json", JSON.stringify(BODY)],
  ["nothing", "", ""],
];

for (const [name, type, body] of strangers) {
  test(`${name} is named as not the relay's answer`, () => {
    const problem = problemFromResponse({ ...HEAD, type }, body);

    assert.equal(problem.code, "relay_answer_unusable");
    assert.deepEqual(problem.params, { status: 502, type });
  });
}

test("every microphone problem offers to go on by typing, a blocked network does not", () => {
  assert.equal(ownProblem("microphone_refused").typing, true);
  assert.equal(ownProblem("insecure_page").typing, true);
  assert.equal(ownProblem("media_blocked").typing, false);
});

test("an unforeseen error is shown by its own name", () => {
  assert.equal(problemFromError(new TypeError("x is undefined")).params.message, "TypeError: x is undefined");
  assert.equal(problemFromError("text").params.message, "text");
});

test("a thrown problem is that problem", () => {
  const problem = ownProblem("relay_timeout", { seconds: 20 });

  assert.equal(problemFromError(new ProblemError(problem)), problem);
});

test("a wrong address is told apart from a relay that answers oddly", () => {
  assert.equal(problemFromResponse({ ...HEAD, status: 404, type: "text/html" }, "").code, "relay_not_found");
});
