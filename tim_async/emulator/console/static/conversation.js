// A conversation as shown on the phone of one account: it grows at its end, and older messages are read on demand.

import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { formatDay, t } from "/_assets/pages/texts.js";
import { Composer } from "./composer.js";
import { control, path, Refresher } from "./control.js";
import { avatar } from "./inbox_rows.js";
import { showDetails } from "./message_details.js";
import { messageView } from "./message_view.js";
import { statusChoice } from "./status_choice.js";

const PAGE = 50;
const OLDER = 100;
// Older ones are removed from the page while the newest are visible.
const MOST_SHOWN = 300;
// How many older messages are read to find the requested one.
const MOST_SOUGHT = 2000;
const NEAR_END_PX = 80;

export class Conversation {
  #viewer;
  #talk;
  #context;
  #shown = new Map();
  #hasMore = false;
  #isReadingOlder = false;
  #sought;
  #days = new Map();
  #log = h("div", { class: "log", role: "log", tabindex: "0", onscroll: () => this.#scrolled() });
  #older;
  #newer;
  #head = h("div", { class: "pane-head" });
  #headSeen = "";
  #composer;
  #refresher;

  // viewer: the account whose phone it is; talk: {peer} or {group, topic}; sought: the id of a message to show.
  constructor({ viewer, talk, sought, back, context }) {
    this.#viewer = viewer;
    this.#talk = talk;
    this.#sought = sought;
    this.#context = context;
    this.#log.setAttribute("aria-label", t("inbox.log"));
    this.#older = h("button", { type: "button", class: "button small", hidden: true, onclick: () => this.#readOlder() }, t("inbox.older"));
    this.#newer = h(
      "button",
      { type: "button", class: "button small primary newer", hidden: true, onclick: () => this.#toEnd() },
      t("inbox.newer"),
    );
    this.#composer = new Composer({ viewer, talk, context, onSent: () => this.#sent() });
    this.#refresher = new Refresher(
      () => this.#read(),
      (error) => this.#fail(error),
    );
    this.element = h(
      "section",
      { class: "inbox-conversation", "aria-label": t("inbox.phone", { name: viewer }) },
      h("div", { class: "pane-bar" }, h("a", { class: "icon-button back", href: back, "aria-label": t("inbox.back") }, icon("back")), this.#head),
      h("div", { class: "log-box" }, this.#log, this.#newer),
      this.#composer.element,
    );
    replace(this.#log, h("div", { class: "log-top" }, this.#older));
  }

  refresh() {
    this.#refresher.want();
  }

  write() {
    this.#composer.focus();
  }

  start() {
    this.#refresher.now();
  }

  close() {
    this.#refresher.close();
  }

  #fail(error) {
    if (error === null) return;
    this.#headSeen = "";
    // The account or the group is gone, and its messages with it.
    if (error.status === 404) this.#merge([], false);
    replace(this.#head, h("p", { class: "soft", role: "alert" }, t("inbox.failed", { problem: error.message })));
  }

  #ask(query) {
    return control.get(path`/accounts/${this.#viewer}/conversation`, { ...this.#talk, ...query });
  }

  async #read() {
    const isFirst = this.#shown.size === 0;
    const limit = Math.min(Math.max(this.#shown.size, PAGE), 2 * PAGE);
    const found = await this.#ask({ limit });
    this.#showHead(found);
    const isAtEnd = isFirst || this.#isNearEnd();
    const isNew = this.#merge(found.messages, found.has_more);
    if (isAtEnd) this.#toEnd();
    else if (isNew) this.#newer.hidden = false;
    if (isFirst && this.#sought) await this.#seek();
  }

  // Shows the newest messages; returns whether any of them are new on the page.
  #merge(messages, hasMore) {
    const ids = new Set(messages.map((each) => each.id));
    const isJoined = messages.some((each) => this.#shown.has(each.id));
    if (!isJoined) {
      // Many arrived at once, or all were removed: start over with the current messages.
      for (const id of [...this.#shown.keys()]) this.#remove(id);
      this.#hasMore = hasMore;
    } else {
      // Messages missing from the newest part were deleted.
      const first = [...this.#shown.keys()].indexOf(messages.find((each) => this.#shown.has(each.id)).id);
      for (const id of [...this.#shown.keys()].slice(first)) if (!ids.has(id)) this.#remove(id);
      if (!hasMore) this.#hasMore = false;
    }
    let isNew = false;
    for (const each of messages) isNew = this.#put(each) || isNew;
    if (this.#isNearEnd()) this.#trim();
    this.#showEdges();
    return isNew;
  }

  #put(message, before = null) {
    const seen = JSON.stringify(message);
    const known = this.#shown.get(message.id);
    if (known?.seen === seen) return false;
    const view = messageView(message, {
      viewer: this.#viewer,
      isGroup: this.#talk.group !== undefined,
      onDetails: (each) => showDetails(each, this.#viewer, this.#talk),
    });
    if (known) {
      keepOpen(known.view, view);
      known.view.replaceWith(view);
      this.#shown.set(message.id, { seen, view, message });
      return false;
    }
    if (before) before.before(view);
    else this.#log.append(view);
    this.#shown.set(message.id, { seen, view, message });
    return true;
  }

  #remove(id) {
    this.#shown.get(id).view.remove();
    this.#shown.delete(id);
  }

  #trim() {
    for (const id of this.#shown.keys()) {
      if (this.#shown.size <= MOST_SHOWN) return;
      this.#remove(id);
      this.#hasMore = true;
    }
  }

  async #readOlder() {
    if (this.#isReadingOlder || !this.#hasMore || this.#shown.size === 0) return;
    this.#isReadingOlder = true;
    try {
      const first = this.#shown.entries().next().value;
      const { messages, has_more: hasMore } = await this.#ask({ limit: OLDER, before: first[0] });
      if (!this.#shown.has(first[0])) return;
      const fromEnd = this.#log.scrollHeight - this.#log.scrollTop;
      const newer = [...this.#shown];
      this.#shown.clear();
      for (const each of messages) this.#put(each, first[1].view);
      for (const [id, each] of newer) this.#shown.set(id, each);
      this.#hasMore = hasMore && messages.length > 0;
      this.#showEdges();
      this.#log.scrollTop = this.#log.scrollHeight - fromEnd;
    } catch (error) {
      this.#context.notify(error.message, { kind: "error" });
    } finally {
      this.#isReadingOlder = false;
    }
  }

  async #seek() {
    const id = this.#sought;
    this.#sought = null;
    while (!this.#shown.has(id) && this.#hasMore && this.#shown.size < MOST_SOUGHT) await this.#readOlder();
    const view = this.#shown.get(id)?.view;
    view?.scrollIntoView({ block: "center" });
    view?.classList.add("sought");
  }

  #showEdges() {
    this.#older.hidden = !this.#hasMore;
    this.#log.classList.toggle("nothing", this.#shown.size === 0);
    let day = null;
    const wanted = new Map();
    for (const { view, message } of this.#shown.values()) {
      const own = formatDay(message.sent_at);
      if (own !== day) wanted.set(own, view);
      day = own;
    }
    for (const [own, line] of this.#days) {
      if (line.nextElementSibling !== wanted.get(own)) {
        line.remove();
        this.#days.delete(own);
      }
    }
    for (const [own, view] of wanted) {
      if (this.#days.has(own)) continue;
      const line = h("div", { class: "day" }, own);
      view.before(line);
      this.#days.set(own, line);
    }
    if (this.#shown.size === 0) this.#log.dataset.empty = t("inbox.empty");
  }

  #scrolled() {
    if (this.#isNearEnd()) this.#newer.hidden = true;
    if (this.#log.scrollTop < NEAR_END_PX && this.#hasMore) this.#readOlder();
  }

  #isNearEnd() {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_END_PX;
  }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#newer.hidden = true;
  }

  #sent() {
    this.#toEnd();
    this.#refresher.now();
  }

  #showHead(found) {
    const { messages, has_more: hasMore, newest, ...facts } = found;
    const seen = JSON.stringify(facts);
    if (seen === this.#headSeen) return;
    this.#headSeen = seen;
    const isGroup = found.group_id !== null;
    const id = isGroup ? found.group_id : found.peer;
    const note = isGroup ? t("inbox.members.count", { count: found.members }) : t(`inbox.status.${found.status}`);
    replace(
      this.#head,
      avatar(id, found.status, isGroup ? "group" : null),
      h("div", { class: "pane-title" }, h("h2", {}, found.name || id), h("span", { class: "soft" }, found.name ? `${id} · ${note}` : note)),
      found.unread > 0
        ? h(
            "button",
            { type: "button", class: "button small mark-read", "aria-label": t("inbox.mark-read"), onclick: () => this.#markRead() },
            icon("check"),
            h("span", {}, t("inbox.mark-read")),
          )
        : null,
      h("div", { class: "phone-of" }, h("span", { class: "soft" }, t("inbox.phone", { name: this.#viewer })), statusChoice(this.#viewer, this.#context)),
    );
  }

  async #markRead() {
    try {
      const { count } = await control.post(path`/accounts/${this.#viewer}/read`, this.#talk);
      this.#context.notify(t("inbox.marked", { count }), { kind: "done" });
      this.#refresher.now();
    } catch (error) {
      this.#context.notify(error.message, { kind: "error" });
    }
  }
}

// Expanded parts stay expanded when a message is redrawn, for example while it grows.
function keepOpen(before, after) {
  const old = [...before.querySelectorAll("details")];
  [...after.querySelectorAll("details")].forEach((each, index) => {
    each.open = old[index]?.open ?? false;
  });
}
