"""A real Chromium that looks at pages served on this machine: pictures, sizes, colors, and what was asked for."""

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from tools.drill.ports import LOOPBACK
from tools.parts import find

_FLAGS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
)
_LIMIT_S: Final = 90
# Chromium's own names of the two choices: 0 is dark, 1 is light.
_SCHEMES: Final = {"dark": 0, "light": 1}
_LOOK: Final = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body>
<script>
const wanted = %s, found = [];
let left = wanted.length;
const parse = text => text.match(/[\\d.]+/g).map(Number);
const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
const look = (page, view) => {
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(view.getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = page.createTreeWalker(page.body, view.NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || element.closest("svg")) continue;
    const pair = [light(parse(view.getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) faint.push([text.slice(0, 40), Math.round(contrast * 100) / 100]);
  }
  const root = page.documentElement;
  return {
    title: page.title, wide: root.scrollWidth, room: root.clientWidth, faint,
    ground: view.getComputedStyle(page.body).backgroundColor, text: page.body.innerText,
    styled: page.styleSheets.length, pictures: [...page.images].map(one => [one.getAttribute("src"), one.naturalWidth]),
  };
};
wanted.forEach(([path, width], at) => {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-same-origin";
  frame.style = `border:0;height:900px;width:${width}px`;
  frame.onload = () => {
    found[at] = look(frame.contentDocument, frame.contentWindow);
    left -= 1;
    if (!left) fetch("/found", {method: "POST", body: JSON.stringify(found)});
  };
  frame.src = path;
  document.body.append(frame);
});
</script>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the browser made of a page."""

    title: str
    wide: int
    """Pixels that the page needs, and that it has."""
    room: int
    faint: Sequence[Any]
    """Texts whose contrast is below 4.5 (https://www.w3.org/TR/WCAG22/#contrast-minimum)."""
    ground: str
    text: str
    styled: int
    pictures: Sequence[Any]


@dataclass
class Browser:
    """Looks at the files of a folder through a server."""

    folder: Path
    scratch: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """Paths that were asked for."""
    looks: dict[str, bytes] = field(default_factory=dict)
    """Pages of our own that look at others."""
    found: queue.Queue[bytes] = field(default_factory=queue.Queue)
    """What such a page has found."""

    def see(self, wanted: Sequence[tuple[str, int]], *, scheme: str = "light") -> list[Seen]:
        """Opens pages, each at a width, and measures them; their own scripts may not run."""
        self.looks["/look.html"] = (_LOOK % json.dumps(wanted)).encode()
        self.found = queue.Queue()
        command = self._command(["--window-size=1400,1000"], f"{self.url}/look.html", scheme)
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, **silent, start_new_session=True)
        try:
            return [Seen(**one) for one in json.loads(self.found.get(timeout=_LIMIT_S))]
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def picture(self, path: str, *, width: int = 1000, scheme: str = "light") -> bytes:
        """A picture of the page, as PNG."""
        out = self.scratch / f"{width}-{scheme}.png"
        command = self._command([f"--screenshot={out}", f"--window-size={width},1400"], f"{self.url}{path}", scheme)
        subprocess.run(command, capture_output=True, timeout=_LIMIT_S, check=True)
        return out.read_bytes()

    def _command(self, flags: Sequence[str], url: str, scheme: str) -> list[str]:
        # A profile of its own each time: one that ends slowly would otherwise answer for the next.
        data = tempfile.mkdtemp(dir=self.scratch)
        settings = f"--blink-settings=preferredColorScheme={_SCHEMES[scheme]}"
        return [str(find("chromium").path), *_FLAGS, *flags, f"--user-data-dir={data}", settings, url]


@contextmanager
def browser(folder: Path, scratch: Path) -> Iterator[Browser]:
    """A browser with a server for a folder."""
    made = Browser(folder=folder, scratch=scratch)

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in made.looks:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(made.looks[self.path])
                return
            made.asked.append(self.path)
            super().do_GET()

        def do_POST(self) -> None:
            made.found.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made.url = f"http://{LOOPBACK}:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
