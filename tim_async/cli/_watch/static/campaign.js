// The view of a campaign. It is refreshed about every second; the focused element is never redrawn.

import { api } from "/_assets/pages/api.js";
import { confirmDialog } from "/_assets/pages/dialog.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { formatNumber, formatTime, language, t } from "/_assets/pages/texts.js";
import { codesTable, failuresTable, workersTable } from "./tables.js";
import { RatePlot } from "./rate_plot.js";
import "./watch_texts.js";

const API = "/_watch/v1";
const LOOK_MS = 1000;
const PARTS = ["sent", "failed", "unknown", "suppressed"];
const MOODS = { done: "good", running: "accent", stopped: "bad", interrupted: "bad", cancelled: "bad", paused: "warn" };
// Kept when the language or the theme changes.
const history = [];

export const campaign = {
  name: "campaign",
  title: "watch.title",
  icon: "chart",
  shortcut: "p",
  mount: (element, context) => {
    const view = new View(element, context);
    return () => view.close();
  },
};

class View {
  #context;
  #timer = null;
  #isClosed = false;
  #name = h("h1", {});
  #status = h("span", { class: "badge", role: "status" });
  #updated = h("span", { class: "soft w-updated" });
  #reason = h("p", { class: "w-reason soft" });
  #bar = h("div", { class: "w-bar", role: "progressbar", "aria-valuemin": "0" });
  #legend = h("dl", { class: "w-legend" });
  #cards = h("div", { class: "w-cards" });
  #plot = new RatePlot();
  #plotTitle = h("h2", {}, t("watch.plot_title"));
  #toggle = h("button", { type: "button", class: "button", onclick: () => this.#pauseOrResume() });
  #rate = h("input", { class: "field", type: "number", min: "0.1", step: "any", id: "rate", inputmode: "decimal" });
  #below = h("div", { class: "w-below" });
  #isPaused = false;

  constructor(element, context) {
    this.#context = context;
    replace(
      element,
      h("div", { class: "view-head w-head" }, this.#name, this.#status, this.#updated),
      this.#reason,
      h("section", { class: "card w-progress" }, this.#bar, this.#legend),
      this.#cards,
      h("section", { class: "card w-plot" }, this.#plotTitle, this.#plot.element),
      h(
        "form",
        { class: "card w-steer", onsubmit: (event) => this.#setRate(event) },
        this.#toggle,
        h("label", { for: "rate" }, t("watch.rate_field")),
        this.#rate,
        h("button", { type: "submit", class: "button" }, t("watch.rate_set")),
        h("button", { type: "button", class: "button", onclick: () => this.#putRate(null) }, t("watch.rate_none")),
      ),
      this.#below,
    );
    this.#look();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look() {
    clearTimeout(this.#timer);
    if (!document.hidden) {
      try {
        const found = await api.get(`${API}/campaign`);
        if (!this.#isClosed) this.#draw(found);
      } catch (error) {
        if (!this.#isClosed) replace(this.#reason, t("watch.away", { problem: error.message }));
      }
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  #draw({ at, report, progress, codes, failures, workers }) {
    replace(this.#name, report.name);
    replace(this.#status, t(`watch.status.${report.status}`));
    this.#status.className = `badge ${MOODS[report.status] ?? ""}`;
    replace(this.#updated, t("watch.updated", { time: formatTime(at) }));
    replace(this.#reason, report.reason ?? "");
    this.#drawBar(report);
    this.#drawCards(report, progress);
    if (history.length === 0 || history.at(-1).at !== at) history.push({ at, rate: progress.rate });
    if (history.length > 300) history.shift();
    const text = t("watch.plot", { rate: rate(progress.rate), cap: rate(progress.cap) });
    this.#plot.draw({ values: history.map((each) => each.rate), limit: progress.cap, text });
    this.#isPaused = report.status === "paused";
    const ended = ["done", "cancelled"].includes(report.status);
    this.#toggle.disabled = ended;
    const action = this.#isPaused ? "watch.resume" : "watch.pause";
    replace(this.#toggle, icon(this.#isPaused ? "play" : "pause"), t(action));
    if (document.activeElement !== this.#rate) this.#rate.value = report.timing?.rate ?? "";
    replace(this.#below, codesTable(codes, language()), failuresTable(failures), workersTable(workers));
  }

  #drawBar(report) {
    const settled = PARTS.reduce((sum, each) => sum + report[each], 0);
    const total = Math.max(report.total, 1);
    this.#bar.setAttribute("aria-valuemax", String(report.total));
    this.#bar.setAttribute("aria-valuenow", String(settled));
    this.#bar.setAttribute("aria-label", t("watch.bar", { done: settled, total: report.total }));
    replace(
      this.#bar,
      PARTS.filter((each) => report[each] > 0).map((each) =>
        h("span", { class: `w-part w-${each}`, style: { width: `${(report[each] / total) * 100}%` } }),
      ),
    );
    const shown = [...PARTS, "in_flight"].filter((each) => each === "sent" || each === "failed" || report[each] > 0);
    replace(
      this.#legend,
      h("div", { class: "w-total" }, h("dt", { class: "off-screen" }, t("watch.title")), h("dd", {}, t("watch.done_of", { done: settled, total: report.total }), h("span", { class: "soft" }, ` ${percent(settled, total)}`))),
      shown.map((each) => h("div", {}, h("dt", { class: `w-key w-${each}` }, t(`watch.${each}`)), h("dd", {}, formatNumber(report[each])))),
      h("div", {}, h("dt", { class: "w-key" }, t("watch.left")), h("dd", {}, formatNumber(Math.max(report.total - settled, 0)))),
    );
  }

  #drawCards(report, progress) {
    replace(
      this.#cards,
      card(t("watch.rate"), t("watch.per_second", { count: rate(progress.rate) }), t("watch.rate_of", { cap: rate(progress.cap) }), t("watch.rate_last")),
      card(t("watch.allowed"), ...allowed(progress)),
      card(t("watch.time_left"), duration(progress.left_s), t("watch.elapsed", { time: duration(report.duration_s) })),
      card(
        t("watch.times"),
        whenOf(report.timing),
        report.rests_until ? t("watch.rests", { time: progress.rest_ends || formatTime(report.rests_until) }) : null,
        progress.held_up ? t("watch.held_up", { reason: progress.held_up }) : null,
        report.held_up_s ? t("watch.stood_still", { time: duration(report.held_up_s) }) : null,
      ),
    );
  }

  async #pauseOrResume() {
    const isPaused = this.#isPaused;
    if (!isPaused && !(await confirmDialog(t("watch.pause_ask"), {}))) return;
    await this.#attempt(() => api.post(`${API}/${isPaused ? "resume" : "pause"}`), isPaused ? "watch.resumed_now" : "watch.paused_now");
  }

  #setRate(event) {
    event.preventDefault();
    const value = Number(this.#rate.value);
    if (this.#rate.value !== "" && value > 0) this.#putRate(value);
  }

  async #putRate(value) {
    this.#rate.blur();
    await this.#attempt(() => api.put(`${API}/rate`, { rate: value }), "watch.rate_now");
  }

  async #attempt(act, done) {
    try {
      const { is_changed: isChanged } = await act();
      this.#context.notify(t(isChanged ? done : "watch.unchanged"), { kind: "done" });
    } catch (error) {
      this.#context.notify(error.message, { kind: "error" });
    }
    this.#look();
  }
}

function card(title, value, ...notes) {
  return h(
    "section",
    { class: "card w-card" },
    h("h2", {}, title),
    h("p", { class: "w-value" }, value),
    notes.filter(Boolean).map((each) => h("p", { class: "soft" }, each)),
  );
}

function allowed(progress) {
  if (progress.in_force === null || progress.in_force === undefined) return [t("watch.allowed_unknown")];
  if (progress.in_force >= progress.cap) return [t("watch.allowed_all")];
  const share = Math.round((progress.in_force / progress.cap) * 100);
  return [t("watch.per_second", { count: rate(progress.in_force) }), t("watch.allowed_less", { share })];
}

function whenOf(timing) {
  const between = timing?.between;
  if (!between) return t("watch.any_time");
  const text = Array.isArray(between) ? between.join("–") : String(between);
  return timing.time_zone ? `${text} ${timing.time_zone}` : text;
}

function rate(value) {
  return formatNumber(value, { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function percent(done, total) {
  return formatNumber(done / total, { style: "percent", maximumFractionDigits: 1 });
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return t("watch.time_none");
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((each, index) => (index === 0 ? String(each) : String(each).padStart(2, "0"))).join(":");
}
