"""How fast do the pages open on a phone? First contentful paint in Chromium, on a slowed network and processor.

    .venv/bin/python benchmarks/page.py

It serves the built book on this machine, compressed as hosts of such pages do, opens each page several times with an
empty cache (about two minutes), and writes benchmarks/page.json, which the page book/pages/counting.md shows.
"""

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser
from sphinx_external_toc.parsing import parse_toc_yaml

from benchmarks import timing
from book.browser import chromium
from book.serving import Quiet, served

RESULTS = Path(__file__).with_suffix(".json")
ROUNDS = 5
# "Fast 4G" as Chromium's developer tools have it: 9 Mbit/s down and 1.5 up, of which nine tenths come through, and
# 60 ms of latency, counted 2.75 times, since it is added to each request and not to each packet.
NETWORK = {
    "offline": False,
    "latency": 60 * 2.75,  # ms
    "downloadThroughput": 9e6 / 8 * 0.9,  # bytes/s
    "uploadThroughput": 1.5e6 / 8 * 0.9,
}
SLOWDOWN = 4  # of the processor
PHONE = {"width": 390, "height": 844}
COMPRESSED = (".html", ".css", ".js", ".svg", ".ttf", ".xml")
PAINT = """new Promise(done => new PerformanceObserver(list => {
    const paint = list.getEntriesByName('first-contentful-paint')[0];
    if (paint) done(paint.startTime / 1000);
}).observe({type: 'paint', buffered: true}))"""


class Compressing(Quiet):
    """Serves files compressed, over connections that stay open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        if path.suffix in COMPRESSED:
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def kind_of(response: dict[str, Any]) -> str:
    """The kind of a resource; the program of a figure, which the reader comes near, is one of its own."""
    return "Figure" if "/_figures/" in response["response"]["url"] else response["type"]


def visit(browser: Browser, url: str) -> tuple[float, dict[str, int]]:
    """Seconds to the first contentful paint, and the bytes that came, by kind of resource; with an empty cache."""
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        kinds: dict[str, str] = {}
        received: dict[str, int] = {}
        devtools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: kind_of(event)}))
        devtools.on(
            "Network.loadingFinished",
            lambda event: received.update({event["requestId"]: int(event["encodedDataLength"])}),
        )
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", NETWORK)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        page.goto(url, wait_until="networkidle")
        paint = float(page.evaluate(PAINT))
    total: dict[str, int] = {}
    for request, size in received.items():
        kind = kinds[request]
        total[kind] = total.get(kind, 0) + size
    return paint, total


def main() -> None:
    names = sorted(parse_toc_yaml(timing.ROOT / "_toc.yml"))
    rows: list[dict[str, Any]] = []
    with served(handler=Compressing) as site, chromium() as browser:
        machine = timing.facts() | {"chromium": browser.version}
        paints: dict[str, list[float]] = {name: [] for name in names}
        sizes: dict[str, dict[str, int]] = {}
        for _ in range(ROUNDS):  # in turn, as in benchmarks/timing.py
            for name in names:
                paint, sizes[name] = visit(browser, f"{site}/{name}.html")
                paints[name].append(paint)
    # Programs that ran or waited for each core, ours among them: above 1, the paints are slower than they need be.
    machine["load"] = os.getloadavg()[1] / machine["cores"] if hasattr(os, "getloadavg") else 0.0
    for name in names:
        q1, median, q3 = map(float, np.percentile(paints[name], [25, 50, 75]))
        frame = sum(sizes[name].get(kind, 0) for kind in ("Script", "Stylesheet", "Font"))
        total = sum(sizes[name].values())
        rows.append({"page": name, "q1_s": q1, "median_s": median, "q3_s": q3, "frame_bytes": frame, "bytes": total})
        print(f"{name:40} {median:.2f} s ({q1:.2f} to {q3:.2f}); {frame / 1e3:.0f} of {total / 1e3:.0f} KB", flush=True)
    timing.write(RESULTS, {"machine": machine, "network": NETWORK, "slowdown": SLOWDOWN, "rows": rows})
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
