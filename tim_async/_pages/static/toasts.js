// Short messages at the edge of the page, read out by screen readers. Those about trouble stay until they are closed.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./texts.js";

const SHOWN_MS = 5000;
const MOST_SHOWN = 4;

export class Toasts {
  element = h("div", { class: "toasts", role: "status", "aria-live": "polite" });

  // kind: "info", "done" or "error".
  notify(text, { kind = "info" } = {}) {
    const toast = h(
      "div",
      { class: `toast ${kind}` },
      icon(kind === "error" ? "alert" : kind === "done" ? "check" : "bell"),
      h("span", { class: "toast-text" }, text),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": t("dialog.close"), onclick: () => toast.remove() },
        icon("close"),
      ),
    );
    this.element.append(toast);
    while (this.element.childElementCount > MOST_SHOWN) this.element.firstElementChild.remove();
    if (kind !== "error") setTimeout(() => toast.remove(), SHOWN_MS);
  }
}
