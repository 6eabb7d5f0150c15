// The inbox: what was sent, as the recipients see it.

import { h, replace } from "/_assets/pages/dom.js";
import { addTexts, t } from "/_assets/pages/texts.js";

addTexts({
  en: { "inbox.title": "Inbox" },
  zh: { "inbox.title": "收件箱" },
});

export const inbox = {
  name: "inbox",
  title: "inbox.title",
  icon: "inbox",
  shortcut: "i",
  mount(element) {
    replace(element, h("div", { class: "view-head" }, h("h1", {}, t("inbox.title"))));
  },
};
