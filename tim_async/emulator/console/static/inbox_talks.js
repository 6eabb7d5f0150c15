// The second column of the inbox: the conversations of an account, or the members whose view of a group can be shown.

import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { t } from "/_assets/pages/texts.js";
import { WindowedList } from "/_assets/pages/windowed_list.js";
import { control, path } from "./control.js";
import { memberRow, talkRow } from "./inbox_rows.js";

const ROW_HEIGHT = 58;

export class InboxTalks {
  #account;
  #group;
  #list;
  #none = h("p", { class: "empty", hidden: true });
  #seen = "";
  #selected = null;

  // Either the conversations of an account or the members of a group; onChoose is called with one of them.
  constructor({ account = null, group = null, onChoose, back }) {
    this.#account = account;
    this.#group = group;
    const title = group === null ? t("inbox.talks", { name: account }) : t("inbox.members");
    this.#list = new WindowedList({
      rowHeight: ROW_HEIGHT,
      label: title,
      key: group === null ? talkKey : (member) => member.account,
      render: group === null ? (talk) => talkRow(talk, account) : memberRow,
      onSelect: onChoose,
    });
    this.element = h(
      "section",
      { class: "inbox-talks", "aria-label": title },
      h(
        "div",
        { class: "pane-head" },
        h("a", { class: "icon-button back", href: back, "aria-label": t("inbox.back") }, icon("back")),
        h("h2", {}, title),
      ),
      this.#list.element,
      this.#none,
    );
  }

  get items() {
    return this.#list.items;
  }

  select(key) {
    this.#selected = key;
    this.#list.select(key);
  }

  async read() {
    const items = this.#group === null ? await this.#readTalks() : await this.#readMembers();
    const seen = JSON.stringify(items);
    if (seen === this.#seen) return items;
    this.#seen = seen;
    this.#list.set(items);
    this.#list.select(this.#selected);
    this.#none.hidden = items.length > 0;
    this.#list.element.hidden = items.length === 0;
    replace(this.#none, t(this.#group === null ? "inbox.none.talks" : "inbox.choose"));
    return items;
  }

  async #readTalks() {
    return (await control.get(path`/accounts/${this.#account}/conversations`)).conversations;
  }

  async #readMembers() {
    return (await control.get(path`/groups/${this.#group}`)).member_list;
  }

  close() {
    this.#list.close();
  }
}

export function talkKey(talk) {
  return talk.group_id === null ? `c2c ${talk.peer}` : `group ${talk.group_id} ${talk.topic_id ?? ""}`;
}
