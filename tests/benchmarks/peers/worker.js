// The job as a Worker does it: read the form, mint a client secret, exchange the offer. No limits, no store,
// no checks, no hang-up: the bare two trips.

export default {
  async fetch(request, env) {
    if (request.method !== "POST" || new URL(request.url).pathname !== "/connect") {
      return new Response("not found", { status: 404 });
    }
    const form = await request.formData();
    const session = {
      type: "realtime",
      model: "gpt-realtime",
      instructions: form.get("instructions") ?? undefined,
      audio: { output: { voice: form.get("voice") ?? "alloy" } },
    };
    const minted = await fetch(`${env.UPSTREAM}/openai/v1/realtime/client_secrets`, {
      method: "POST",
      headers: { "api-key": env.API_KEY, "content-type": "application/json" },
      body: JSON.stringify({ expires_after: { anchor: "created_at", seconds: 60 }, session }),
    });
    if (!minted.ok) return new Response("mint failed", { status: 502 });
    const { value } = await minted.json();
    const exchanged = await fetch(`${env.UPSTREAM}/openai/v1/realtime/calls`, {
      method: "POST",
      headers: { authorization: `Bearer ${value}`, "content-type": "application/sdp" },
      body: form.get("sdp"),
    });
    if (!exchanged.ok) return new Response("exchange failed", { status: 502 });
    return new Response(await exchanged.text(), {
      status: 201,
      headers: { "content-type": "application/sdp", location: exchanged.headers.get("location") ?? "" },
    });
  },
};
