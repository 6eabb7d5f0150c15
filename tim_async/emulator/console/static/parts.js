// Parts that several views of the console share.

import { h } from "/_assets/pages/dom.js";
import { addTexts, t } from "/_assets/pages/texts.js";

addTexts({
  en: { "parts.ok": "OK", "parts.lost": "no answer", "parts.waiting": "waiting", "parts.field": "{name}: {problem}", "parts.back": "Back to the list" },
  zh: { "parts.ok": "成功", "parts.lost": "无应答", "parts.waiting": "等待中", "parts.field": "{name}：{problem}", "parts.back": "返回列表" },
});

export const API = "/_emulator/v1";

// The outcome of a call: pending, its ErrorCode, its HTTP status if it has no code, or unanswered.
export function codeBadge({ status, code, took_s: tookS }) {
  if (tookS === null) return h("span", { class: "badge accent" }, t("parts.waiting"));
  if (status === null) return h("span", { class: "badge bad" }, t("parts.lost"));
  if (code === null) return h("span", { class: `badge ${status < 400 ? "warn" : "bad"}` }, `HTTP ${status}`);
  if (code === 0) return h("span", { class: "badge good" }, t("parts.ok"));
  return h("span", { class: "badge bad" }, String(code));
}

// A labelled field: screen readers read the label, and clicks on it focus the field.
export function labelled(text, field, { hint = null, class: name = "" } = {}) {
  return h("label", { class: `labelled ${name}` }, h("span", { class: "labelled-name" }, text), field, hint ? h("span", { class: "soft" }, hint) : null);
}

export function select(options, attributes) {
  const { value, ...others } = attributes;
  const element = h("select", { class: "field", ...others }, options.map(([key, text]) => h("option", { value: key }, text)));
  element.value = value ?? options[0][0];
  return element;
}

// Runs `work`, and shows an error in a short message; returns whether it succeeded.
export async function attempt(context, work) {
  try {
    await work();
  } catch (error) {
    context.notify(error.field ? t("parts.field", { name: error.field, problem: error.message }) : error.message, { kind: "error" });
    return false;
  }
  return true;
}

// Calls `work` soon after the first `again()`, and again at the earliest `pauseMs` after it ended.
export function throttled(work, pauseMs) {
  let timer = null;
  let isRunning = false;
  let isWanted = false;
  let isClosed = false;
  async function run() {
    timer = null;
    isRunning = true;
    isWanted = false;
    try {
      await work();
    } finally {
      isRunning = false;
      if (isWanted && !isClosed) plan(pauseMs);
    }
  }
  function plan(ms) {
    timer ??= setTimeout(run, ms);
  }
  return {
    again() {
      if (isClosed) return;
      isWanted = true;
      if (!isRunning) plan(pauseMs);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

// Waits for a pause in typing.
export function debounced(work, ms) {
  let timer = null;
  return {
    again() {
      clearTimeout(timer);
      timer = setTimeout(work, ms);
    },
    close() {
      clearTimeout(timer);
    },
  };
}
