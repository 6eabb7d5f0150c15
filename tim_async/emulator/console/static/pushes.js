// The accepted pushes, as the phones of each vendor show them.

import { api, withQuery } from "/_assets/pages/api.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, formatTime, t } from "/_assets/pages/texts.js";
import { WindowedList } from "/_assets/pages/windowed_list.js";
import { loadCommands, nameOf } from "./commands.js";
import { jsonView } from "./json_view.js";
import { API, attempt, throttled } from "./parts.js";
import { vendorCard } from "./vendor_push.js";

addTexts({
  en: {
    "pushes.title": "Pushes",
    "pushes.count": "{count} accepted pushes",
    "pushes.count.one": "{count} accepted push",
    "pushes.none": "No push has been accepted yet.",
    "pushes.choose": "Choose a push to see it as each vendor shows it.",
    "pushes.recipients": "{count} accounts",
    "pushes.recipients.one": "{count} account",
    "pushes.revoked": "revoked",
    "pushes.to": "To",
    "pushes.more": "and {count} more",
    "pushes.message": "Message",
    "pushes.settings": "OfflinePushInfo",
    "pushes.web": "In a browser",
    "pushes.online_only": "This push goes to no vendor: it is for online accounts.",
    "pushes.gone": "This push is no longer kept.",
  },
  zh: {
    "pushes.title": "推送",
    "pushes.count": "已接受 {count} 条推送",
    "pushes.none": "还没有推送。",
    "pushes.choose": "选择一条推送，查看它在各厂商手机上的样子。",
    "pushes.recipients": "{count} 个账号",
    "pushes.revoked": "已撤回",
    "pushes.to": "接收方",
    "pushes.more": "等 {count} 个",
    "pushes.message": "消息",
    "pushes.settings": "OfflinePushInfo",
    "pushes.web": "在浏览器中",
    "pushes.online_only": "这条推送不交给厂商：只发给在线账号。",
    "pushes.gone": "这条推送已不再保留。",
  },
});

const PAGE = 200;
const ROW = 54;
const OF_PUSHES = /^(?:timpush|all_member_push)\//;

class Pushes {
  #context;
  #known = new Map();
  #chosen = null;
  #loaded = 0;
  #isDone = false;
  #list = new WindowedList({
    rowHeight: ROW,
    label: t("pushes.title"),
    key: (item) => item.task_id,
    render: (item) => row(item),
    onSelect: (item) => this.#context.go(`#/pushes/${encodeURIComponent(item.task_id)}`),
  });
  #count = h("span", { class: "soft", role: "status" });
  #empty = h("p", { class: "empty", hidden: true }, t("pushes.none"));
  #detail = h("div", { class: "detail" });
  #split;
  #again = throttled(() => this.#read(), 500);
  #ends;

  constructor(element, context) {
    this.#context = context;
    this.#split = h(
      "div",
      { class: "split" },
      h("div", { class: "split-list card" }, this.#list.element, this.#empty),
      h("section", { class: "split-detail card", "aria-label": t("pushes.title") }, this.#detail),
    );
    replace(element, h("div", { class: "view-head" }, h("h1", {}, t("pushes.title")), this.#count), this.#split);
    element.classList.add("fills");
    this.#list.element.addEventListener("scroll", () => this.#reachEnd());
    this.#ends = [
      context.events.on("call", (calls) => calls.some((each) => OF_PUSHES.test(each.command)) && this.#again.again()),
      context.events.on("clock", () => this.#again.again()), // a scheduled push may be due
      context.events.on("webhook", () => this.#again.again()),
      context.events.on("reset", () => this.#read()),
      context.events.onMissed(() => this.#read()),
    ];
    loadCommands().then(() => this.#read(), () => this.#read());
    this.update(context);
  }

  update(context) {
    this.#context = context;
    this.#chosen = context.args[1] ?? null;
    this.#split.classList.toggle("opened", this.#chosen !== null);
    this.#list.select(this.#chosen);
    this.#show();
  }

  close() {
    for (const end of this.#ends) end();
    this.#again.close();
    this.#list.close();
  }

  async #read() {
    await attempt(this.#context, async () => {
      const { pushes, total } = await api.get(withQuery(`${API}/pushes`, { limit: PAGE }));
      this.#known = new Map(pushes.map((each) => [each.task_id, each]));
      this.#loaded = pushes.length;
      this.#isDone = pushes.length < PAGE;
      this.#list.set(pushes);
      this.#list.select(this.#chosen);
      replace(this.#count, t("pushes.count", { count: total }));
      this.#empty.hidden = pushes.length > 0;
      this.#show();
    });
  }

  async #reachEnd() {
    const element = this.#list.element;
    if (this.#isDone || element.scrollTop + 2 * element.clientHeight < element.scrollHeight) return;
    this.#isDone = true; // until the answer
    await attempt(this.#context, async () => {
      const { pushes } = await api.get(withQuery(`${API}/pushes`, { limit: PAGE, offset: this.#loaded }));
      this.#loaded += pushes.length;
      this.#isDone = pushes.length < PAGE;
      const fresh = pushes.filter((each) => !this.#known.has(each.task_id));
      for (const each of fresh) this.#known.set(each.task_id, each);
      this.#list.append(fresh);
    });
  }

  #show() {
    const push = this.#known.get(this.#chosen);
    const back = h(
      "button",
      { type: "button", class: "icon-button detail-back", "aria-label": t("parts.back"), onclick: () => this.#context.go("#/pushes") },
      icon("back"),
    );
    if (push === undefined) {
      const isChosen = this.#chosen !== null;
      replace(this.#detail, isChosen ? back : null, h("p", { class: "empty" }, t(isChosen ? "pushes.gone" : "pushes.choose")));
      return;
    }
    const rest = push.recipients - push.to.length;
    replace(
      this.#detail,
      h(
        "header",
        { class: "detail-head" },
        back,
        h(
          "div",
          { class: "detail-names" },
          h("h2", {}, nameOf(push.command)),
          h("p", { class: "soft" }, h("code", {}, push.task_id), ` · ${formatTime(push.at)} · ${t("pushes.recipients", { count: push.recipients })}`),
        ),
        push.is_revoked ? h("span", { class: "badge bad" }, t("pushes.revoked")) : null,
      ),
      h("p", { class: "push-to" }, h("span", { class: "soft" }, `${t("pushes.to")}: `), push.to.map((each) => h("bdi", { class: "chip" }, each)), rest > 0 ? t("pushes.more", { count: rest }) : null),
      push.vendors.length > 0 ? h("div", { class: "vendor-grid" }, push.vendors.map(vendorCard)) : null,
      push.web_info ? h("section", {}, h("h3", {}, t("pushes.web")), jsonView(JSON.stringify(push.web_info), { label: t("pushes.web") })) : null,
      push.vendors.length === 0 && !push.web_info ? h("p", { class: "soft" }, t("pushes.online_only")) : null,
      push.msg_body.length > 0 ? h("section", {}, h("h3", {}, t("pushes.message")), jsonView(JSON.stringify(push.msg_body), { label: t("pushes.message") })) : null,
    );
  }
}

function row(push) {
  const info = push.offline_push_info ?? push.web_info ?? {};
  const shown = push.vendors[0];
  return h(
    "div",
    { class: "call-row" },
    h("span", { class: "call-row-code" }, h("span", { class: push.is_revoked ? "badge bad" : "badge" }, push.is_revoked ? t("pushes.revoked") : t("pushes.recipients", { count: push.recipients }))),
    h("span", { class: "call-row-name" }, h("bdi", {}, shown?.title || info.Title || nameOf(push.command))),
    h("span", { class: "call-row-time soft" }, formatTime(push.at)),
    h("span", { class: "call-row-who soft" }, h("bdi", { class: "call-row-words" }, shown?.text || info.Desc || push.task_id)),
    h("span", {}),
  );
}

export const pushes = {
  name: "pushes",
  title: "pushes.title",
  icon: "bell",
  shortcut: "p",
  mount: (element, context) => new Pushes(element, context),
};
