"""What the page weighs: bytes and requests of a visit, how soon it can be used, memory after a long call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.voice_page import VoicePage

_LOADED = """() => {
  const [navigation] = performance.getEntriesByType("navigation");
  const files = [navigation, ...performance.getEntriesByType("resource")];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    requests: files.length,
    bytes: files.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    paint: Math.round(paint?.startTime ?? 0),
    interactive: Math.round(navigation.domInteractive),
    usable: Math.round(Math.max(...files.map(({ responseEnd }) => responseEnd))),
  };
}"""
_KEEP_CHANNELS = """
const make = RTCPeerConnection.prototype.createDataChannel;
RTCPeerConnection.prototype.createDataChannel = function (...given) {
  return (window.channel = make.apply(this, given));
};
"""
_TALK = """async ({ from, turns, fragments }) => {
  const deliver = (event) =>
    window.channel.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(event) }));
  for (let turn = from; turn < from + turns; turn += 1) {
    const [said, answer, response] = [`U${turn}`, `A${turn}`, `r${turn}`];
    const spoken = { id: said, type: "message", role: "user", content: [{ type: "input_audio" }] };
    deliver({ type: "input_audio_buffer.speech_started", item_id: said });
    deliver({ type: "input_audio_buffer.speech_stopped", item_id: said });
    const before = turn ? `A${turn - 1}` : null;
    deliver({ type: "conversation.item.added", previous_item_id: before, item: spoken });
    deliver({ type: "response.created", response: { id: response } });
    const item = { id: answer, type: "message", role: "assistant", content: [] };
    deliver({ type: "conversation.item.added", previous_item_id: said, item });
    for (let fragment = 0; fragment < fragments; fragment += 1) {
      const where = { response_id: response, item_id: answer };
      deliver({ type: "response.output_audio_transcript.delta", ...where, delta: `word ${fragment} ` });
    }
    const output = [{ id: answer, content: [{ type: "output_audio", transcript: "All of it. ".repeat(9) }] }];
    deliver({
      type: "conversation.item.input_audio_transcription.completed",
      item_id: said,
      transcript: `Question ${turn}, asked at some length.`,
    });
    deliver({ type: "response.done", response: { id: response, status: "completed", output } });
    if (turn % 10 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
}"""


@pytest.mark.parametrize(("path", "ready"), [("/", "#about:not(:empty)"), ("/embed.html", "#talk")])
def test_a_visit_is_light_and_soon_of_use(path: str, ready: str, visit: Visit) -> None:
    page = visit(path=path, ready=ready)
    page.tab.wait_for_load_state("networkidle")

    loaded: dict[str, Any] = page.tab.evaluate(_LOADED)

    print(
        f"\n{path}: {loaded['requests']} requests, {loaded['bytes'] / 1000:.0f} kB, "
        f"first paint {loaded['paint']} ms, interactive {loaded['interactive']} ms, "
        f"last file {loaded['usable']} ms"
    )
    assert loaded["requests"] <= (120 if path == "/" else 4)
    assert loaded["bytes"] <= (500_000 if path == "/" else 60_000)
    assert loaded["usable"] < 5000


def _heap(page: VoicePage) -> float:
    """Megabytes of JavaScript after everything was collected that can be."""
    session = page.context.new_cdp_session(page.tab)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return float(used) / 1e6


def test_a_long_call_costs_no_more_memory_than_its_words(visit: Visit) -> None:
    page = visit(microphone="silence")
    page.context.add_init_script(_KEEP_CHANNELS)
    page.open()
    page.start()
    before = _heap(page)
    page.tab.evaluate(_TALK, {"from": 0, "turns": 75, "fragments": 20})
    full = _heap(page)
    began = time.monotonic()
    page.tab.evaluate(_TALK, {"from": 75, "turns": 150, "fragments": 20})
    seconds = time.monotonic() - began
    after = _heap(page)

    print(
        f"\nheap: {before:.1f} MB at the start, {full:.1f} after 75 turns, {after:.1f} after 225 "
        f"(half an hour of talk); the last 150 turns took {seconds:.1f} s"
    )
    assert len(page.lines("assistant")) == 225
    assert page.tab.locator("#log > li").count() <= 5000
    assert after - full < 5
    page.stop()
