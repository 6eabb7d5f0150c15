// One message of a conversation.

import { h } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { formatTime, t } from "/_assets/pages/texts.js";
import { element } from "./elements.js";

// viewer: the account whose phone it is; onDetails: called to show its details.
export function messageView(message, { viewer, isGroup, onDetails }) {
  const name = message.name || message.from_account;
  if (message.is_notice) return line(message, t("message.notice", { name }));
  if (message.is_recalled) return line(message, t("message.recalled", { name }), onDetails);
  const isOwn = message.from_account === viewer;
  const isMentioned = message.mentions.some((each) => each === "" || each === viewer) && !isOwn;
  return h(
    "article",
    { class: `message ${isOwn ? "own" : "other"}${isMentioned ? " mentioned" : ""}`, "data-id": message.id },
    h(
      "div",
      { class: "message-head" },
      isOwn ? null : h("span", { class: "sender" }, name),
      h("time", {}, formatTime(message.sent_at)),
      message.is_unread
        ? h("span", { class: "unread-dot", title: t("message.unread") }, h("span", { class: "off-screen" }, t("message.unread")))
        : null,
      message.is_edited ? h("span", { class: "badge" }, t("message.edited")) : null,
    ),
    h(
      "div",
      { class: "bubble-line" },
      h(
        "div",
        { class: "bubble" },
        message.msg_body.length > 0
          ? message.msg_body.map((each) => element(each))
          : h("p", { class: "soft" }, t("message.not-kept")),
      ),
      detailsButton(message, onDetails),
    ),
    foot(message, { viewer, isOwn, isMentioned, isGroup }),
  );
}

function line(message, text, onDetails = null) {
  return h(
    "article",
    { class: "message aside", "data-id": message.id },
    h("span", {}, `${text} · ${formatTime(message.sent_at)}`),
    onDetails ? detailsButton(message, onDetails) : null,
  );
}

function detailsButton(message, onDetails) {
  return h(
    "button",
    {
      type: "button",
      class: "icon-button details-button",
      "aria-label": t("message.details"),
      title: t("message.details"),
      onclick: () => onDetails(message),
    },
    icon("more"),
  );
}

function foot(message, { viewer, isOwn, isMentioned, isGroup }) {
  const marks = [];
  if (isMentioned) marks.push(h("span", { class: "badge warn" }, t("message.mentions.you", { name: viewer })));
  else if (message.mentions.length > 0) {
    const names = message.mentions.map((each) => `@${each === "" ? t("message.everyone") : each}`);
    marks.push(h("span", { class: "soft" }, `${t("message.mentions")}: ${names.join(" ")}`));
  }
  if (isOwn && !isGroup && message.is_read_by_peer) marks.push(readMark(t("message.read")));
  if (message.read_by !== null) {
    marks.push(readMark(t("message.read-by", { read: message.read_by, count: message.read_of }), message.read_by > 0));
  }
  return marks.length === 0 ? null : h("div", { class: "message-foot" }, marks);
}

function readMark(text, isRead = true) {
  return h("span", { class: "read-mark" }, isRead ? icon("check") : null, text);
}
