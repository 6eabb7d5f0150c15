// The inbox: sent messages as the recipients see them.
//
//     #/inbox/accounts/bob                    bob's conversations
//     #/inbox/accounts/bob/c2c/alice?m=KEY    one of them, at a message
//     #/inbox/accounts/bob/group/ID/TOPIC     a group, as bob sees it
//     #/inbox/groups/ID/bob                   the same from the list of groups
//
// After any event in the emulator, the visible part is refreshed: little of it, and not too often.

import { h, replace } from "/_assets/pages/dom.js";
import { t } from "/_assets/pages/texts.js";
import { Conversation } from "./conversation.js";
import { onChange, Refresher } from "./control.js";
import { InboxSide } from "./inbox_side.js";
import { InboxTalks, talkKey } from "./inbox_talks.js";
import "./inbox_texts.js";

export const inbox = {
  name: "inbox",
  title: "inbox.title",
  icon: "inbox",
  shortcut: "i",
  mount: (element, context) => new InboxView(element, context),
};

function hash(...parts) {
  return `#/inbox/${parts.map(encodeURIComponent).join("/")}`;
}

// The contents of an address.
function read({ args, query }) {
  const [, tab = "accounts", first = null, second = null, third = null, topic] = args;
  const sought = query.get("m");
  if (tab === "groups") {
    return { tab, chosen: first, viewer: second, talk: first && second ? { group: first } : null, sought };
  }
  let talk = null;
  if (second === "c2c" && third) talk = { peer: third };
  if (second === "group" && third) talk = topic ? { group: third, topic } : { group: third };
  return { tab: "accounts", chosen: first, viewer: first, talk, sought };
}

class InboxView {
  #element;
  #context;
  #asked = null;
  #side = null;
  #talks = null;
  #conversation = null;
  #box = h("div", { class: "inbox" });
  #refresher;
  #problem = "";
  #end;

  constructor(element, context) {
    this.#element = element;
    this.#context = context;
    replace(element, this.#box);
    this.#refresher = new Refresher(
      () => this.#read(),
      (error) => this.#fail(error),
    );
    this.#end = onChange(context.events, () => this.#changed());
    context.shortcut({ key: "j", title: () => t("shortcut.next"), run: () => this.#side.step(1) });
    context.shortcut({ key: "k", title: () => t("shortcut.previous"), run: () => this.#side.step(-1) });
    context.shortcut({ key: "w", title: () => t("shortcut.write"), run: () => this.#conversation?.write() });
    this.#show(read(context));
  }

  update(context) {
    this.#context = { ...this.#context, args: context.args, query: context.query };
    this.#show(read(context));
  }

  close() {
    this.#end();
    this.#refresher.close();
    for (const each of [this.#side, this.#talks, this.#conversation]) each?.close();
  }

  #changed() {
    this.#refresher.want();
    this.#conversation?.refresh();
  }

  // The same problem is reported once, however often it occurs.
  #fail(error) {
    const problem = error === null ? "" : t("inbox.failed", { problem: error.message });
    if (problem !== "" && problem !== this.#problem) this.#context.notify(problem, { kind: "error" });
    this.#problem = problem;
  }

  async #read() {
    const asked = this.#asked;
    const [, items] = await Promise.all([this.#side.read(), this.#talks?.read()]);
    if (asked === this.#asked && items && !asked.talk) this.#chooseOnly(asked, items);
  }

  // A single conversation is opened; a group is shown as seen by its first member. If the columns are
  // not side by side, a list that chooses automatically would be unreachable.
  #chooseOnly(asked, items) {
    if (getComputedStyle(this.#box).getPropertyValue("--panes").trim() !== "3") return;
    if (asked.tab === "groups" ? items.length > 0 : items.length === 1) {
      location.replace(this.#addressOf(asked, items[0]));
    }
  }

  #addressOf(asked, item) {
    if (asked.tab === "groups") return hash("groups", asked.chosen, item.account);
    if (item.group_id === null) return hash("accounts", asked.chosen, "c2c", item.peer);
    return hash("accounts", asked.chosen, "group", item.group_id, ...(item.topic_id ? [item.topic_id] : []));
  }

  #show(asked) {
    const before = this.#asked;
    this.#asked = asked;
    if (this.#side === null || before.tab !== asked.tab) this.#showSide(asked);
    if (before?.tab !== asked.tab || before.chosen !== asked.chosen) this.#showTalks(asked);
    const isSame = before !== null && JSON.stringify([before.viewer, before.talk]) === JSON.stringify([asked.viewer, asked.talk]);
    if (!isSame || asked.sought) this.#showConversation(asked);
    this.#side.select(asked.chosen);
    if (asked.talk) {
      const { peer = null, group = null, topic = null } = asked.talk;
      this.#talks.select(asked.tab === "groups" ? asked.viewer : talkKey({ peer, group_id: group, topic_id: topic }));
    }
    this.#box.dataset.pane = asked.talk ? "conversation" : asked.chosen ? "talks" : "side";
    replace(this.#box, this.#side.element, this.#talks?.element, this.#conversation?.element ?? this.#nothing(asked));
    this.#refresher.now();
  }

  #showSide(asked) {
    const text = this.#side?.text ?? "";
    this.#side?.close();
    this.#side = new InboxSide({
      tab: asked.tab,
      text,
      onChoose: (id) => this.#context.go(hash(asked.tab, id)),
      onFound: (message) => this.#context.go(addressOfFound(message)),
      onWanted: () => this.#refresher.now(),
    });
  }

  #showTalks(asked) {
    this.#talks?.close();
    this.#talks = asked.chosen
      ? new InboxTalks({
          account: asked.tab === "accounts" ? asked.chosen : null,
          group: asked.tab === "groups" ? asked.chosen : null,
          onChoose: (item) => this.#context.go(this.#addressOf(asked, item)),
          back: hash(asked.tab),
        })
      : null;
  }

  #showConversation(asked) {
    this.#conversation?.close();
    this.#conversation = asked.talk
      ? new Conversation({
          viewer: asked.viewer,
          talk: asked.talk,
          sought: asked.sought,
          back: hash(asked.tab, asked.chosen),
          context: this.#context,
        })
      : null;
    this.#conversation?.start();
  }

  #nothing(asked) {
    const lines = asked.chosen
      ? h("p", {}, t("inbox.choose.talk"))
      : [
          h("p", {}, t("inbox.choose")),
          h("p", {}, t("inbox.start")),
          h("pre", { class: "json" }, `export TIM_BASE_URL=${location.origin}`),
        ];
    return h("section", { class: "inbox-conversation nothing" }, h("div", { class: "empty" }, lines));
  }
}

function addressOfFound(message) {
  const { group_id: group, topic_id: topic } = message;
  if (group === null) return `${hash("accounts", message.to_account, "c2c", message.from_account)}?m=${encodeURIComponent(message.msg_key)}`;
  return `${hash("accounts", message.from_account, "group", group, ...(topic ? [topic] : []))}?m=${message.msg_seq}`;
}
