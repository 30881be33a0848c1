// The job as a Node relay does it, with Express and busboy: read the form, mint, exchange. No limits, no store.

import busboy from "busboy";
import express from "express";

const [port, upstream] = process.argv.slice(2);
const app = express();
app.disable("x-powered-by");

const readForm = (request) =>
  new Promise((resolve, reject) => {
    const fields = {};
    const parser = busboy({ headers: request.headers });
    parser.on("field", (name, value) => (fields[name] = value));
    parser.on("error", reject);
    parser.on("close", () => resolve(fields));
    request.pipe(parser);
  });

app.post("/connect", async (request, response) => {
  const { sdp, voice, instructions } = await readForm(request);
  const session = { type: "realtime", model: "gpt-realtime", instructions, audio: { output: { voice } } };
  const minted = await fetch(`${upstream}/openai/v1/realtime/client_secrets`, {
    method: "POST",
    headers: { "api-key": "key-of-the-bench", "content-type": "application/json" },
    body: JSON.stringify({ expires_after: { anchor: "created_at", seconds: 60 }, session }),
  });
  if (!minted.ok) return response.status(502).end();
  const { value } = await minted.json();
  const exchanged = await fetch(`${upstream}/openai/v1/realtime/calls`, {
    method: "POST",
    headers: { authorization: `Bearer ${value}`, "content-type": "application/sdp" },
    body: sdp,
  });
  if (!exchanged.ok) return response.status(502).end();
  const answer = await exchanged.text();
  response.status(201).type("application/sdp").location(exchanged.headers.get("location") ?? "").send(answer);
});

app.listen(Number(port), "127.0.0.1");
