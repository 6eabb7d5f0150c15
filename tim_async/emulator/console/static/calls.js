// Every call as it arrives: searchable, attempts of one message grouped, each with all details.

import { api, withQuery } from "/_assets/pages/api.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, formatSeconds, formatTime, t } from "/_assets/pages/texts.js";
import { WindowedList } from "/_assets/pages/windowed_list.js";
import { CallDetail } from "./call_detail.js";
import { commandField, loadCommands, nameOf } from "./commands.js";
import { API, attempt, codeBadge, debounced, throttled } from "./parts.js";

addTexts({
  en: {
    "calls.title": "Calls",
    "calls.count": "{count} kept calls",
    "calls.count.one": "{count} kept call",
    "calls.list": "Calls",
    "calls.search": "Search in requests and answers",
    "calls.command": "Command",
    "calls.account": "Account or group",
    "calls.code": "Code",
    "calls.trouble": "Trouble only",
    "calls.clear": "Clear filters",
    "calls.none": "No calls yet. Point an app at this address, or send something from the explorer.",
    "calls.nothing": "No call matches these filters.",
    "calls.attempts": "{attempts} attempts",
    "calls.joined": "{attempts} attempts, {count} messages",
    "calls.joined.one": "{attempts} attempts, 1 message",
    "calls.more": "and {count} more",
    "calls.fault": "fault",
    "calls.choose": "Choose a call to see its request and its answer.",
  },
  zh: {
    "calls.title": "调用",
    "calls.count": "已保留 {count} 次调用",
    "calls.list": "调用列表",
    "calls.search": "在请求和应答中搜索",
    "calls.command": "命令",
    "calls.account": "账号或群",
    "calls.code": "错误码",
    "calls.trouble": "只看异常",
    "calls.clear": "清除筛选",
    "calls.none": "还没有调用。把应用指向此地址，或在接口调试中发送。",
    "calls.nothing": "没有符合筛选条件的调用。",
    "calls.attempts": "{attempts} 次尝试",
    "calls.joined": "{attempts} 次尝试，{count} 条消息",
    "calls.more": "等 {count} 个",
    "calls.fault": "故障",
    "calls.choose": "选择一次调用，查看请求和应答。",
  },
});

const KEPT = 20_000;
const PAGE = 500;
const ROW = 54;
const FILTERS = ["text", "command", "account", "code", "trouble"];

// The shown calls, attempts of one message as one item.
class Groups {
  #byKey = new Map();

  clear() {
    this.#byKey.clear();
  }

  get size() {
    return this.#byKey.size;
  }

  // Adds calls; returns the new items, and those that were replaced because of another attempt.
  take(calls) {
    const fresh = [];
    const changed = new Map();
    for (const call of calls) {
      const key = call.first_attempt ?? call.number;
      const known = this.#byKey.get(key);
      const before = known?.calls.find((each) => each.number === call.number);
      if (before && (before.took_s !== null || call.took_s === null)) continue;
      const others = (known?.calls ?? []).filter((each) => each !== before);
      const all = [...others, call].sort((a, b) => a.number - b.number);
      const item = { key, calls: all, last: all.at(-1) };
      this.#byKey.set(key, item);
      if (known === undefined) fresh.push(key);
      else changed.set(key, item);
    }
    const isFresh = new Set(fresh);
    return {
      fresh: fresh.map((key) => this.#byKey.get(key)),
      changed: [...changed.values()].filter((each) => !isFresh.has(each.key)),
    };
  }
}

class Calls {
  #context;
  #groups = new Groups();
  #loaded = 0; // calls read from the API, for the offset of the next page
  #total = 0;
  #reading = 0;
  #isDone = false;
  #isFirst = true; // the item in the address is scrolled into view once
  #list = new WindowedList({
    rowHeight: ROW,
    label: t("calls.list"),
    key: (item) => item.key,
    render: (item) => row(item),
    onSelect: (item) => this.#open(item.last.number),
  });
  #count = h("span", { class: "soft", role: "status" });
  #empty = h("p", { class: "empty", hidden: true });
  #clear = h("button", { type: "button", class: "button small", hidden: true, onclick: () => this.#clearFilters() }, icon("close"), t("calls.clear"));
  #fields = {};
  #split;
  #detail;
  #again = throttled(() => this.#read(), 700);
  #typed = debounced(() => this.#filter(), 250);
  #ends = [];

  constructor(element, context) {
    this.#context = context;
    this.#detail = new CallDetail(context, () => this.#close(), (number) => this.#open(number));
    this.#split = h(
      "div",
      { class: "split" },
      h("div", { class: "split-list card" }, this.#list.element, this.#empty),
      h("section", { class: "split-detail card", "aria-label": t("calls.title") }, this.#detail.element),
    );
    replace(element, h("div", { class: "view-head" }, h("h1", {}, t("calls.title")), this.#count), this.#filters(), this.#split);
    element.classList.add("fills");
    this.#list.element.addEventListener("scroll", () => this.#reachEnd());
    this.#ends.push(
      context.events.on("call", (calls) => this.#come(calls)),
      context.events.on("reset", () => this.#read()),
      context.events.onMissed(() => this.#read()),
    );
    loadCommands().then(() => this.#list.set(this.#list.items.map((each) => ({ ...each }))), () => {});
    this.update(context);
  }

  update(context) {
    this.#context = context;
    for (const name of FILTERS) {
      const value = context.query.get(name) ?? "";
      if (name === "trouble") this.#fields.trouble.setAttribute("aria-pressed", String(value !== ""));
      else if (this.#fields[name].value !== value) this.#fields[name].value = value;
    }
    const number = context.args[1] ? Number(context.args[1]) : null;
    this.#split.classList.toggle("opened", number !== null);
    this.#detail.show(number).then((call) => {
      if (!call) return;
      const key = call.first_attempt ?? call.number;
      this.#list.select(key);
      if (this.#isFirst) this.#list.scrollTo(key);
      this.#isFirst = false;
    });
    if (number === null) this.#list.select(null);
    const key = JSON.stringify(this.#query());
    if (key === this.asked) return;
    this.asked = key;
    this.#read();
  }

  close() {
    for (const end of this.#ends) end();
    this.#again.close();
    this.#typed.close();
    this.#list.close();
    this.#detail.close();
  }

  #filters() {
    const typed = { oninput: () => this.#typed.again() };
    const [command, commands] = commandField({ "aria-label": t("calls.command"), placeholder: t("calls.command"), ...typed });
    this.#fields = {
      text: h("input", { type: "search", class: "field wide", "data-search": true, "aria-label": t("calls.search"), placeholder: t("calls.search"), ...typed }),
      command,
      account: h("input", { class: "field", "aria-label": t("calls.account"), placeholder: t("calls.account"), spellcheck: "false", ...typed }),
      code: h("input", { class: "field narrow", inputmode: "numeric", "aria-label": t("calls.code"), placeholder: t("calls.code"), ...typed }),
      trouble: h("button", { type: "button", class: "button", "aria-pressed": "false", onclick: () => this.#toggleTrouble() }, icon("alert"), t("calls.trouble")),
    };
    return h(
      "form",
      { class: "filters", role: "search", onsubmit: (event) => (event.preventDefault(), this.#filter()) },
      this.#fields.text,
      command,
      commands,
      this.#fields.account,
      this.#fields.code,
      this.#fields.trouble,
      this.#clear,
    );
  }

  #query() {
    const values = {};
    for (const name of FILTERS) {
      const value = name === "trouble" ? this.#fields.trouble.getAttribute("aria-pressed") === "true" : this.#fields[name].value.trim();
      if (value) values[name] = value;
    }
    return values;
  }

  #toggleTrouble() {
    const button = this.#fields.trouble;
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    this.#filter();
  }

  #clearFilters() {
    for (const name of FILTERS) if (name !== "trouble") this.#fields[name].value = "";
    this.#fields.trouble.setAttribute("aria-pressed", "false");
    this.#filter();
    this.#fields.text.focus();
  }

  // Filters are in the address, for sharing; typing a letter adds no history entry.
  #filter() {
    const query = this.#query();
    const place = this.#context.args.slice(1).map((each) => `/${encodeURIComponent(each)}`).join("");
    history.replaceState(null, "", `#${withQuery(`/calls${place}`, query)}`);
    this.#context = { ...this.#context, query: new URLSearchParams(query) };
    this.asked = JSON.stringify(query);
    this.#read();
  }

  #open(number) {
    this.#context.go(`#${withQuery(`/calls/${number}`, this.#query())}`);
  }

  #close() {
    this.#context.go(`#${withQuery("/calls", this.#query())}`);
    this.#list.element.focus();
  }

  async #read() {
    const reading = ++this.#reading;
    const query = this.#query();
    this.#clear.hidden = Object.keys(query).length === 0;
    if (query.code !== undefined && !/^-?\d{1,9}$/.test(query.code)) {
      this.#put([], 0);
      return;
    }
    await attempt(this.#context, async () => {
      const answer = await api.get(withQuery(`${API}/calls`, { ...query, limit: PAGE }));
      if (reading === this.#reading) this.#put(answer.calls, answer.total);
    });
  }

  #put(calls, total) {
    this.#groups.clear();
    this.#loaded = calls.length;
    this.#isDone = calls.length < PAGE;
    this.#list.set(this.#groups.take(calls).fresh);
    this.#showCount(total);
  }

  async #reachEnd() {
    const element = this.#list.element;
    if (this.#isDone || element.scrollTop + 2 * element.clientHeight < element.scrollHeight) return;
    this.#isDone = true; // until the answer
    const reading = this.#reading;
    await attempt(this.#context, async () => {
      const answer = await api.get(withQuery(`${API}/calls`, { ...this.#query(), limit: PAGE, offset: this.#loaded }));
      if (reading !== this.#reading) return;
      this.#loaded += answer.calls.length;
      this.#isDone = answer.calls.length < PAGE || this.#list.length >= KEPT;
      const { fresh, changed } = this.#groups.take(answer.calls);
      this.#list.append(fresh);
      for (const each of changed) this.#list.refresh(each);
      this.#showCount(answer.total);
    });
  }

  #come(calls) {
    if (Object.keys(this.#query()).length > 0) {
      this.#again.again();
    } else {
      const { fresh, changed } = this.#groups.take(calls);
      this.#loaded += calls.length;
      this.#list.prepend(fresh.reverse(), KEPT);
      for (const each of changed) this.#list.refresh(each);
      if (this.#groups.size > 2 * KEPT) this.#read();
      else this.#showCount(this.#total + calls.length);
    }
    this.#detail.come(calls);
  }

  #showCount(total) {
    this.#total = total;
    replace(this.#count, t("calls.count", { count: total }));
    this.#empty.hidden = this.#list.length > 0;
    replace(this.#empty, t(Object.keys(this.#query()).length > 0 ? "calls.nothing" : "calls.none"));
  }
}

function row({ calls, last }) {
  const others = last.targets > 1 ? ` ${t("calls.more", { count: last.targets - 1 })}` : "";
  const who = [last.sender ?? last.identifier, last.target].filter(Boolean).join(" → ") + others;
  return h(
    "div",
    { class: "call-row" },
    h("span", { class: "call-row-code" }, codeBadge(last)),
    h("span", { class: "call-row-name" }, nameOf(last.command), last.fault ? h("span", { class: "badge warn", title: t(`faults.kind.${last.fault}`) }, t("calls.fault")) : null),
    h("span", { class: "call-row-time soft" }, formatTime(last.at)),
    h("span", { class: "call-row-who soft" }, h("bdi", {}, who), last.words ? h("bdi", { class: "call-row-words" }, last.words) : null),
    calls.length > 1 || last.attempts > 1
      ? h("span", { class: "badge" }, joined(last))
      : h("span", { class: "soft" }, last.took_s === null ? "" : formatSeconds(last.took_s)),
  );
}

// "3 attempts, 1 message"
export function joined(call) {
  return t("calls.joined", { attempts: call.attempts, count: call.messages });
}

export const calls = {
  name: "calls",
  title: "calls.title",
  icon: "calls",
  shortcut: "c",
  mount: (element, context) => new Calls(element, context),
};
