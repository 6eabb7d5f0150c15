// The list of all endpoints, by family, and its search.

import { h, replace } from "/_assets/pages/dom.js";
import { addTexts, language, t } from "/_assets/pages/texts.js";
import { explorerLink } from "./links.js";
import { search } from "./search.js";

addTexts({
  en: {
    "finder.label": "Find an endpoint",
    "finder.hint": "Name in English or Chinese, command, or a field: send message, 单发单聊消息, sendmsg, MsgLifeTime",
    "finder.count": "{count} endpoints",
    "finder.count.one": "1 endpoint",
    "finder.none": "No endpoint has all of these words.",
    "danger.deletes": "deletes",
    "danger.excludes": "shuts out",
    "danger.reaches_all": "reaches all",
  },
  zh: {
    "finder.label": "查找接口",
    "finder.hint": "中英文名称、命令或字段：单发单聊消息、send message、sendmsg、MsgLifeTime",
    "finder.count": "{count} 个接口",
    "finder.none": "没有包含所有这些词的接口。",
    "danger.deletes": "删除",
    "danger.excludes": "限制用户",
    "danger.reaches_all": "触达全员",
  },
});

export function titleOf(each) {
  return language() === "zh" ? each.title_zh || each.title : each.title;
}

export function dangerBadge(danger) {
  return danger === null ? null : h("span", { class: "badge warn" }, t(`danger.${danger}`));
}

// A search field and the list. `open` is called with the chosen command.
export function finder(catalogue, { text = "", onText }) {
  const list = h("div", { class: "x-found" });
  const counted = h("p", { class: "soft x-counted", role: "status" });
  const input = h("input", {
    type: "search",
    class: "field x-search",
    "data-search": "",
    "aria-label": t("finder.label"),
    placeholder: t("finder.hint"),
    autocomplete: "off",
    spellcheck: "false",
    value: text,
    oninput: () => {
      draw();
      onText(input.value);
    },
    onkeydown: (event) => {
      const links = [...list.querySelectorAll("a")];
      if (event.key === "Enter" && !event.isComposing) links[0]?.click();
      if (event.key === "ArrowDown") links[0]?.focus();
      if (event.key === "Enter" || event.key === "ArrowDown") event.preventDefault();
    },
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const links = [...list.querySelectorAll("a")];
    (links[links.indexOf(document.activeElement) + step] ?? input).focus();
    event.preventDefault();
  });
  function draw() {
    const found = search(catalogue, input.value);
    replace(counted, found.length === 0 ? t("finder.none") : t("finder.count", { count: found.length }));
    replace(list, input.value.trim() === "" ? byFamily(catalogue) : h("ul", { class: "card x-lines" }, found.map(line)));
  }
  draw();
  return { element: h("div", { class: "x-finder" }, input, counted, list), input };
}

function byFamily(catalogue) {
  return catalogue.families.map((family) =>
    h(
      "section",
      { "aria-label": titleOf(family) },
      h("h2", { class: "x-family" }, titleOf(family), " ", h("code", { class: "soft" }, family.name)),
      h("ul", { class: "card x-lines" }, catalogue.endpoints.filter((each) => each.family === family.name).map(line)),
    ),
  );
}

function line(endpoint) {
  return h(
    "li",
    {},
    h(
      "a",
      { href: explorerLink(endpoint.command), class: "x-line" },
      h("span", { class: "x-title" }, titleOf(endpoint), " ", dangerBadge(endpoint.danger)),
      h("code", { class: "soft" }, endpoint.command),
      h("code", { class: "soft x-path" }, endpoint.path),
    ),
  );
}
