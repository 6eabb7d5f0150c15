// The app's webhooks: their destination, what was sent, what was answered, and how long that took.

import { api, withQuery } from "/_assets/pages/api.js";
import { copyButton } from "/_assets/pages/copy.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, formatSeconds, formatTime, t } from "/_assets/pages/texts.js";
import { WindowedList } from "/_assets/pages/windowed_list.js";
import { jsonView } from "./json_view.js";
import { API, attempt, debounced, labelled, throttled } from "./parts.js";

addTexts({
  en: {
    "webhooks.title": "Webhooks",
    "webhooks.count": "{count} kept events",
    "webhooks.count.one": "{count} kept event",
    "webhooks.search": "Search in events",
    "webhooks.command": "CallbackCommand",
    "webhooks.trouble": "Trouble only",
    "webhooks.receiver": "Receiver",
    "webhooks.url": "URL of the app",
    "webhooks.token": "Token that signs the events",
    "webhooks.token_set": "A token is set; leave this empty to keep it",
    "webhooks.token_none": "None: Sign and RequestTime are left out",
    "webhooks.save": "Save",
    "webhooks.stop": "Send none",
    "webhooks.unsign": "Remove the token",
    "webhooks.saved": "Webhooks are sent to {url}.",
    "webhooks.stopped": "No webhooks are sent.",
    "webhooks.none": "No events yet. Events are kept whether or not a URL is set.",
    "webhooks.nothing": "No event matches these filters.",
    "webhooks.choose": "Choose an event to see it with its answer.",
    "webhooks.answered": "answered",
    "webhooks.not_sent": "not sent",
    "webhooks.failed": "no valid answer",
    "webhooks.sends": "sent {count} times",
    "webhooks.sends.one": "sent once",
    "webhooks.event": "Event",
    "webhooks.answer": "Answer",
    "webhooks.again": "Send again",
    "webhooks.sent_again": "Sent again: {outcome}.",
    "webhooks.gone": "This event is no longer kept.",
    "webhooks.no_answer": "No answer",
  },
  zh: {
    "webhooks.title": "回调",
    "webhooks.count": "已保留 {count} 个事件",
    "webhooks.search": "在事件中搜索",
    "webhooks.command": "CallbackCommand",
    "webhooks.trouble": "只看异常",
    "webhooks.receiver": "接收端",
    "webhooks.url": "应用的 URL",
    "webhooks.token": "用于签名的 Token",
    "webhooks.token_set": "已设置 Token；留空则保持不变",
    "webhooks.token_none": "未设置：不带 Sign 和 RequestTime",
    "webhooks.save": "保存",
    "webhooks.stop": "停止发送",
    "webhooks.unsign": "移除 Token",
    "webhooks.saved": "回调发往 {url}。",
    "webhooks.stopped": "不再发送回调。",
    "webhooks.none": "还没有事件。无论是否设置 URL，事件都会保留。",
    "webhooks.nothing": "没有符合筛选条件的事件。",
    "webhooks.choose": "选择一个事件，查看内容和应答。",
    "webhooks.answered": "已应答",
    "webhooks.not_sent": "未发送",
    "webhooks.failed": "无有效应答",
    "webhooks.sends": "已发送 {count} 次",
    "webhooks.event": "事件",
    "webhooks.answer": "应答",
    "webhooks.again": "重新发送",
    "webhooks.sent_again": "已重新发送：{outcome}。",
    "webhooks.gone": "这个事件已不再保留。",
    "webhooks.no_answer": "没有应答",
  },
});

const KEPT = 10_000;
const PAGE = 500;
const ROW = 54;

class Webhooks {
  #context;
  #known = new Map();
  #chosen = null;
  #total = 0;
  #reading = 0;
  #loaded = 0;
  #isDone = false;
  #list = new WindowedList({
    rowHeight: ROW,
    label: t("webhooks.title"),
    key: (item) => item.number,
    render: (item) => row(item),
    onSelect: (item) => this.#context.go(`#/webhooks/${item.number}`),
  });
  #count = h("span", { class: "soft", role: "status" });
  #empty = h("p", { class: "empty", hidden: true });
  #detail = h("div", { class: "detail" });
  #receiver = h("form", { class: "card receiver", "aria-label": t("webhooks.receiver"), onsubmit: (event) => this.#save(event) });
  #typed = debounced(() => this.#read(), 250);
  #again = throttled(() => this.#read(), 700);
  #text;
  #command;
  #commands = h("datalist", { id: "webhook-commands" });
  #trouble;
  #split;
  #ends;

  constructor(element, context) {
    this.#context = context;
    const typed = { oninput: () => this.#typed.again() };
    this.#text = h("input", { type: "search", class: "field wide", "data-search": true, "aria-label": t("webhooks.search"), placeholder: t("webhooks.search"), ...typed });
    this.#command = h("input", { class: "field", list: "webhook-commands", autocomplete: "off", "aria-label": t("webhooks.command"), placeholder: t("webhooks.command"), spellcheck: "false", ...typed });
    this.#trouble = h("button", { type: "button", class: "button", "aria-pressed": "false", onclick: () => this.#toggle() }, icon("alert"), t("webhooks.trouble"));
    this.#split = h(
      "div",
      { class: "split" },
      h("div", { class: "split-list card" }, this.#list.element, this.#empty),
      h("section", { class: "split-detail card", "aria-label": t("webhooks.event") }, this.#detail),
    );
    replace(
      element,
      h("div", { class: "view-head" }, h("h1", {}, t("webhooks.title")), this.#count),
      this.#receiver,
      h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() }, this.#text, this.#command, this.#commands, this.#trouble),
      this.#split,
    );
    element.classList.add("fills");
    this.#list.element.addEventListener("scroll", () => this.#reachEnd());
    this.#ends = [
      context.events.on("webhook", (webhooks) => this.#come(webhooks)),
      context.events.on("reset", () => this.#read()),
      context.events.onMissed(() => this.#read()),
    ];
    this.#readReceiver();
    this.#read();
    this.update(context);
  }

  update(context) {
    this.#context = context;
    this.#chosen = context.args[1] ? Number(context.args[1]) : null;
    this.#split.classList.toggle("opened", this.#chosen !== null);
    this.#list.select(this.#chosen);
    this.#show();
  }

  close() {
    for (const end of this.#ends) end();
    this.#typed.close();
    this.#again.close();
    this.#list.close();
  }

  #query() {
    const isTrouble = this.#trouble.getAttribute("aria-pressed") === "true";
    return { text: this.#text.value.trim(), command: this.#command.value.trim(), trouble: isTrouble ? "true" : "" };
  }

  #isFiltered() {
    return Object.values(this.#query()).some(Boolean);
  }

  #toggle() {
    this.#trouble.setAttribute("aria-pressed", String(this.#trouble.getAttribute("aria-pressed") !== "true"));
    this.#read();
  }

  async #read() {
    const reading = ++this.#reading;
    await attempt(this.#context, async () => {
      const answer = await api.get(withQuery(`${API}/webhooks`, { ...this.#query(), limit: PAGE }));
      if (reading !== this.#reading) return;
      this.#known = new Map(answer.webhooks.map((each) => [each.number, each]));
      this.#loaded = answer.webhooks.length;
      this.#isDone = this.#loaded < PAGE;
      this.#list.set(answer.webhooks);
      this.#showCount(answer.total);
      this.#list.select(this.#chosen);
      this.#show();
    });
  }

  async #reachEnd() {
    const element = this.#list.element;
    if (this.#isDone || element.scrollTop + 2 * element.clientHeight < element.scrollHeight) return;
    this.#isDone = true; // until the answer
    const reading = this.#reading;
    await attempt(this.#context, async () => {
      const answer = await api.get(withQuery(`${API}/webhooks`, { ...this.#query(), limit: PAGE, offset: this.#loaded }));
      if (reading !== this.#reading) return;
      this.#loaded += answer.webhooks.length;
      this.#isDone = answer.webhooks.length < PAGE;
      const fresh = answer.webhooks.filter((each) => !this.#known.has(each.number));
      for (const each of fresh) this.#known.set(each.number, each);
      this.#list.append(fresh);
    });
  }

  #come(webhooks) {
    if (this.#isFiltered()) {
      this.#again.again();
      return;
    }
    const fresh = new Map();
    for (const each of webhooks) {
      if (!this.#known.has(each.number)) fresh.set(each.number, each);
      else if (fresh.has(each.number)) fresh.set(each.number, each);
      else this.#list.refresh(each);
      this.#known.set(each.number, each);
    }
    this.#loaded += fresh.size;
    this.#list.prepend([...fresh.values()].reverse(), KEPT);
    if (this.#known.size > 2 * KEPT) this.#read();
    else this.#showCount(this.#total + fresh.size);
    if (webhooks.some((each) => each.number === this.#chosen)) this.#show();
  }

  #showCount(total) {
    this.#total = total;
    replace(this.#count, t("webhooks.count", { count: total }));
    this.#nameCommands();
    this.#empty.hidden = this.#list.length > 0;
    replace(this.#empty, t(this.#isFiltered() ? "webhooks.nothing" : "webhooks.none"));
  }

  // Those that have occurred, to choose from.
  #nameCommands() {
    const known = new Set([...this.#commands.children].map((each) => each.value));
    for (const { command } of this.#list.items.slice(0, PAGE)) {
      if (known.has(command)) continue;
      known.add(command);
      this.#commands.append(h("option", { value: command }));
    }
  }

  #show() {
    const back = h(
      "button",
      { type: "button", class: "icon-button detail-back", "aria-label": t("parts.back"), onclick: () => this.#context.go("#/webhooks") },
      icon("back"),
    );
    const webhook = this.#known.get(this.#chosen);
    if (webhook === undefined) {
      const isChosen = this.#chosen !== null;
      replace(this.#detail, isChosen ? back : null, h("p", { class: "empty" }, t(isChosen ? "webhooks.gone" : "webhooks.choose")));
      return;
    }
    const event = JSON.stringify(webhook.event);
    const answer = webhook.answer === null ? "" : JSON.stringify(webhook.answer);
    replace(
      this.#detail,
      h(
        "header",
        { class: "detail-head" },
        back,
        h("div", { class: "detail-names" }, h("h2", {}, webhook.command), h("p", { class: "outcome-line" }, outcome(webhook), h("span", { class: "soft" }, facts(webhook)))),
        h("button", { type: "button", class: "button small", onclick: () => this.#sendAgain(webhook.number) }, icon("send"), t("webhooks.again")),
      ),
      webhook.problem ? h("p", { class: "explained" }, webhook.problem) : null,
      h(
        "div",
        { class: "bodies" },
        panel(t("webhooks.event"), event),
        panel(t("webhooks.answer"), answer),
      ),
    );
  }

  async #sendAgain(number) {
    await attempt(this.#context, async () => {
      const webhook = await api.post(`${API}/webhooks/${number}/send`);
      const said = webhook.problem || t("webhooks.answered");
      this.#context.notify(t("webhooks.sent_again", { outcome: said }), { kind: webhook.problem ? "error" : "done" });
    });
  }

  async #readReceiver() {
    await attempt(this.#context, async () => this.#drawReceiver(await api.get(`${API}/webhooks/receiver`)));
  }

  #drawReceiver({ url, is_signed: isSigned }) {
    const hint = t(isSigned ? "webhooks.token_set" : "webhooks.token_none");
    replace(
      this.#receiver,
      labelled(t("webhooks.url"), h("input", { class: "field", name: "url", type: "url", value: url ?? "", placeholder: `${location.protocol}//127.0.0.1:8000/tim/`, autocomplete: "off" }), { class: "grows" }),
      labelled(t("webhooks.token"), h("input", { class: "field", name: "token", type: "password", placeholder: hint, title: hint, autocomplete: "new-password" }), { class: "grows" }),
      h(
        "div",
        { class: "receiver-buttons" },
        h("button", { type: "submit", class: "button primary" }, t("webhooks.save")),
        url ? h("button", { type: "button", class: "button", onclick: () => this.#put({ url: null }) }, t("webhooks.stop")) : null,
        isSigned ? h("button", { type: "button", class: "button", onclick: () => this.#put({ url, token: "" }) }, t("webhooks.unsign")) : null,
      ),
    );
  }

  async #save(event) {
    event.preventDefault();
    const { url, token } = this.#receiver.elements;
    await this.#put({ url: url.value.trim() || null, ...(token.value ? { token: token.value } : {}) });
  }

  async #put(receiver) {
    await attempt(this.#context, async () => {
      const now = await api.put(`${API}/webhooks/receiver`, receiver);
      this.#drawReceiver(now);
      this.#context.notify(now.url ? t("webhooks.saved", { url: now.url }) : t("webhooks.stopped"), { kind: "done" });
    });
  }
}

function outcome({ sends, problem }) {
  if (sends === 0 && !problem) return h("span", { class: "badge" }, t("webhooks.not_sent"));
  return h("span", { class: problem ? "badge bad" : "badge good" }, t(problem ? "webhooks.failed" : "webhooks.answered"));
}

function facts(webhook) {
  const sends = webhook.sends > 1 ? t("webhooks.sends", { count: webhook.sends }) : null;
  return [formatTime(webhook.at), webhook.took_s === null ? null : formatSeconds(webhook.took_s), sends].filter(Boolean).join(" · ");
}

function panel(title, text) {
  return h(
    "section",
    { class: "panel" },
    h("div", { class: "panel-head" }, h("h3", {}, title), text ? copyButton(() => text) : null),
    text ? jsonView(text, { label: title }) : h("p", { class: "soft panel-none" }, t("webhooks.no_answer")),
  );
}

function row(webhook) {
  const { From_Account: from, To_Account: to, GroupId: group } = webhook.event;
  const who = [from, group ?? to].filter((each) => typeof each === "string").join(" → ");
  return h(
    "div",
    { class: "call-row" },
    h("span", { class: "call-row-code" }, outcome(webhook)),
    h("span", { class: "call-row-name" }, webhook.command),
    h("span", { class: "call-row-time soft" }, formatTime(webhook.at)),
    h("span", { class: "call-row-who soft" }, h("bdi", {}, webhook.problem || who)),
    h("span", { class: "soft" }, webhook.took_s === null ? "" : formatSeconds(webhook.took_s)),
  );
}

export const webhooks = {
  name: "webhooks",
  title: "webhooks.title",
  icon: "webhook",
  shortcut: "h",
  mount: (element, context) => new Webhooks(element, context),
};
