// The emulator's clock: set, moved, stopped, or following the host's.

import { api } from "/_assets/pages/api.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, formatDay, formatNumber, t } from "/_assets/pages/texts.js";
import { API, attempt, labelled } from "./parts.js";

addTexts({
  en: {
    "clock.title": "Clock",
    "clock.now": "The emulator's time",
    "clock.host": "same as this machine's clock",
    "clock.ahead": "{span} ahead of this machine's clock",
    "clock.behind": "{span} behind this machine's clock",
    "clock.stopped": "stopped",
    "clock.stop": "Stop",
    "clock.go": "Start",
    "clock.follow": "Use this machine's time",
    "clock.forward": "Move forward",
    "clock.by": "Seconds",
    "clock.move": "Move",
    "clock.move.hint": "A negative number moves back",
    "clock.set": "Set",
    "clock.set_to": "Time to set",
    "clock.explained": "It is the time of messages, duplicates, history, UserSigs and scheduled pushes. Whatever becomes due happens at once.",
    "clock.60": "1 minute",
    "clock.121": "121 s",
    "clock.3600": "1 hour",
    "clock.86400": "1 day",
    "clock.604800": "7 days",
    "clock.days": "{count} d",
    "clock.hours": "{count} h",
    "clock.minutes": "{count} min",
    "clock.seconds": "{count} s",
  },
  zh: {
    "clock.title": "时钟",
    "clock.now": "模拟器的时间",
    "clock.host": "与本机时钟一致",
    "clock.ahead": "比本机时钟快 {span}",
    "clock.behind": "比本机时钟慢 {span}",
    "clock.stopped": "已停止",
    "clock.stop": "停止",
    "clock.go": "继续走",
    "clock.follow": "恢复本机时间",
    "clock.forward": "向前拨",
    "clock.by": "秒数",
    "clock.move": "拨动",
    "clock.move.hint": "负数向后拨",
    "clock.set": "设置",
    "clock.set_to": "要显示的时间",
    "clock.explained": "消息时间、去重、历史、UserSig 有效期和定时任务都以它为准。到期的任务会立即执行。",
    "clock.60": "1 分钟",
    "clock.121": "121 秒",
    "clock.3600": "1 小时",
    "clock.86400": "1 天",
    "clock.604800": "7 天",
    "clock.days": "{count} 天",
    "clock.hours": "{count} 小时",
    "clock.minutes": "{count} 分",
    "clock.seconds": "{count} 秒",
  },
});

// 121 s: after that a repeat is a separate message.
const STEPS = [60, 121, 3600, 86400, 604800];
const TICK_MS = 250;

class Clock {
  #context;
  #shown = null; // the emulator's time, and when it was read
  #time = h("p", { class: "clock-time", role: "timer" });
  #day = h("p", { class: "soft" });
  #state = h("p", { class: "soft", role: "status" });
  #stop = h("button", { type: "button", class: "button", onclick: () => this.#toggle() });
  #follow = h("button", { type: "button", class: "button", onclick: () => this.#put({}) }, icon("reset"), t("clock.follow"));
  #by = h("input", { class: "field", type: "number", step: "any", value: "30", required: true });
  #to = h("input", { class: "field", type: "datetime-local", step: "1", required: true });
  #timer;
  #ends;

  constructor(element, context) {
    this.#context = context;
    const forward = (event) => {
      event.preventDefault();
      this.#forward(this.#by.valueAsNumber);
    };
    const set = (event) => {
      event.preventDefault();
      this.#put({ now: new Date(this.#to.value).getTime() / 1000, is_stopped: this.#shown?.is_stopped ?? false });
    };
    replace(
      element,
      h("div", { class: "view-head" }, h("h1", {}, t("clock.title"))),
      h(
        "section",
        { class: "card section clock", "aria-label": t("clock.now") },
        h("div", { class: "clock-face" }, this.#time, this.#day, this.#state),
        h("div", { class: "clock-buttons" }, this.#stop, this.#follow),
        h("p", { class: "soft clock-text" }, t("clock.explained")),
      ),
      h(
        "section",
        { class: "card section", "aria-labelledby": "clock-forward" },
        h("h2", { id: "clock-forward" }, t("clock.forward")),
        h("div", { class: "clock-steps" }, STEPS.map((each) => h("button", { type: "button", class: "button", onclick: () => this.#forward(each) }, `+ ${t(`clock.${each}`)}`))),
        h("form", { class: "form form-row", onsubmit: forward }, labelled(t("clock.by"), this.#by, { hint: t("clock.move.hint") }), h("button", { type: "submit", class: "button" }, t("clock.move"))),
      ),
      h(
        "section",
        { class: "card section", "aria-labelledby": "clock-set" },
        h("h2", { id: "clock-set" }, t("clock.set")),
        h("form", { class: "form form-row", onsubmit: set }, labelled(t("clock.set_to"), this.#to), h("button", { type: "submit", class: "button" }, t("clock.set"))),
      ),
    );
    this.#ends = [
      context.events.on("clock", (clocks) => this.#show(clocks.at(-1))),
      context.events.on("reset", () => this.#read()),
      context.events.onMissed(() => this.#read()),
    ];
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#read();
  }

  close() {
    clearInterval(this.#timer);
    for (const end of this.#ends) end();
  }

  async #read() {
    await attempt(this.#context, async () => this.#show(await api.get(`${API}/clock`)));
  }

  async #put(body) {
    await attempt(this.#context, async () => this.#show(await api.put(`${API}/clock`, body)));
  }

  async #forward(seconds) {
    await attempt(this.#context, async () => this.#show(await api.post(`${API}/clock/forward`, { seconds })));
  }

  async #toggle() {
    const now = this.#now();
    await this.#put({ now, is_stopped: !this.#shown.is_stopped });
  }

  #now() {
    const { now, is_stopped: isStopped, seenAt } = this.#shown;
    return isStopped ? now : now + (performance.now() - seenAt) / 1000;
  }

  #show(clock) {
    const isFirst = this.#shown === null;
    this.#shown = { ...clock, seenAt: performance.now() };
    const isStopped = clock.is_stopped;
    replace(this.#stop, icon(isStopped ? "play" : "pause"), t(isStopped ? "clock.go" : "clock.stop"));
    this.#follow.hidden = clock.ahead_s === 0 && !isStopped;
    if (isFirst) this.#to.value = local(clock.now);
    this.#tick();
  }

  #tick() {
    if (this.#shown === null) return;
    const now = this.#now();
    replace(this.#time, new Date(now * 1000).toTimeString().slice(0, 8));
    replace(this.#day, formatDay(now));
    const ahead = now - Date.now() / 1000;
    const isNear = Math.abs(ahead) < 1 && !this.#shown.is_stopped;
    const parts = [isNear ? t("clock.host") : t(ahead > 0 ? "clock.ahead" : "clock.behind", { span: span(Math.abs(ahead)) })];
    if (this.#shown.is_stopped) parts.unshift(t("clock.stopped"));
    const text = parts.join(" · ");
    if (this.#state.textContent !== text) replace(this.#state, text);
  }
}

function local(unixSeconds) {
  const date = new Date(unixSeconds * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

// The two largest units: "2 d 3 h".
function span(seconds) {
  const whole = Math.round(seconds);
  const units = [
    ["days", Math.floor(whole / 86400)],
    ["hours", Math.floor(whole / 3600) % 24],
    ["minutes", Math.floor(whole / 60) % 60],
    ["seconds", whole % 60],
  ];
  const first = units.findIndex(([, count]) => count > 0);
  if (first < 0) return t("clock.seconds", { count: formatNumber(0) });
  return units
    .slice(first, first + 2)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => t(`clock.${name}`, { count }))
    .join(" ");
}

export const clock = {
  name: "clock",
  title: "clock.title",
  icon: "clock",
  shortcut: "t",
  mount: (element, context) => new Clock(element, context),
};
