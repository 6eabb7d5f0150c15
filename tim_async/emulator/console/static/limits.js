// The use of the limits of each command, and the calls of the last minute.

import { api } from "/_assets/pages/api.js";
import { openDialog } from "/_assets/pages/dialog.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, formatNumber, t } from "/_assets/pages/texts.js";
import { commandField, loadCommands, nameOf, titleOf } from "./commands.js";
import { PacePlot } from "./pace_plot.js";
import { API, attempt, labelled } from "./parts.js";

addTexts({
  en: {
    "limits.title": "Limits",
    "limits.none": "No command has been called yet. Each called command gets its bars here.",
    "limits.set": "Set a limit",
    "limits.change": "Set",
    "limits.documented": "As documented",
    "limits.is_set": "set here",
    "limits.set_for_all": "set for all",
    "limits.command": "Command, * for all without a limit of their own",
    "limits.limit": "Calls",
    "limits.per": "Window, in seconds",
    "limits.save": "Set the limit",
    "limits.rate": "{limit} {what} in {per}",
    "limits.rate.one": "1 {what} in {per}",
    "limits.calls": "calls",
    "limits.calls.one": "call",
    "limits.per_key": "for each {key}",
    "limits.second": "1 s",
    "limits.seconds": "{count} s",
    "limits.hour": "per hour",
    "limits.day": "per day",
    "limits.held": "{held} of {limit}",
    "limits.tolerance": "{limit} with the tolerance",
    "limits.worst": "most {worst}",
    "limits.refused": "{count} refused",
    "limits.begin": "60 s ago",
    "limits.end": "now",
    "limits.peak": "at most {most} in a second",
    "limits.plot": "Calls of {command} in the last 60 seconds: {passed} passed, {refused} refused, at most {most} in a second",
    "limits.done": "The limit of {command} was set.",
  },
  zh: {
    "limits.title": "限频",
    "limits.none": "还没有调用任何命令。调用过的命令会在这里显示。",
    "limits.set": "设置限频",
    "limits.change": "设置",
    "limits.documented": "恢复文档值",
    "limits.is_set": "已修改",
    "limits.set_for_all": "已全部修改",
    "limits.command": "命令，* 表示所有未单独设置的命令",
    "limits.limit": "次数",
    "limits.per": "时间窗口（秒）",
    "limits.save": "设置",
    "limits.rate": "{per}内 {limit} {what}",
    "limits.calls": "次",
    "limits.per_key": "按 {key} 分别计算",
    "limits.second": "1 秒",
    "limits.seconds": "{count} 秒",
    "limits.hour": "1 小时",
    "limits.day": "1 天",
    "limits.held": "{held} / {limit}",
    "limits.tolerance": "含容差 {limit}",
    "limits.worst": "最高 {worst}",
    "limits.refused": "拒绝 {count} 次",
    "limits.begin": "60 秒前",
    "limits.end": "现在",
    "limits.peak": "单秒最高 {most}",
    "limits.plot": "{command} 最近 60 秒的调用：通过 {passed}，拒绝 {refused}，单秒最高 {most}",
    "limits.done": "已设置 {command} 的限频。",
  },
});

const LOOK_MS = 1000;
const SPANS = { 1: "limits.second", 3600: "limits.hour", 86400: "limits.day" };

class Limits {
  #context;
  #cards = new Map();
  #grid = h("div", { class: "limit-grid" });
  #empty = h("p", { class: "empty" }, t("limits.none"));
  #timer = null;
  #isClosed = false;

  constructor(element, context) {
    this.#context = context;
    replace(
      element,
      h(
        "div",
        { class: "view-head" },
        h("h1", {}, t("limits.title")),
        h("button", { type: "button", class: "button", onclick: () => this.#ask("") }, icon("plus"), t("limits.set")),
      ),
      this.#empty,
      this.#grid,
    );
    loadCommands().then(() => this.#look(), () => this.#look());
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look() {
    clearTimeout(this.#timer);
    if (!document.hidden) {
      try {
        const [limits, history] = await Promise.all([api.get(`${API}/limits`), api.get(`${API}/limits/history`)]);
        if (!this.#isClosed) this.#draw(limits, history);
      } catch {
        // the foot of the navigation shows that there is no connection
      }
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  #draw(limits, history) {
    const rates = Map.groupBy(limits, (each) => each.command);
    const paces = new Map(history.map((each) => [each.command, each]));
    for (const [command, card] of this.#cards) {
      if (rates.has(command)) continue;
      card.element.remove();
      this.#cards.delete(command);
    }
    for (const [command, own] of this.#ordered(rates, paces)) {
      let card = this.#cards.get(command);
      if (card === undefined) {
        card = new Card(command, (rate) => this.#ask(command, rate), (rate) => this.#set(rate.set_as, null));
        this.#cards.set(command, card);
        this.#grid.append(card.element);
      }
      card.draw(own, paces.get(command));
    }
    this.#empty.hidden = rates.size > 0;
  }

  // The busiest first, when the view is opened; commands called later are added below, so that nothing moves.
  #ordered(rates, paces) {
    if (this.#cards.size > 0) return rates;
    const callsOf = (command) => {
      const { passed = [], refused = [] } = paces.get(command) ?? {};
      return [...passed, ...refused].reduce((a, b) => a + b, 0);
    };
    return [...rates].sort(([a], [b]) => callsOf(b) - callsOf(a));
  }

  async #ask(command, rate = { limit: 200, per_s: 1 }) {
    const [field, options] = commandField({ value: command, required: true, name: "command" });
    const limit = h("input", { class: "field", type: "number", min: "1", step: "1", value: String(rate.limit), required: true });
    const per = h("input", { class: "field", type: "number", min: "0.001", step: "any", value: String(rate.per_s), required: true });
    const answer = await openDialog({
      title: t("limits.set"),
      content: h("div", { class: "form" }, labelled(t("limits.command"), field), options, labelled(t("limits.limit"), limit), labelled(t("limits.per"), per)),
      buttons: [
        h("button", { type: "button", class: "button", onclick: (event) => event.target.closest("dialog").close("") }, t("dialog.cancel")),
        h("button", { type: "submit", value: "yes", class: "button primary" }, t("limits.save")),
      ],
    });
    if (answer === "yes") await this.#set(field.value.trim(), limit.valueAsNumber, per.valueAsNumber);
  }

  async #set(command, limit, per = 1) {
    const isDone = await attempt(this.#context, () => api.put(`${API}/limits`, { command, limit, per_s: per }));
    if (!isDone) return;
    this.#context.notify(t("limits.done", { command }), { kind: "done" });
    await this.#look();
  }
}

class Card {
  #command;
  #plot = new PacePlot();
  #bars = h("div", { class: "limit-bars" });
  #rows = [];
  #rate = null;
  #isSet = h("span", { class: "badge accent" });
  #undo;
  #peak = h("span", {});
  element;

  constructor(command, onSet, onUndo) {
    this.#command = command;
    this.#undo = h("button", { type: "button", class: "button small", onclick: () => onUndo(this.#rate) }, t("limits.documented"));
    const id = `limit-${command.replace(/\W/g, "-")}`;
    this.element = h(
      "section",
      { class: "card limit-card", "aria-labelledby": id },
      h(
        "div",
        { class: "panel-head" },
        h("h2", { id }, nameOf(command)),
        h("span", { class: "soft limit-title" }, titleOf(command)),
        this.#isSet,
        this.#undo,
        h("button", { type: "button", class: "button small", "aria-label": `${t("limits.set")}: ${command}`, onclick: () => onSet(this.#rate) }, t("limits.change")),
      ),
      this.#bars,
      h("figure", { class: "pace-figure" }, this.#plot.element, h("figcaption", { class: "soft" }, h("span", {}, t("limits.begin")), this.#peak, h("span", {}, t("limits.end")))),
    );
  }

  draw(rates, pace) {
    this.#rate = rates[0];
    this.#isSet.hidden = this.#undo.hidden = this.#rate.set_as === null;
    replace(this.#isSet, t(this.#rate.set_as === "*" ? "limits.set_for_all" : "limits.is_set"));
    if (this.#rows.length !== rates.length) {
      this.#rows = rates.map(() => new Bar());
      replace(this.#bars, this.#rows.map((each) => each.element));
    }
    rates.forEach((each, index) => this.#rows[index].draw(each));
    const { passed, refused } = pace ?? { passed: new Array(60).fill(0), refused: new Array(60).fill(0) };
    const plain = rates.find((each) => each.per_s === 1 && each.key === null && each.counts === "calls");
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    const most = Math.max(...passed.map((each, index) => each + refused[index]));
    const text = t("limits.plot", { command: this.#command, passed: sum(passed), refused: sum(refused), most });
    replace(this.#peak, t("limits.peak", { most }));
    this.#plot.draw({ passed, refused, limit: plain ? plain.limit : null, text });
  }
}

class Bar {
  #fill = h("div", { class: "bar-fill" });
  #over = h("div", { class: "bar-limit" });
  #track = h("div", { class: "bar", role: "meter", "aria-valuemin": "0" }, this.#fill, this.#over);
  #name = h("span", {});
  #held = h("span", { class: "bar-held" });
  #notes = h("span", { class: "soft bar-notes" });
  #refused = h("span", { class: "badge bad" });
  element = h("div", { class: "limit-bar" }, h("div", { class: "bar-line" }, this.#name, this.#held), this.#track, h("div", { class: "bar-line" }, this.#notes, this.#refused));

  draw(rate) {
    const name = rateText(rate);
    const { held, limit, capacity } = rate;
    replace(this.#name, name);
    replace(this.#held, t("limits.held", { held, limit }));
    const notes = [t("limits.worst", { worst: rate.worst })];
    if (capacity > limit) notes.push(t("limits.tolerance", { limit: capacity }));
    replace(this.#notes, notes.join(" · "));
    replace(this.#refused, t("limits.refused", { count: rate.refused }));
    this.#refused.hidden = rate.refused === 0;
    this.#track.setAttribute("aria-label", name);
    this.#track.setAttribute("aria-valuemax", String(capacity));
    this.#track.setAttribute("aria-valuenow", String(held));
    this.#fill.style.setProperty("width", `${Math.min((100 * held) / capacity, 100)}%`);
    this.#over.style.setProperty("left", `${(100 * limit) / capacity}%`);
    this.#fill.classList.toggle("full", held >= limit);
    this.#fill.classList.toggle("near", held >= 0.8 * limit && held < limit);
  }
}

function rateText(rate) {
  const per = SPANS[rate.per_s] ? t(SPANS[rate.per_s]) : t("limits.seconds", { count: rate.per_s });
  const count = rate.limit;
  const what = rate.counts === "calls" ? t("limits.calls", { count }) : rate.counts;
  const text = t("limits.rate", { limit: formatNumber(rate.limit), count, what, per });
  return rate.key === null ? text : `${text}, ${t("limits.per_key", { key: rate.key })}`;
}

export const limits = {
  name: "limits",
  title: "limits.title",
  icon: "limits",
  shortcut: "l",
  mount: (element, context) => new Limits(element, context),
};
