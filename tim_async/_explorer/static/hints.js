// What a field takes, in a few words: its type, its range, its unit.

import { h } from "/_assets/pages/dom.js";
import { addTexts, formatNumber, t } from "/_assets/pages/texts.js";

addTexts({
  en: {
    "hint.String": "text",
    "hint.Integer": "whole number",
    "hint.Number": "number",
    "hint.Boolean": "true or false",
    "hint.Object": "object",
    "hint.Array": "list",
    "hint.Any": "text or number",
    "hint.of.String": "list of texts",
    "hint.of.Integer": "list of whole numbers",
    "hint.of.Object": "list of objects",
    "hint.between": "{low} to {high}",
    "hint.least": "at least {low}",
    "hint.most": "at most {high}",
    "hint.unit.bytes": "bytes",
    "hint.unit.items": "items",
    "hint.unit.unix seconds": "unix seconds",
    "hint.unit.seconds": "seconds",
    "hint.unit.milliseconds": "milliseconds",
    "hint.unit.minutes": "minutes",
    "hint.unit.days": "days",
    "hint.unit.pixels": "pixels",
    "hint.unit.degrees": "degrees",
    "hint.each": "each {range} bytes",
    "hint.not-empty": "not empty",
  },
  zh: {
    "hint.String": "文本",
    "hint.Integer": "整数",
    "hint.Number": "数字",
    "hint.Boolean": "true 或 false",
    "hint.Object": "对象",
    "hint.Array": "列表",
    "hint.Any": "文本或数字",
    "hint.of.String": "文本列表",
    "hint.of.Integer": "整数列表",
    "hint.of.Object": "对象列表",
    "hint.between": "{low} 至 {high}",
    "hint.least": "至少 {low}",
    "hint.most": "至多 {high}",
    "hint.unit.bytes": "字节",
    "hint.unit.items": "项",
    "hint.unit.unix seconds": "Unix 秒",
    "hint.unit.seconds": "秒",
    "hint.unit.milliseconds": "毫秒",
    "hint.unit.minutes": "分钟",
    "hint.unit.days": "天",
    "hint.unit.pixels": "像素",
    "hint.unit.degrees": "度",
    "hint.each": "每项 {range} 字节",
    "hint.not-empty": "不能为空",
  },
});

export function hintOf(field) {
  const parts = [t(field.items === null ? `hint.${field.type}` : `hint.of.${field.items}`)];
  const range = rangeText(field.range);
  const unit = field.unit === null ? "" : t(`hint.unit.${field.unit}`);
  const isCounted = field.unit === "bytes" || field.unit === "items";
  if (isCounted && field.range?.[0] === 1 && field.range[1] === null) parts.push(t("hint.not-empty"));
  else if (range || unit) parts.push(`${range} ${unit}`.trim());
  if (field.item_range) parts.push(t("hint.each", { range: rangeText(field.item_range) }));
  return h("span", { class: "x-hint soft" }, parts.join(", "));
}

// A text of the library, with names between backticks.
export function prose(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? h("code", {}, part) : part));
}

function rangeText(range) {
  if (range === null || range === undefined) return "";
  const [low, high] = range.map((end) => (end === null ? null : formatNumber(end)));
  if (low !== null && high !== null) return low === high ? low : t("hint.between", { low, high });
  return low === null ? t("hint.most", { high }) : t("hint.least", { low });
}
