// A fresh start, after confirmation.

import { api } from "/_assets/pages/api.js";
import { confirmDialog } from "/_assets/pages/dialog.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, t } from "/_assets/pages/texts.js";
import { API, attempt } from "./parts.js";

addTexts({
  en: {
    "reset.title": "Reset",
    "reset.messages": "Messages only",
    "reset.messages.text": "Deletes stored messages, calls, webhooks and pushes. Accounts, groups, faults, limits and the clock stay.",
    "reset.messages.button": "Delete messages",
    "reset.messages.ask": "Delete all messages, calls, webhooks and pushes?",
    "reset.all": "Everything",
    "reset.all.text": "Deletes messages, calls, webhooks, pushes, accounts other than the admins, groups, faults and changed limits; the clock follows this machine's again.",
    "reset.all.button": "Reset everything",
    "reset.all.ask": "Reset the emulator? Accounts, groups, messages, faults and limits will be lost.",
    "reset.done": "The emulator was reset.",
  },
  zh: {
    "reset.title": "重置",
    "reset.messages": "仅消息",
    "reset.messages.text": "清除已存储的消息、调用、回调和推送。账号、群、故障、限频和时钟保持不变。",
    "reset.messages.button": "清除消息",
    "reset.messages.ask": "清除所有消息、调用、回调和推送？",
    "reset.all": "全部",
    "reset.all.text": "清除消息、调用、回调、推送、管理员以外的账号、群、故障和修改过的限频；时钟恢复为本机时间。",
    "reset.all.button": "全部重置",
    "reset.all.ask": "重置模拟器？账号、群、消息、故障和限频都会清除。",
    "reset.done": "已重置。",
  },
});

export const reset = {
  name: "reset",
  title: "reset.title",
  icon: "reset",
  shortcut: "r",
  mount(element, context) {
    const ask = async (what) => {
      const isSure = await confirmDialog(t(`reset.${what}.ask`), { danger: true, confirm: t(`reset.${what}.button`) });
      if (!isSure) return;
      const isDone = await attempt(context, () => api.post(`${API}/reset`, { what }));
      if (isDone) context.notify(t("reset.done"), { kind: "done" });
    };
    replace(
      element,
      h("div", { class: "view-head" }, h("h1", {}, t("reset.title"))),
      h(
        "div",
        { class: "reset-grid" },
        ["messages", "all"].map((what) =>
          h(
            "section",
            { class: "card section", "aria-labelledby": `reset-${what}` },
            h("h2", { id: `reset-${what}` }, t(`reset.${what}`)),
            h("p", { class: "soft" }, t(`reset.${what}.text`)),
            h("button", { type: "button", class: "button danger", onclick: () => ask(what) }, icon("reset"), t(`reset.${what}.button`)),
          ),
        ),
      ),
    );
  },
};
