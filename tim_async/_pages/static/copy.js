// A button that copies a text.

import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { addTexts, t } from "./texts.js";

addTexts({
  en: { "copy.copy": "Copy", "copy.copied": "Copied" },
  zh: { "copy.copy": "复制", "copy.copied": "已复制" },
});

const SHOWN_MS = 1500;

export function copyButton(text, label = t("copy.copy")) {
  const words = h("span", {}, label);
  const button = h("button", { type: "button", class: "button small", onclick: () => copy() }, icon("copy"), words);
  async function copy() {
    await copyText(text());
    replace(words, t("copy.copied"));
    setTimeout(() => replace(words, label), SHOWN_MS);
  }
  return button;
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https, and on another host than this machine, there is no clipboard.
    const area = h("textarea", { class: "off-screen", value: text, "aria-hidden": "true" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
