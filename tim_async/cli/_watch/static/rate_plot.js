// The rate since the page was opened, with the limit as a line.

import { svg } from "/_assets/pages/dom.js";

const WIDTH = 300;
const HEIGHT = 64;

export class RatePlot {
  #area = svg("path", { class: "w-plot-area" });
  #line = svg("path", { class: "w-plot-line" });
  #limit = svg("path", { class: "w-plot-limit" });
  element = svg("svg", { class: "w-plot-svg", preserveAspectRatio: "none", role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}` }, this.#area, this.#line, this.#limit);

  draw({ values, limit, text }) {
    const most = Math.max(limit * 1.15, ...values, 1);
    const y = (value) => (HEIGHT - 2 - (value / most) * (HEIGHT - 6)).toFixed(1);
    const step = WIDTH / Math.max(values.length - 1, 60);
    const points = values.map((value, index) => `${(index * step).toFixed(1)} ${y(value)}`);
    this.element.setAttribute("aria-label", text);
    this.#line.setAttribute("d", points.length > 1 ? `M${points.join("L")}` : "");
    const end = ((values.length - 1) * step).toFixed(1);
    this.#area.setAttribute("d", points.length > 1 ? `M0 ${HEIGHT}L${points.join("L")}L${end} ${HEIGHT}z` : "");
    this.#limit.setAttribute("d", limit > 0 ? `M0 ${y(limit)}H${WIDTH}` : "");
  }
}
