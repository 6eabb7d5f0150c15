// The view "Error codes": every code with its meaning and what to do.

import { h, replace } from "/_assets/pages/dom.js";
import { addTexts, language, t } from "/_assets/pages/texts.js";
import { codes } from "./data.js";

addTexts({
  en: {
    "codes.title": "Error codes",
    "codes.label": "Find a code",
    "codes.hint": "Number, name, or words of its meaning",
    "codes.count": "{count} codes",
    "codes.count.one": "1 code",
    "codes.none": "No code has all of these words.",
    "codes.all": "All kinds",
    "codes.kind": "Kind",
    "codes.advice": "What to do:",
    "codes.slow": "too many calls",
    "codes.failed": "Could not show the codes: {problem}",
    "hint.kind.none": "nothing to correct",
    "hint.kind.fix_request": "fix the request",
    "hint.kind.auth": "rights or settings",
    "hint.kind.quota": "limit or plan",
    "hint.kind.retry": "try again",
  },
  zh: {
    "codes.title": "错误码",
    "codes.label": "查找错误码",
    "codes.hint": "数字、名称或含义中的词",
    "codes.count": "{count} 个错误码",
    "codes.none": "没有包含所有这些词的错误码。",
    "codes.all": "全部类型",
    "codes.kind": "类型",
    "codes.advice": "处理建议：",
    "codes.slow": "调用过于频繁",
    "codes.failed": "无法显示错误码：{problem}",
    "hint.kind.none": "无需修改",
    "hint.kind.fix_request": "修改请求",
    "hint.kind.auth": "权限或配置",
    "hint.kind.quota": "频率或套餐限制",
    "hint.kind.retry": "稍后重试",
  },
});

const KINDS = ["fix_request", "auth", "quota", "retry", "none"];
const BADGES = { none: "badge", fix_request: "badge warn", auth: "badge bad", quota: "badge warn", retry: "badge good" };

export const errorCodes = {
  name: "error-codes",
  title: "codes.title",
  icon: "alert",
  shortcut: "o",
  mount(element, context) {
    let isClosed = false;
    const show = async (next) => {
      try {
        const rows = await codes();
        if (!isClosed) draw(element, rows, next);
      } catch (error) {
        if (!isClosed) replace(element, h("p", { class: "empty", role: "alert" }, t("codes.failed", { problem: error.message })));
      }
    };
    show(context);
    return { close: () => (isClosed = true), update: show };
  },
};

function draw(element, rows, context) {
  const list = h("ul", { class: "card x-codes" });
  const counted = h("span", { class: "soft", role: "status" });
  const input = h("input", {
    type: "search",
    class: "field x-search",
    "data-search": "",
    "aria-label": t("codes.label"),
    placeholder: t("codes.hint"),
    autocomplete: "off",
    value: context.query.get("code") ?? "",
    oninput: () => {
      history.replaceState(null, "", input.value === "" ? "#/error-codes" : `#/error-codes?code=${encodeURIComponent(input.value)}`);
      filter();
    },
  });
  const kind = h(
    "select",
    { class: "field", "aria-label": t("codes.kind"), onchange: () => filter() },
    h("option", { value: "" }, t("codes.all")),
    KINDS.map((each) => h("option", { value: each }, t(`hint.kind.${each}`))),
  );
  function filter() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => (kind.value === "" || row.hint === kind.value) && words.every((word) => has(row, word)));
    replace(counted, found.length === 0 ? t("codes.none") : t("codes.count", { count: found.length }));
    replace(list, found.map(line));
    list.hidden = found.length === 0;
  }
  replace(
    element,
    h("div", { class: "view-head" }, h("h1", {}, t("codes.title")), counted),
    h("div", { class: "x-filters" }, input, kind),
    list,
  );
  filter();
}

// A number finds the codes that begin with it.
function has(row, word) {
  if (/^-?\d+$/.test(word)) return String(row.code).startsWith(word);
  return [row.name, row.scope, row.meaning, row.meaning_zh, row.advice, row.advice_zh, row.raised_as ?? ""].some((text) => text.toLowerCase().includes(word));
}

function line(row) {
  return h(
    "li",
    { class: "x-code" },
    h("div", { class: "x-code-number" }, h("strong", {}, String(row.code)), h("code", { class: "soft" }, row.scope)),
    h(
      "div",
      {},
      h("p", { class: "x-meaning" }, language() === "zh" ? row.meaning_zh : row.meaning),
      row.advice === "" ? null : h("p", {}, h("span", { class: "soft" }, t("codes.advice")), " ", language() === "zh" ? row.advice_zh : row.advice),
      h(
        "p",
        { class: "x-facts soft" },
        h("code", {}, row.name),
        row.raised_as === null ? null : h("code", {}, row.raised_as),
        h("span", { class: BADGES[row.hint] }, t(`hint.kind.${row.hint}`)),
        row.asks_to_slow_down ? h("span", { class: "badge warn" }, t("codes.slow")) : null,
      ),
    ),
  );
}
