// The result of a request: success, or the code with its meaning and advice, and the answer with its fields explained.

import { copyButton } from "/_assets/pages/copy.js";
import { h } from "/_assets/pages/dom.js";
import { addTexts, formatSeconds, language, t } from "/_assets/pages/texts.js";
import { isObject } from "./form_values.js";
import { prose } from "./hints.js";
import { formatJson, parseJson } from "./json_text.js";
import { codeLink } from "./links.js";

addTexts({
  en: {
    "answer.title": "Answer",
    "answer.ok": "OK",
    "answer.failed": "Not done",
    "answer.refused": "Refused: {code}",
    "answer.items": "{count} of its items failed",
    "answer.items.one": "1 of its items failed",
    "answer.advice": "What to do:",
    "answer.maybe": "It may have taken effect all the same: check before you send it again.",
    "answer.about": "About this code",
    "answer.unknown": "not in the catalogue of codes",
    "answer.tree": "Explained",
    "answer.json": "JSON",
    "answer.request": "Request as sent",
    "answer.more": "{count} more",
    "answer.undocumented": "not a documented field",
    "answer.ActionStatus": "OK or FAIL",
    "answer.ErrorCode": "0 for success",
    "answer.ErrorInfo": "what is wrong, for developers",
    "answer.ErrorDisplay": "what is wrong, for the app's users",
  },
  zh: {
    "answer.title": "应答",
    "answer.ok": "成功",
    "answer.failed": "未完成",
    "answer.refused": "被拒绝：{code}",
    "answer.items": "其中 {count} 项失败",
    "answer.advice": "处理建议：",
    "answer.maybe": "请求可能已经生效，重发前请先确认。",
    "answer.about": "关于此错误码",
    "answer.unknown": "错误码表中没有",
    "answer.tree": "字段说明",
    "answer.json": "JSON",
    "answer.request": "实际发送的请求",
    "answer.more": "另有 {count} 项",
    "answer.undocumented": "文档中没有此字段",
    "answer.ActionStatus": "OK 或 FAIL",
    "answer.ErrorCode": "0 表示成功",
    "answer.ErrorInfo": "错误信息",
    "answer.ErrorDisplay": "展示给用户的错误信息",
  },
});

const ENVELOPE = ["ActionStatus", "ErrorCode", "ErrorInfo", "ErrorDisplay"];
// The most items of a list that are shown.
const SHOWN = 50;

export function outcomeCard(outcome, fields) {
  return h(
    "section",
    { class: "card x-answer", "aria-label": t("answer.title") },
    h("div", { class: "x-card-head" }, h("h2", {}, t("answer.title")), badge(outcome), h("span", { class: "soft" }, formatSeconds(outcome.took_s)), h("span", { class: "x-space" }), outcome.answer === "" ? null : copyButton(() => outcome.answer)),
    explanation(outcome),
    outcome.answer === "" ? null : answerParts(outcome.answer, fields),
    h("details", { class: "x-part" }, h("summary", {}, t("answer.request")), h("pre", { class: "json", tabindex: "0" }, pretty(outcome.request))),
  );
}

function badge(outcome) {
  if (outcome.is_ok && outcome.failed_items === 0) return h("span", { class: "badge good" }, t("answer.ok"));
  if (outcome.is_ok) {
    return [h("span", { class: "badge good" }, t("answer.ok")), h("span", { class: "badge warn" }, t("answer.items", { count: outcome.failed_items }))];
  }
  const code = codeOf(outcome);
  return h("span", { class: "badge bad" }, code === null ? t("answer.failed") : t("answer.refused", { code: String(code) }));
}

function codeOf(outcome) {
  if (outcome.code !== null) return outcome.code.code;
  try {
    const code = parseJson(outcome.answer).ErrorCode;
    return typeof code === "number" && code !== 0 ? code : null;
  } catch {
    return null;
  }
}

function explanation(outcome) {
  if (outcome.is_ok) return null;
  const { code } = outcome;
  return h(
    "div",
    { class: "x-why" },
    code === null ? null : h("p", { class: "x-meaning" }, language() === "zh" ? code.meaning_zh : code.meaning),
    outcome.message === "" || outcome.message === code?.meaning ? null : h("p", {}, h("code", {}, outcome.message)),
    outcome.advice === "" ? null : h("p", {}, h("strong", {}, t("answer.advice")), " ", adviceOf(outcome)),
    outcome.maybe_delivered ? h("p", {}, t("answer.maybe")) : null,
    code === null
      ? null
      : h("p", { class: "soft" }, h("code", {}, code.name), " · ", outcome.error, " · ", h("a", { href: codeLink(code.code) }, t("answer.about"))),
    code === null && codeOf(outcome) !== null ? h("p", { class: "soft" }, t("answer.unknown")) : null,
  );
}

// The client may know more than the catalogue: then its text is shown.
function adviceOf({ advice, code }) {
  return language() === "zh" && code !== null && code.advice === advice ? code.advice_zh : advice;
}

function answerParts(text, fields) {
  let value;
  try {
    value = parseJson(text);
  } catch {
    return h("pre", { class: "json", tabindex: "0" }, text);
  }
  const raw = h("details", { class: "x-part" }, h("summary", {}, t("answer.json")), h("pre", { class: "json", tabindex: "0" }, text));
  return [
    isObject(value) ? h("div", { class: "x-tree", tabindex: "0", role: "group", "aria-label": t("answer.tree") }, tree(value, fields, true)) : null,
    raw,
  ];
}

function tree(value, fields, isTop = false) {
  const known = new Map(fields.map((field) => [field.wire_name, field]));
  const rows = Object.entries(value).map(([name, item]) => {
    const field = known.get(name);
    const note = field?.text ?? (isTop && ENVELOPE.includes(name) ? t(`answer.${name}`) : fields.length > 0 ? t("answer.undocumented") : "");
    return branch(name, item, field, note);
  });
  return h("ul", { class: "x-branch" }, rows);
}

function branch(name, item, field, note) {
  const head = [h("code", { class: "x-name" }, name)];
  const text = note === "" ? null : h("span", { class: "x-note soft" }, prose(note));
  if (item === null || typeof item !== "object") return h("li", {}, head, leaf(item), text);
  const size = Object.keys(item).length;
  const summary = h("summary", {}, head, h("span", { class: "soft" }, Array.isArray(item) ? `[${size}]` : `{${size}}`), text);
  return h("li", {}, h("details", { open: size <= SHOWN }, summary, inside(item, field)));
}

function inside(item, field) {
  if (!Array.isArray(item)) return tree(item, fieldsOf(field, item));
  const shown = item.slice(0, SHOWN).map((each, index) => branch(String(index), each, asItem(field), ""));
  const left = item.length - shown.length;
  return h("ul", { class: "x-branch" }, shown, left > 0 ? h("li", { class: "soft" }, t("answer.more", { count: left })) : null);
}

function asItem(field) {
  return field === undefined ? undefined : { ...field, items: null };
}

function fieldsOf(field, item) {
  if (field === undefined) return [];
  const content = field.kinds[item.MsgType];
  if (content === undefined) return field.fields;
  const plain = { items: null, kinds: {}, fields: [] };
  return [
    { ...plain, wire_name: "MsgType", text: "" },
    { ...plain, wire_name: "MsgContent", text: "", fields: content },
  ];
}

function leaf(item) {
  const kind = item === null ? "null" : typeof item;
  return h("code", { class: `x-leaf x-${kind}` }, typeof item === "string" ? JSON.stringify(item) : String(item));
}

function pretty(text) {
  try {
    return formatJson(parseJson(text));
  } catch {
    return text;
  }
}
