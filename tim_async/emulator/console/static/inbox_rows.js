// Rows of the inbox's lists: name, latest message, unread count.

import { h } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { formatTime, t } from "/_assets/pages/texts.js";
import { summary } from "./elements.js";

const COLOURS = 6;
// Unread messages are counted up to this number.
const MANY = 100;

export function avatar(name, status = null, picture = null) {
  let number = 0;
  for (const each of name) number = (number * 31 + each.codePointAt(0)) % 997;
  const letter = [...name][0]?.toUpperCase() ?? "?";
  return h(
    "span",
    { class: `avatar colour-${number % COLOURS}`, "aria-hidden": "true" },
    picture === null ? letter : icon(picture),
    status === null ? null : h("span", { class: `presence ${status}` }),
  );
}

export function unreadBadge(count) {
  if (!count) return null;
  const text = count >= MANY ? t("inbox.unread.many") : String(count);
  return h(
    "span",
    { class: "badge accent" },
    h("span", { "aria-hidden": "true" }, text),
    h("span", { class: "off-screen" }, t("inbox.unread", { count: text })),
  );
}

function row({ picture, name, status = null, note, preview, unread }) {
  return h(
    "div",
    { class: "inbox-row" },
    picture,
    h(
      "div",
      { class: "inbox-row-words" },
      h(
        "div",
        { class: "inbox-row-line" },
        h("span", { class: "inbox-row-name" }, name),
        status ? h("span", { class: "off-screen" }, t(`inbox.status.${status}`)) : null,
        preview ? h("time", { class: "soft" }, formatTime(preview.sent_at)) : null,
      ),
      h("div", { class: "inbox-row-line" }, h("span", { class: "inbox-row-text soft" }, note), unreadBadge(unread)),
    ),
  );
}

function said(preview, own) {
  if (!preview) return "";
  if (preview.is_recalled) return t("message.recalled", { name: preview.from_account });
  const who = preview.from_account === own ? `${t("inbox.you")}: ` : "";
  return who + summary(preview);
}

export function accountRow(inbox) {
  const name = inbox.nick ? `${inbox.nick} (${inbox.user_id})` : inbox.user_id;
  return row({
    picture: avatar(inbox.user_id, inbox.status),
    name,
    status: inbox.status,
    note: said(inbox.newest, inbox.user_id) || (inbox.is_admin ? t("inbox.admin") : ""),
    preview: inbox.newest,
    unread: inbox.unread,
  });
}

export function groupRow(group) {
  const last = group.newest;
  const note = last
    ? `${last.from_account}: ${last.is_recalled ? t("message.recalled", { name: last.from_account }) : summary(last)}`
    : `${group.type} · ${t("inbox.members.count", { count: group.members })}`;
  return row({ picture: avatar(group.group_id, null, "group"), name: group.name || group.group_id, note, preview: last, unread: 0 });
}

export function talkRow(talk, viewer) {
  const isGroup = talk.group_id !== null;
  const id = isGroup ? talk.group_id : talk.peer;
  return row({
    picture: avatar(id, talk.status, isGroup ? "group" : null),
    name: talk.name || id,
    status: talk.status,
    note: said(talk.newest, viewer),
    preview: talk.newest,
    unread: talk.unread,
  });
}

export function memberRow(member) {
  return row({ picture: avatar(member.account), name: member.account, note: member.role, preview: null, unread: member.unread ?? 0 });
}

export function foundRow(message) {
  const to = message.to_account ?? message.group_id;
  return row({
    picture: avatar(message.from_account),
    name: `${message.from_account} → ${to}`,
    note: message.text,
    preview: message,
    unread: 0,
  });
}
