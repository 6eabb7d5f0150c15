// The view "Service limits": the rates of each endpoint, and the size limits of a call.

import { h, replace } from "/_assets/pages/dom.js";
import { addTexts, formatNumber, t } from "/_assets/pages/texts.js";
import { limits } from "./data.js";
import { titleOf } from "./finder.js";
import { explorerLink } from "./links.js";

addTexts({
  en: {
    "service.title": "Service limits",
    "service.about": "Most endpoints: {default} for each app. A message has at most {bytes} bytes here, not counting its list of recipients.",
    "service.label": "Find an endpoint",
    "service.special": "Only limits other than {default}",
    "service.count": "{count} endpoints",
    "service.count.one": "1 endpoint",
    "service.endpoint": "Endpoint",
    "service.rates": "Calls",
    "service.lists": "Per call, at most",
    "service.items": "{most} × {field}",
    "service.body": "size of a message",
    "service.failed": "Could not show the limits: {problem}",
  },
  zh: {
    "service.title": "服务限制",
    "service.about": "大多数接口：每个应用 {default}。此处单条消息最多 {bytes} 字节，不计接收方列表。",
    "service.label": "查找接口",
    "service.special": "只看不是 {default} 的",
    "service.count": "{count} 个接口",
    "service.endpoint": "接口",
    "service.rates": "调用频率",
    "service.lists": "单次调用最多",
    "service.items": "{most} × {field}",
    "service.body": "消息大小",
    "service.failed": "无法显示限制：{problem}",
  },
});

export const serviceLimits = {
  name: "service-limits",
  title: "service.title",
  icon: "chart",
  shortcut: "v",
  mount(element) {
    let isClosed = false;
    limits().then(
      (all) => !isClosed && draw(element, all),
      (error) => !isClosed && replace(element, h("p", { class: "empty", role: "alert" }, t("service.failed", { problem: error.message }))),
    );
    return () => (isClosed = true);
  },
};

function draw(element, all) {
  const body = h("tbody");
  const usual = all.default.map((each) => each.text).join(", ");
  const counted = h("span", { class: "soft", role: "status" });
  const input = h("input", {
    type: "search",
    class: "field x-search",
    "data-search": "",
    "aria-label": t("service.label"),
    placeholder: t("service.label"),
    autocomplete: "off",
    oninput: () => filter(),
  });
  const special = h("input", { type: "checkbox", onchange: () => filter() });
  function filter() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.endpoints.filter((each) => {
      const text = `${each.command} ${each.path} ${each.title} ${each.title_zh}`.toLowerCase();
      return words.every((word) => text.includes(word)) && !(special.checked && each.is_default);
    });
    replace(counted, t("service.count", { count: found.length }));
    replace(body, found.map(row));
  }
  const heads = ["service.endpoint", "service.rates", "service.lists"].map((key) => h("th", { scope: "col" }, t(key)));
  replace(
    element,
    h("div", { class: "view-head" }, h("h1", {}, t("service.title")), counted),
    h("p", { class: "x-about" }, t("service.about", { default: usual, bytes: all.body_limit_bytes })),
    h("div", { class: "x-filters" }, input, h("label", { class: "x-check" }, special, t("service.special", { default: usual }))),
    h("div", { class: "card x-table-card" }, h("table", { class: "x-table" }, h("thead", {}, h("tr", {}, heads)), body)),
  );
  filter();
}

function row(each) {
  const lists = each.lists.map(({ field, most }) => h("span", { class: "x-most" }, t("service.items", { most: formatNumber(most), field })));
  if (each.has_body_limit) lists.push(h("span", { class: "x-most" }, t("service.body")));
  return h(
    "tr",
    {},
    h("td", {}, h("a", { href: explorerLink(each.command) }, titleOf(each)), " ", h("code", { class: "soft" }, each.command)),
    h("td", {}, each.rates.map((rate) => h("span", { class: each.is_default ? "x-rate soft" : "x-rate" }, rate.text))),
    h("td", {}, lists),
  );
}
