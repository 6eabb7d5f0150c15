// The calls of the last 60 seconds: a column for each second, refused calls on top, and the limit as a line.

import { svg } from "/_assets/pages/dom.js";

const HEIGHT = 56;
const STEP = 5;
const GAP = 1;

export class PacePlot {
  #passed = svg("path", { class: "pace-passed" });
  #refused = svg("path", { class: "pace-refused" });
  #limit = svg("path", { class: "pace-limit" });
  element = svg("svg", { class: "pace", preserveAspectRatio: "none", role: "img" }, this.#passed, this.#refused, this.#limit);

  // `limit`: calls per second, null without one. `text` is for screen readers.
  draw({ passed, refused, limit, text }) {
    const most = Math.max(limit === null ? 0 : limit * 1.15, ...passed.map((each, index) => each + refused[index]), 1);
    const scale = (HEIGHT - 2) / most;
    this.element.setAttribute("viewBox", `0 0 ${passed.length * STEP} ${HEIGHT}`);
    this.element.setAttribute("aria-label", text);
    this.#passed.setAttribute("d", columns(passed, passed.map(() => 0), scale));
    this.#refused.setAttribute("d", columns(refused, passed, scale));
    const y = HEIGHT - limit * scale;
    this.#limit.setAttribute("d", limit === null ? "" : `M0 ${y.toFixed(1)}H${passed.length * STEP}`);
  }
}

function columns(values, below, scale) {
  const parts = [];
  values.forEach((value, index) => {
    if (value === 0) return;
    const height = Math.max(value * scale, 1.5);
    const y = HEIGHT - below[index] * scale - height;
    parts.push(`M${index * STEP} ${y.toFixed(1)}h${STEP - GAP}v${height.toFixed(1)}h-${STEP - GAP}z`);
  });
  return parts.join("");
}
