// Writes as an account: the message goes through the app's before-send webhook, as from a phone.

import { h } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { t } from "/_assets/pages/texts.js";
import { control, path } from "./control.js";

const EVERYONE = new Set(["all", "所有人", "everyone"]);

export class Composer {
  #viewer;
  #talk;
  #context;
  #onSent;
  #field;
  #button;
  #isSending = false;

  constructor({ viewer, talk, context, onSent }) {
    this.#viewer = viewer;
    this.#talk = talk;
    this.#context = context;
    this.#onSent = onSent;
    this.#field = h("textarea", {
      class: "field",
      rows: "1",
      "aria-label": t("compose.label", { name: viewer }),
      placeholder: t("compose.placeholder", { name: viewer }),
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.#send();
      },
      oninput: () => this.#fit(),
    });
    this.#button = h("button", { type: "submit", class: "button primary", "aria-label": t("compose.send") }, icon("send"), h("span", {}, t("compose.send")));
    this.element = h(
      "form",
      {
        class: "composer",
        onsubmit: (event) => {
          event.preventDefault();
          this.#send();
        },
      },
      this.#field,
      this.#button,
    );
  }

  focus() {
    this.#field.focus();
  }

  #fit() {
    this.#field.style.setProperty("height", "auto");
    this.#field.style.setProperty("height", `${Math.min(this.#field.scrollHeight + 2, 160)}px`);
  }

  async #send() {
    const text = this.#field.value;
    if (this.#isSending || text.trim() === "") return;
    this.#isSending = true;
    this.#button.disabled = true;
    try {
      const { code, info } = await control.post(path`/accounts/${this.#viewer}/messages`, await this.#message(text));
      if (code !== 0) {
        this.#context.notify(t("compose.refused", { code: String(code), info }), { kind: "error" });
        return;
      }
      this.#field.value = "";
      this.#fit();
      this.#onSent();
    } catch (error) {
      this.#context.notify(error.message, { kind: "error" });
    } finally {
      this.#isSending = false;
      this.#button.disabled = false;
    }
  }

  async #message(text) {
    const { peer, group, topic } = this.#talk;
    if (group === undefined) return { to: peer, text };
    const message = topic === undefined ? { group, text } : { group, topic, text };
    const named = [...text.matchAll(/@(\S+)/g)].map((each) => each[1]);
    if (named.length === 0) return message;
    const { member_list: members } = await control.get(path`/groups/${group}`);
    const accounts = new Set(members.map((each) => each.account));
    const mentions = named.map((each) => (EVERYONE.has(each) ? "" : each)).filter((each) => each === "" || accounts.has(each));
    return { ...message, mentions: [...new Set(mentions)] };
  }
}
