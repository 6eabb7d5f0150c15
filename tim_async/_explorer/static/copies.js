// The request for copying: as a program, for curl, and for the command line.

import { copyButton } from "/_assets/pages/copy.js";
import { h, replace } from "/_assets/pages/dom.js";
import { addTexts, t } from "/_assets/pages/texts.js";
import { copies } from "./data.js";

addTexts({
  en: {
    "copies.title": "Copy as code",
    "copies.python": "Python",
    "copies.curl": "curl",
    "copies.command": "tim-async call",
    "copies.hint": "It reads TIM_SDK_APP_ID, TIM_SECRET_KEY, TIM_IDENTIFIER and TIM_BASE_URL; it contains no key.",
    "copies.failed": "Could not be shown: {problem}",
  },
  zh: {
    "copies.title": "复制为代码",
    "copies.python": "Python",
    "copies.curl": "curl",
    "copies.command": "tim-async call",
    "copies.hint": "读取 TIM_SDK_APP_ID、TIM_SECRET_KEY、TIM_IDENTIFIER 和 TIM_BASE_URL；不含密钥。",
    "copies.failed": "无法显示：{problem}",
  },
});

const WAYS = ["python", "curl", "command"];

export class Copies {
  #command;
  #text;
  #code = h("pre", { class: "json x-code-text", tabindex: "0" });
  #all = null;
  #way = WAYS[0];
  #turn = 0;

  // `text` returns the request, null if it is not JSON.
  constructor(command, text) {
    this.#command = command;
    this.#text = text;
    const buttons = WAYS.map((way) =>
      h("button", { type: "button", class: "button small", "aria-pressed": String(way === this.#way), onclick: () => this.#choose(way, buttons) }, t(`copies.${way}`)),
    );
    this.element = h(
      "details",
      { class: "card x-copies", ontoggle: () => this.changed() },
      h("summary", {}, t("copies.title")),
      h("div", { class: "x-facts x-ways" }, buttons, h("span", { class: "x-space" }), copyButton(() => this.#code.textContent)),
      this.#code,
      h("p", { class: "soft x-text" }, t("copies.hint")),
    );
  }

  // Refreshes them if they are shown.
  async changed() {
    const turn = (this.#turn += 1);
    const text = this.#text();
    if (!this.element.open || text === null) return;
    try {
      this.#all = await copies(this.#command, text);
    } catch (error) {
      this.#all = null;
      if (turn === this.#turn) replace(this.#code, t("copies.failed", { problem: error.message }));
      return;
    }
    if (turn === this.#turn) this.#show();
  }

  #choose(way, buttons) {
    this.#way = way;
    buttons.forEach((each, index) => each.setAttribute("aria-pressed", String(WAYS[index] === way)));
    this.#show();
  }

  #show() {
    if (this.#all !== null) replace(this.#code, this.#all[this.#way] ?? "");
  }
}
