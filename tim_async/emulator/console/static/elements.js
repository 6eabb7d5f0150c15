// The elements of a message as a phone shows them. Their contents are untrusted, and shown as text.

import { h } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { formatNumber, formatTime, t } from "/_assets/pages/texts.js";
import "./inbox_texts.js";
import { jsonView, seen } from "./json_view.js";

// Forwarded messages may contain forwarded messages.
const DEEPEST = 5;

const KINDS = {
  TIMTextElem: (content) => h("p", { class: "text" }, content.Text ?? ""),
  TIMFaceElem: (content) => card("face", t("element.face", { index: String(content.Index ?? "?") }), content.Data),
  TIMLocationElem: (content) =>
    card("pin", content.Desc || t("element.location"), `${content.Latitude}, ${content.Longitude}`),
  TIMImageElem: image,
  TIMSoundElem: (content) =>
    card("sound", t("element.sound"), facts(seconds(content.Second), bytes(content.Size)), link(content.Url)),
  TIMFileElem: (content) => card("file", content.FileName || t("element.file"), bytes(content.FileSize), link(content.Url)),
  TIMVideoFileElem: (content) =>
    card(
      "video",
      t("element.video"),
      facts(seconds(content.VideoSecond), content.VideoFormat, bytes(content.VideoSize)),
      link(content.VideoUrl),
    ),
  TIMRelayElem: relay,
  TIMCustomElem: custom,
  TIMStreamElem: stream,
};

export function element(each, depth = 0) {
  const content = each?.MsgContent;
  if (Object.hasOwn(KINDS, each?.MsgType) && content !== null && typeof content === "object") {
    return KINDS[each.MsgType](content, depth);
  }
  return h("div", { class: "element custom" }, h("strong", {}, String(each?.MsgType ?? "?")), json(content));
}

// One line for lists, as in a notification.
export function summary(preview) {
  if (preview === null) return "";
  if (preview.text !== "") return preview.text;
  const name = {
    TIMImageElem: "element.image",
    TIMSoundElem: "element.sound",
    TIMFileElem: "element.file",
    TIMVideoFileElem: "element.video",
    TIMLocationElem: "element.location",
    TIMCustomElem: "element.custom",
    TIMRelayElem: "element.relay",
    TIMStreamElem: "element.stream",
  }[preview.kind];
  if (name) return `[${t(name)}]`;
  if (preview.kind === "TIMFaceElem") return `[${t("element.face", { index: "" }).trim()}]`;
  return preview.kind;
}

export function json(value) {
  return jsonView(JSON.stringify(value) ?? "");
}

// A text that may be JSON, which is then indented.
export function maybeJson(text) {
  return /^\s*[[{]/.test(text) ? jsonView(text) : h("pre", { class: "json", tabindex: "0" }, seen(text));
}

function card(picture, title, more, ...rest) {
  return h(
    "div",
    { class: "element" },
    icon(picture),
    h("div", { class: "element-words" }, h("strong", {}, title), more ? h("span", { class: "soft" }, more) : null, rest),
  );
}

function facts(...parts) {
  return parts.filter((each) => each !== null && each !== undefined && each !== "").join(" · ");
}

function seconds(value) {
  return typeof value === "number" ? `${formatNumber(value)} s` : "";
}

function bytes(value) {
  if (typeof value !== "number") return "";
  const units = ["B", "KB", "MB", "GB"];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${formatNumber(value, { maximumFractionDigits: 1 })} ${units[unit]}`;
}

// Nothing is loaded from elsewhere automatically; a click opens it.
function link(address, name = t("element.open")) {
  return typeof address === "string" && /^https?:/i.test(address)
    ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer", title: address }, name)
    : null;
}

function image(content) {
  const sizes = Array.isArray(content.ImageInfoArray) ? content.ImageInfoArray : [];
  const names = { 1: t("element.original"), 2: t("element.large"), 3: t("element.thumbnail") };
  const original = sizes.find((each) => each?.Type === 1) ?? sizes[0];
  const shape = original?.Width && original?.Height ? `${original.Width} × ${original.Height}` : "";
  return card(
    "picture",
    t("element.image"),
    facts(shape, bytes(original?.Size)),
    h(
      "span",
      { class: "element-links" },
      sizes.map((each) => link(each?.URL, names[each?.Type] ?? t("element.open"))),
    ),
  );
}

function relay(content, depth) {
  const messages = Array.isArray(content.MsgList) ? content.MsgList : null;
  const lines = Array.isArray(content.AbstractList) ? content.AbstractList : [];
  return h(
    "div",
    { class: "element relay" },
    h("strong", {}, content.Title || t("element.relay")),
    lines.map((each) => h("p", { class: "soft" }, String(each))),
    messages === null
      ? h("p", { class: "soft" }, t("element.relay.key", { key: content.JsonMsgKey ?? "" }))
      : h(
          "details",
          {},
          h("summary", {}, t("element.relay.open", { count: messages.length })),
          depth >= DEEPEST ? h("p", { class: "soft" }, t("element.deep")) : messages.map((each) => relayed(each, depth)),
        ),
  );
}

function relayed(message, depth) {
  const body = Array.isArray(message?.MsgBody) ? message.MsgBody : [];
  const time = typeof message?.MsgTimeStamp === "number" ? formatTime(message.MsgTimeStamp) : "";
  return h(
    "div",
    { class: "relayed" },
    h("span", { class: "soft" }, facts(message?.From_Account, time)),
    body.map((each) => element(each, depth + 1)),
  );
}

function custom(content) {
  const parts = [
    ["Data", content.Data],
    ["Ext", content.Ext],
  ].filter(([, text]) => typeof text === "string" && text !== "");
  return h(
    "div",
    { class: "element custom" },
    h("strong", {}, content.Desc || t("element.custom")),
    parts.length === 0
      ? null
      : h("details", {}, h("summary", {}, t("element.data")), parts.map(([name, text]) => [h("span", { class: "soft" }, name), maybeJson(text)])),
  );
}

function stream(content) {
  const chunks = Array.isArray(content.Chunks) ? content.Chunks : [];
  const isEnded = chunks.some((each) => each?.IsLast === true);
  const text = chunks.map((each) => each?.Markdown ?? "").join("") || content.CompatibleText || "";
  return h(
    "div",
    { class: "stream" },
    h("p", { class: "text" }, text, isEnded ? null : h("span", { class: "caret", "aria-hidden": "true" })),
    isEnded ? null : h("span", { class: "soft" }, t("element.stream.growing")),
  );
}
