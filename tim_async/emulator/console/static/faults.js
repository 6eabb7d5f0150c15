// Planned faults: the usual kinds as switches, and a form for all kinds.

import { api } from "/_assets/pages/api.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, formatNumber, t } from "/_assets/pages/texts.js";
import { commandField, loadCommands, nameOf } from "./commands.js";
import "./fault_texts.js";
import { API, attempt, labelled, select, throttled } from "./parts.js";

addTexts({
  en: {
    "faults.title": "Faults",
    "faults.presets": "Switches",
    "faults.for": "They apply to",
    "faults.every": "Every command",
    "faults.preset.one": "One 20004",
    "faults.preset.one.hint": "The next call is refused once; clients retry it.",
    "faults.preset.lost": "Lost answer",
    "faults.preset.lost.hint": "The next call is executed, and its answer never arrives.",
    "faults.preset.slow": "Slow for 3 s",
    "faults.preset.slow.hint": "Every answer is 3 seconds late.",
    "faults.preset.some": "5 % trouble",
    "faults.preset.some.hint": "One call in twenty is answered with 20004.",
    "faults.preset.many": "Too many calls",
    "faults.preset.many.hint": "Every call is refused with 60007.",
    "faults.preset.gateway": "Gateway down",
    "faults.preset.gateway.hint": "Every call gets the 502 page of a gateway.",
    "faults.preset.hang": "No answers",
    "faults.preset.hang.hint": "Calls are executed; all answers are sent when this is switched off.",
    "faults.active": "Planned",
    "faults.none": "No faults are planned: every call is answered as by the service.",
    "faults.clear": "Remove all",
    "faults.remove": "Remove fault {number}",
    "faults.hits": "applied {count} times",
    "faults.hits.one": "applied once",
    "faults.add": "Plan another",
    "faults.plan": "Plan",
    "faults.planned": "The fault was planned.",
    "faults.kind": "Kind",
    "faults.code": "ErrorCode",
    "faults.info": "ErrorInfo",
    "faults.info.hint": "Empty: the meaning of the code",
    "faults.seconds": "Seconds",
    "faults.status": "HTTP status",
    "faults.body": "Body",
    "faults.content_type": "Content-Type",
    "faults.command": "Command",
    "faults.times": "Times",
    "faults.times.hint": "Empty: unlimited",
    "faults.rate": "Share of the calls, in percent",
    "faults.rate.hint": "Empty: all of them",
    "faults.seed": "Seed of the share",
    "faults.seed.hint": "Makes the draws repeatable",
    "faults.after_calls": "After this many calls",
    "faults.is_after": "After the call took effect",
    "faults.before": "before the call takes effect",
    "faults.after": "after the call took effect",
    "faults.n_times": "{count} times",
    "faults.n_times.one": "once",
    "faults.of_calls": "{rate} of the calls",
    "faults.after_n": "after {count} more calls",
    "faults.s": "{seconds} s",
  },
  zh: {
    "faults.title": "故障",
    "faults.presets": "开关",
    "faults.for": "作用于",
    "faults.every": "所有命令",
    "faults.preset.one": "一次 20004",
    "faults.preset.one.hint": "下一次调用被拒绝一次；客户端会重试。",
    "faults.preset.lost": "丢失应答",
    "faults.preset.lost.hint": "下一次调用会执行，但应答永远不到。",
    "faults.preset.slow": "慢 3 秒",
    "faults.preset.slow.hint": "每个应答都晚到 3 秒。",
    "faults.preset.some": "5 % 故障",
    "faults.preset.some.hint": "每二十次调用有一次返回 20004。",
    "faults.preset.many": "调用过多",
    "faults.preset.many.hint": "每次调用都以 60007 拒绝。",
    "faults.preset.gateway": "网关故障",
    "faults.preset.gateway.hint": "每次调用都得到网关的 502 页面。",
    "faults.preset.hang": "没有应答",
    "faults.preset.hang.hint": "调用照常执行；关闭此开关时才发出所有应答。",
    "faults.active": "已预设",
    "faults.none": "没有预设故障：每次调用都像真实服务一样应答。",
    "faults.clear": "全部移除",
    "faults.remove": "移除故障 {number}",
    "faults.hits": "已命中 {count} 次",
    "faults.add": "预设其他故障",
    "faults.plan": "预设",
    "faults.planned": "故障已预设。",
    "faults.kind": "类型",
    "faults.code": "ErrorCode",
    "faults.info": "ErrorInfo",
    "faults.info.hint": "留空：错误码的含义",
    "faults.seconds": "秒数",
    "faults.status": "HTTP 状态",
    "faults.body": "内容",
    "faults.content_type": "Content-Type",
    "faults.command": "命令",
    "faults.times": "次数",
    "faults.times.hint": "留空：不限",
    "faults.rate": "命中比例（%）",
    "faults.rate.hint": "留空：全部",
    "faults.seed": "随机种子",
    "faults.seed.hint": "使抽取可重复",
    "faults.after_calls": "先放过的调用数",
    "faults.is_after": "在调用生效之后",
    "faults.before": "在调用生效之前",
    "faults.after": "在调用生效之后",
    "faults.n_times": "{count} 次",
    "faults.of_calls": "{rate} 的调用",
    "faults.after_n": "再过 {count} 次调用之后",
    "faults.s": "{seconds} 秒",
  },
});

const PRESETS = {
  one: { kind: "answer", code: 20004, times: 1 },
  lost: { kind: "drop", is_after: true, times: 1 },
  slow: { kind: "delay", seconds: 3 },
  some: { kind: "answer", code: 20004, rate: 0.05 },
  many: { kind: "answer", code: 60007 },
  gateway: { kind: "status", status: 502 },
  hang: { kind: "stall", is_after: true },
};
// The fields of a kind, besides the common ones.
const FIELDS = {
  answer: ["code", "info", "is_after"],
  delay: ["seconds", "is_after"],
  drop: ["is_after"],
  status: ["status", "body", "content_type", "is_after"],
  garbage: ["body", "is_after"],
  truncate: [],
  endless: ["is_after"],
  stall: [],
};
const OF_ALL = ["command", "times", "rate", "seed", "after_calls"];
const COMPARED = { code: null, seconds: null, status: null, times: null, rate: null, is_after: false, after_calls: 0 };

class Faults {
  #context;
  #active = [];
  #switches = new Map();
  #list = h("ul", { class: "fault-list" });
  #clear = h("button", { type: "button", class: "button small", onclick: () => this.#removeAll() }, icon("close"), t("faults.clear"));
  #target;
  #form = new FaultForm((body) => this.#plan(body));
  #again = throttled(() => this.#read(), 500);
  #ends;

  constructor(element, context) {
    this.#context = context;
    const [target, commands] = commandField({ "aria-label": t("faults.for"), placeholder: t("faults.every"), oninput: () => this.#draw() });
    this.#target = target;
    replace(
      element,
      h("div", { class: "view-head" }, h("h1", {}, t("faults.title"))),
      h(
        "section",
        { class: "card section", "aria-labelledby": "fault-presets" },
        h("div", { class: "panel-head" }, h("h2", { id: "fault-presets" }, t("faults.presets")), h("label", { class: "inline-label" }, h("span", { class: "soft" }, t("faults.for")), target), commands),
        h("div", { class: "switches" }, Object.keys(PRESETS).map((each) => this.#switch(each))),
      ),
      h(
        "section",
        { class: "card section", "aria-labelledby": "fault-active" },
        h("div", { class: "panel-head" }, h("h2", { id: "fault-active" }, t("faults.active")), this.#clear),
        this.#list,
      ),
      h("section", { class: "card section", "aria-labelledby": "fault-add" }, h("h2", { id: "fault-add" }, t("faults.add")), this.#form.element),
    );
    this.#ends = [
      context.events.on("fault", () => this.#read()),
      context.events.on("reset", () => this.#read()),
      // Each hit counts, and may be the last one.
      context.events.on("call", (calls) => (this.#active.length > 0 || calls.some((each) => each.fault)) && this.#again.again()),
      context.events.onMissed(() => this.#read()),
    ];
    loadCommands().then(() => this.#draw(), () => {});
    this.#read();
  }

  close() {
    for (const end of this.#ends) end();
    this.#again.close();
  }

  #switch(name) {
    const button = h(
      "button",
      { type: "button", role: "switch", class: "switch", "aria-checked": "false", "aria-describedby": `fault-${name}-hint`, onclick: () => this.#turn(name) },
      h("span", { class: "switch-track", "aria-hidden": "true" }),
      h("span", {}, t(`faults.preset.${name}`)),
    );
    this.#switches.set(name, button);
    return h("div", { class: "switch-row" }, button, h("span", { class: "soft", id: `fault-${name}-hint` }, t(`faults.preset.${name}.hint`)));
  }

  #wanted() {
    return this.#target.value.trim() || null;
  }

  #matching(name) {
    const preset = PRESETS[name];
    return this.#active.find(
      (each) =>
        each.kind === preset.kind &&
        each.command === this.#wanted() &&
        Object.entries(COMPARED).every(([field, none]) => each[field] === (preset[field] ?? none)),
    );
  }

  async #turn(name) {
    const found = this.#matching(name);
    if (found) await this.#remove(found.number);
    else await this.#plan({ ...PRESETS[name], command: this.#wanted() });
  }

  async #plan(body) {
    await attempt(this.#context, async () => {
      await api.post(`${API}/faults`, body);
      await this.#read();
    });
  }

  async #remove(number) {
    await attempt(this.#context, async () => {
      try {
        await api.delete(`${API}/faults/${number}`);
      } catch (error) {
        if (error.status !== 404) throw error; // it has ended
      }
      await this.#read();
    });
  }

  async #removeAll() {
    await attempt(this.#context, async () => {
      await api.delete(`${API}/faults`);
      await this.#read();
    });
  }

  async #read() {
    await attempt(this.#context, async () => {
      this.#active = await api.get(`${API}/faults`);
      this.#draw();
    });
  }

  #draw() {
    for (const [name, button] of this.#switches) button.setAttribute("aria-checked", String(this.#matching(name) !== undefined));
    this.#clear.hidden = this.#active.length === 0;
    if (this.#active.length === 0) replace(this.#list, h("li", { class: "soft" }, t("faults.none")));
    else replace(this.#list, this.#active.map((each) => this.#item(each)));
  }

  #item(fault) {
    return h(
      "li",
      { class: "fault" },
      h("span", { class: "badge warn" }, what(fault)),
      h("span", { class: "fault-text" }, h("strong", {}, fault.command === null ? t("faults.every") : nameOf(fault.command)), h("span", { class: "soft" }, ` · ${when(fault)}`)),
      h("span", { class: fault.hits > 0 ? "badge accent" : "badge" }, t("faults.hits", { count: fault.hits })),
      h("button", { type: "button", class: "icon-button", "aria-label": t("faults.remove", { number: fault.number }), onclick: () => this.#remove(fault.number) }, icon("close")),
    );
  }
}

function what(fault) {
  const detail = { answer: fault.code, status: fault.status, delay: fault.seconds === null ? null : t("faults.s", { seconds: fault.seconds }) }[fault.kind];
  return [t(`faults.kind.${fault.kind}`), detail].filter((each) => each !== null && each !== undefined).map(String).join(": ");
}

function when(fault) {
  const parts = [t(fault.is_after ? "faults.after" : "faults.before")];
  if (fault.times !== null) parts.push(t("faults.n_times", { count: fault.times }));
  if (fault.rate !== null) parts.push(t("faults.of_calls", { rate: formatNumber(fault.rate, { style: "percent", maximumFractionDigits: 2 }) }));
  if (fault.after_calls > 0) parts.push(t("faults.after_n", { count: fault.after_calls }));
  return parts.join(" · ");
}

class FaultForm {
  #fields = {};
  #labels = {};
  #kind = select(Object.keys(FIELDS).map((each) => [each, t(`faults.kind.${each}`)]), { onchange: () => this.#draw() });
  element;

  constructor(onPlan) {
    const number = (attributes) => h("input", { class: "field", type: "number", ...attributes });
    const [command, commands] = commandField({ placeholder: t("faults.every") });
    this.#fields = {
      code: number({ value: "20004", step: "1", required: true }),
      info: h("input", { class: "field" }),
      seconds: number({ value: "3", min: "0", step: "any", required: true }),
      status: number({ value: "502", min: "200", max: "599", step: "1", required: true }),
      content_type: h("input", { class: "field", value: "text/html" }),
      body: h("textarea", { class: "field", rows: "2", spellcheck: "false" }),
      command,
      times: number({ min: "1", step: "1" }),
      rate: number({ min: "0", max: "100", step: "any" }),
      seed: number({ step: "1" }),
      after_calls: number({ min: "0", step: "1" }),
      is_after: h("input", { type: "checkbox" }),
    };
    for (const [name, field] of Object.entries(this.#fields)) {
      const hint = t(`faults.${name}.hint`);
      if (name === "is_after") this.#labels[name] = h("label", { class: "check" }, field, t("faults.is_after"));
      else this.#labels[name] = labelled(t(`faults.${name}`), field, { hint: hint === `faults.${name}.hint` ? null : hint });
    }
    const submit = (event) => {
      event.preventDefault();
      onPlan(this.#body());
    };
    this.element = h(
      "form",
      { class: "form form-grid", onsubmit: submit },
      labelled(t("faults.kind"), this.#kind),
      Object.values(this.#labels),
      commands,
      h("div", { class: "form-end" }, h("button", { type: "submit", class: "button primary" }, t("faults.plan"))),
    );
    this.#draw();
  }

  #draw() {
    const shown = [...FIELDS[this.#kind.value], ...OF_ALL];
    for (const [name, label] of Object.entries(this.#labels)) {
      label.hidden = !shown.includes(name);
      this.#fields[name].disabled = label.hidden;
    }
  }

  #body() {
    const body = { kind: this.#kind.value };
    for (const name of [...FIELDS[body.kind], ...OF_ALL]) {
      const field = this.#fields[name];
      if (field.type === "checkbox") body[name] = field.checked;
      else if (field.value.trim() === "") continue;
      else if (field.type === "number") body[name] = name === "rate" ? field.valueAsNumber / 100 : field.valueAsNumber;
      else body[name] = name === "body" ? field.value : field.value.trim();
    }
    return body;
  }
}

export const faults = {
  name: "faults",
  title: "faults.title",
  icon: "switch",
  shortcut: "f",
  mount: (element, context) => new Faults(element, context),
};
