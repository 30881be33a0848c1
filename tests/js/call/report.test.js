import assert from "node:assert/strict";
import { test } from "node:test";

import { configFromJson } from "../../../public/call/config.js";
import { EventLog } from "../../../public/call/log.js";
import { ownProblem } from "../../../public/call/problems.js";
import { reportText } from "../../../public/call/report.js";
import { Timing } from "../../../public/call/timing.js";

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/154.0.0.0 Safari/537.36";

/** Everything that must not be in a report, put wherever it could come in. */
const SECRETS = ["192.168.1.7", "20.30.40.50", "fe80::1:2:3:4", "https://relay.example/", "ek_abcdefgh", "eyJhbGciOi.x.y", "My password is", "relay.lan"];

function reported() {
  const log = new EventLog();
  log.add("in", /** @type {any} */ ({ type: "conversation.item.added", text: "My password is" }), 1);
  log.add("page", { type: "failed: https://relay.example/ 192.168.1.7" }, 2);
  const timing = new Timing({ now: () => 0, mark: /** @type {any} */ (() => {}) });
  timing.mark("click");
  const sample = { at: 1, roundTrip: 45.1234, jitter: 2, loss: 0, sent: 30, received: 31, callerLevel: 0.1, assistantLevel: 0.2, way: "udp" };
  const problem = ownProblem("media_blocked", { ports: ["UDP 3478"], host: "relay.lan", message: "20.30.40.50", ice: "failed" }, "r-1");
  return reportText({
    checks: [
      { code: "secure_context", outcome: "good", figures: {} },
      { code: "relay", outcome: "bad", figures: { problem: "relay_unreachable", where: "https://relay.example/ fe80::1:2:3:4 ek_abcdefgh eyJhbGciOi.x.y" } },
    ],
    browser: BROWSER,
    config: configFromJson({ version: "1.2.3", sign_in: { kind: "token", url: "https://relay.example/" } }),
    problem,
    call: /** @type {any} */ ({ state: "failed", requestId: "r-1", timing, samples: [sample], turns: [{ milliseconds: 712.4 }], log }),
  });
}

test("a report holds checks, problem and figures", () => {
  const text = reported();

  for (const part of [BROWSER, "- secure_context: good", "problem relay_unreachable", "Problem: media_blocked, ports UDP 3478, ice failed, request r-1", "roundTrip 45.123", "Waits for an answer: 712", "in conversation.item.added"]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
});

for (const secret of SECRETS) {
  test(`a report never holds ${secret}`, () => {
    assert.equal(reported().includes(secret), false);
  });
}

test("a report can be made before there was any call", () => {
  assert.equal(reportText({ checks: [], browser: BROWSER }), `## Voice call: report\n\n- Browser: ${BROWSER}\n`);
});
