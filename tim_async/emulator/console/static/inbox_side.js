// The first column of the inbox: accounts or groups, those with the newest messages first, and the results of a search.

import { h, replace } from "/_assets/pages/dom.js";
import { formatNumber, t } from "/_assets/pages/texts.js";
import { WindowedList } from "/_assets/pages/windowed_list.js";
import { control } from "./control.js";
import { accountRow, foundRow, groupRow } from "./inbox_rows.js";

const ROW_HEIGHT = 58;
const PAGE = 100;
const MOST = 1000;
const MOST_FOUND = 100;
const TYPING_MS = 150;

export class InboxSide {
  #tab;
  #onChoose;
  #onFound;
  #wanted = PAGE;
  #seen = "";
  #selected = null;
  #foundFor = "";
  #typing = null;
  #list;
  #more = h("p", { class: "inbox-more soft", hidden: true });
  #found = h("div", { class: "inbox-found" });
  #field;

  // tab: "accounts" or "groups"; onChoose: called with the id of one; onFound: with a found message.
  constructor({ tab, text, onChoose, onFound, onWanted }) {
    this.#tab = tab;
    this.#onChoose = onChoose;
    this.#onFound = onFound;
    const isAccounts = tab === "accounts";
    this.#list = new WindowedList({
      rowHeight: ROW_HEIGHT,
      label: t(isAccounts ? "inbox.accounts" : "inbox.groups"),
      key: (item) => (isAccounts ? item.user_id : item.group_id),
      render: isAccounts ? accountRow : groupRow,
      onSelect: (item) => onChoose(isAccounts ? item.user_id : item.group_id),
    });
    const label = t(isAccounts ? "inbox.search" : "inbox.search.groups");
    this.#field = h("input", {
      type: "search",
      class: "field",
      "data-search": true,
      "aria-label": label,
      placeholder: label,
      value: text,
      oninput: () => {
        clearTimeout(this.#typing);
        this.#typing = setTimeout(onWanted, TYPING_MS);
      },
    });
    this.#list.element.addEventListener("scroll", () => this.#grow(onWanted));
    this.element = h(
      "section",
      { class: "inbox-side", "aria-label": label },
      h(
        "div",
        { class: "inbox-side-head" },
        h("h1", { class: "off-screen" }, t("inbox.title")),
        h(
          "div",
          { class: "tabs" },
          ["accounts", "groups"].map((each) =>
            h("a", { href: `#/inbox/${each}`, class: "tab", "aria-current": each === tab ? "true" : null }, t(`inbox.${each}`)),
          ),
        ),
        this.#field,
      ),
      this.#list.element,
      this.#more,
      this.#found,
    );
  }

  get text() {
    return this.#field.value.trim();
  }

  get items() {
    return this.#list.items;
  }

  select(id) {
    this.#selected = id;
    this.#list.select(id);
  }

  // Selects the next or the previous one.
  step(by) {
    const keys = this.items.map((each) => each.user_id ?? each.group_id);
    const next = keys[Math.min(Math.max(keys.indexOf(this.#selected) + by, 0), keys.length - 1)];
    if (next === undefined) return;
    this.#list.scrollTo(next);
    this.#onChoose(next);
  }

  async read() {
    const text = this.text;
    // All messages are searched: once for each text, and not again after every event.
    const isNew = text !== this.#foundFor;
    const [listed, messages] = await Promise.all([
      this.#tab === "accounts"
        ? control.get("/inboxes", { limit: this.#wanted, text })
        : control.get("/groups", { limit: this.#wanted }),
      text === "" || !isNew ? null : control.get("/messages", { limit: MOST_FOUND, text }),
    ]);
    if (text !== this.text) return;
    const items = this.#tab === "accounts" ? listed.inboxes : listed.groups.filter((each) => fits(each, text));
    // Unchanged rows are not redrawn.
    const seen = JSON.stringify([items, text]);
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#list.set(items);
      this.#list.select(this.#selected);
    }
    const shown = text === "" || this.#tab === "accounts" ? listed.total : items.length;
    this.#more.hidden = items.length >= shown || this.#wanted < MOST;
    if (!this.#more.hidden) {
      replace(this.#more, t("inbox.more", { shown: formatNumber(items.length), count: formatNumber(shown) }));
    }
    this.element.classList.toggle("searching", text !== "");
    this.#list.element.hidden = text !== "" && items.length === 0;
    if (this.#tab === "groups" && text === "" && items.length === 0) {
      replace(this.#found, h("p", { class: "empty" }, t("inbox.none.groups")));
    } else if (text === "") replace(this.#found);
    else if (messages) this.#showFound(text, items, messages);
    this.#foundFor = text;
  }

  close() {
    clearTimeout(this.#typing);
    this.#list.close();
  }

  #grow(onWanted) {
    const box = this.#list.element;
    if (this.#wanted >= MOST || this.items.length < this.#wanted) return;
    if (box.scrollTop + 2 * box.clientHeight < this.items.length * ROW_HEIGHT) return;
    this.#wanted = Math.min(this.#wanted + PAGE, MOST);
    onWanted();
  }

  #showFound(text, items, { total, messages }) {
    if (total === 0 && items.length > 0) {
      replace(this.#found);
      return;
    }
    const title = total === 0 ? t("inbox.found.none", { text }) : t("inbox.found", { text, count: total });
    replace(
      this.#found,
      h("h2", { class: "inbox-found-title", role: "status" }, title),
      messages.map((each) =>
        h("button", { type: "button", class: "inbox-found-row", onclick: () => this.#onFound(each) }, foundRow(each)),
      ),
    );
  }
}

function fits(group, text) {
  const wanted = text.toLowerCase();
  return group.group_id.toLowerCase().includes(wanted) || group.name.toLowerCase().includes(wanted);
}
