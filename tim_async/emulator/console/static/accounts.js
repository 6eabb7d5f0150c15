// The accounts: imported here or by calls, logged in and out on their platforms.

import { api, withQuery } from "/_assets/pages/api.js";
import { openDialog } from "/_assets/pages/dialog.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, t } from "/_assets/pages/texts.js";
import { WindowedList } from "/_assets/pages/windowed_list.js";
import { API, attempt, debounced, labelled, select, throttled } from "./parts.js";

addTexts({
  en: {
    "accounts.title": "Accounts",
    "accounts.count": "{count} accounts",
    "accounts.count.one": "{count} account",
    "accounts.search": "Search by id or nickname",
    "accounts.import": "Import accounts",
    "accounts.ids": "Account ids, one per line",
    "accounts.imported": "{count} accounts are imported.",
    "accounts.imported.one": "{count} account is imported.",
    "accounts.admin": "admin",
    "accounts.Online": "online",
    "accounts.PushOnline": "reached by pushes",
    "accounts.Offline": "offline",
    "accounts.unread": "{count} unread",
    "accounts.log_in": "Log in",
    "accounts.log_in_name": "Log {account} in",
    "accounts.log_out_name": "Log {account} out on {platform}",
    "accounts.platform": "Platform",
    "accounts.as": "As",
    "accounts.nothing": "No account matches.",
  },
  zh: {
    "accounts.title": "账号",
    "accounts.count": "{count} 个账号",
    "accounts.search": "按 ID 或昵称搜索",
    "accounts.import": "导入账号",
    "accounts.ids": "账号 ID，每行一个",
    "accounts.imported": "已导入 {count} 个账号。",
    "accounts.admin": "管理员",
    "accounts.Online": "在线",
    "accounts.PushOnline": "仅推送可达",
    "accounts.Offline": "离线",
    "accounts.unread": "{count} 条未读",
    "accounts.log_in": "登录",
    "accounts.log_in_name": "登录 {account}",
    "accounts.log_out_name": "在 {platform} 上登出 {account}",
    "accounts.platform": "平台",
    "accounts.as": "状态",
    "accounts.nothing": "没有符合条件的账号。",
  },
});

const PLATFORMS = ["Android", "iPhone", "iPad", "Web", "Windows", "Mac", "Linux", "Harmony", "uni-app", "MiniProgram"];
const PAGE = 200;
const ROW = 52;
const STATES = { Online: "good", PushOnline: "warn", Offline: "" };

class Accounts {
  #context;
  #reading = 0;
  #loaded = 0;
  #isDone = false;
  #list = new WindowedList({ rowHeight: ROW, label: t("accounts.title"), key: (item) => item.user_id, render: (item) => this.#row(item) });
  #count = h("span", { class: "soft", role: "status" });
  #empty = h("p", { class: "empty", hidden: true }, t("accounts.nothing"));
  #text;
  #typed = debounced(() => this.#read(), 250);
  #again = throttled(() => this.#read(), 1000);
  #ends;

  constructor(element, context) {
    this.#context = context;
    this.#text = h("input", {
      type: "search",
      class: "field wide",
      "data-search": true,
      "aria-label": t("accounts.search"),
      placeholder: t("accounts.search"),
      oninput: () => this.#typed.again(),
    });
    replace(
      element,
      h(
        "div",
        { class: "view-head" },
        h("h1", {}, t("accounts.title")),
        this.#count,
        h("button", { type: "button", class: "button primary", onclick: () => this.#import() }, icon("plus"), t("accounts.import")),
      ),
      h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() }, this.#text),
      h("div", { class: "card list-card" }, this.#list.element, this.#empty),
    );
    element.classList.add("fills");
    this.#list.element.addEventListener("scroll", () => this.#reachEnd());
    this.#ends = [
      context.events.on("call", () => this.#again.again()),
      context.events.on("reset", () => this.#read()),
      context.events.onMissed(() => this.#read()),
    ];
    this.#read();
  }

  close() {
    for (const end of this.#ends) end();
    this.#typed.close();
    this.#again.close();
    this.#list.close();
  }

  async #read() {
    const reading = ++this.#reading;
    await attempt(this.#context, async () => {
      // As many as are shown, so that the visible part stays.
      const limit = Math.min(Math.max(this.#loaded, PAGE), 1000);
      const answer = await api.get(withQuery(`${API}/accounts`, { text: this.#text.value.trim(), limit }));
      if (reading !== this.#reading) return;
      this.#loaded = answer.accounts.length;
      this.#isDone = this.#loaded >= answer.total;
      this.#list.set(answer.accounts);
      replace(this.#count, t("accounts.count", { count: answer.total }));
      this.#empty.hidden = this.#loaded > 0;
    });
  }

  async #reachEnd() {
    const element = this.#list.element;
    if (this.#isDone || element.scrollTop + 2 * element.clientHeight < element.scrollHeight) return;
    this.#isDone = true; // until the answer
    const reading = this.#reading;
    await attempt(this.#context, async () => {
      const answer = await api.get(withQuery(`${API}/accounts`, { text: this.#text.value.trim(), limit: PAGE, offset: this.#loaded }));
      if (reading !== this.#reading) return;
      const known = new Set(this.#list.items.map((each) => each.user_id));
      this.#loaded += answer.accounts.length;
      this.#isDone = this.#loaded >= answer.total || answer.accounts.length === 0;
      this.#list.append(answer.accounts.filter((each) => !known.has(each.user_id)));
    });
  }

  #row(account) {
    const platforms = Object.entries(account.platforms).map(([platform, state]) =>
      h(
        "button",
        {
          type: "button",
          class: `chip chip-button ${STATES[state] ?? ""}`,
          title: t("accounts.log_out_name", { account: account.user_id, platform }),
          "aria-label": t("accounts.log_out_name", { account: account.user_id, platform }),
          onclick: () => this.#logOut(account, platform),
        },
        platform,
        icon("close"),
      ),
    );
    return h(
      "div",
      { class: "account-row" },
      h("span", { class: `avatar ${STATES[account.status]}`, "aria-hidden": "true" }, [...(account.nick || account.user_id)][0] ?? "?"),
      h(
        "span",
        { class: "account-names" },
        h("a", { class: "account-id", href: `#/inbox/accounts/${encodeURIComponent(account.user_id)}` }, h("bdi", {}, account.user_id)),
        account.is_admin ? h("span", { class: "badge" }, t("accounts.admin")) : null,
        account.nick ? h("bdi", { class: "soft account-nick" }, account.nick) : null,
      ),
      account.unread > 0 ? h("span", { class: "badge accent" }, t("accounts.unread", { count: account.unread })) : null,
      h("span", { class: "account-platforms" }, platforms.length > 0 ? platforms : h("span", { class: "soft" }, t(`accounts.${account.status}`))),
      h(
        "button",
        { type: "button", class: "button small", "aria-label": t("accounts.log_in_name", { account: account.user_id }), onclick: () => this.#logIn(account) },
        t("accounts.log_in"),
      ),
    );
  }

  async #logIn(account) {
    const platform = select(PLATFORMS.map((each) => [each, each]), { name: "platform" });
    const status = select([["Online", t("accounts.Online")], ["PushOnline", t("accounts.PushOnline")]], { name: "status" });
    const answer = await openDialog({
      title: t("accounts.log_in_name", { account: account.user_id }),
      content: h("div", { class: "form" }, labelled(t("accounts.platform"), platform), labelled(t("accounts.as"), status)),
      buttons: dialogButtons(t("accounts.log_in")),
    });
    if (answer !== "yes") return;
    await this.#do(`${place(account)}/login`, { platform: platform.value, status: status.value });
  }

  async #logOut(account, platform) {
    await this.#do(`${place(account)}/logout`, { platform });
  }

  async #do(path, body) {
    const isDone = await attempt(this.#context, async () => this.#list.refresh(await api.post(path, body)));
    if (!isDone) await this.#read();
  }

  async #import() {
    const ids = h("textarea", { class: "field", rows: "6", spellcheck: "false", required: true, placeholder: "alice\nbob" });
    const answer = await openDialog({
      title: t("accounts.import"),
      content: h("div", { class: "form" }, labelled(t("accounts.ids"), ids)),
      buttons: dialogButtons(t("accounts.import")),
    });
    const userIds = ids.value.split(/[\n,]/).map((each) => each.trim()).filter(Boolean);
    if (answer !== "yes" || userIds.length === 0) return;
    await attempt(this.#context, async () => {
      const { count } = await api.post(`${API}/accounts`, { user_ids: userIds });
      this.#context.notify(t("accounts.imported", { count }), { kind: "done" });
      await this.#read();
    });
  }
}

function place(account) {
  return `${API}/accounts/${encodeURIComponent(account.user_id)}`;
}

function dialogButtons(text) {
  return [
    h("button", { type: "button", class: "button", onclick: (event) => event.target.closest("dialog").close("") }, t("dialog.cancel")),
    h("button", { type: "submit", value: "yes", class: "button primary" }, text),
  ];
}

export const accounts = {
  name: "accounts",
  title: "accounts.title",
  icon: "person",
  shortcut: "a",
  mount: (element, context) => new Accounts(element, context),
};
