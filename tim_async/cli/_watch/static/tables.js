// Codes, last failures and workers.

import { h } from "/_assets/pages/dom.js";
import { formatNumber, formatTime, t } from "/_assets/pages/texts.js";

export function codesTable(codes, language) {
  if (codes.length === 0) return section("watch.codes", h("p", { class: "soft" }, t("watch.no_codes")));
  const rows = codes.map((each) => {
    const meaning = (language === "zh" && each.meaning_zh) || each.meaning;
    const advice = (language === "zh" && each.advice_zh) || each.advice;
    return [
      h("strong", {}, String(each.code)),
      formatNumber(each.count),
      [h("span", {}, each.code === 0 ? t("watch.not_sent") : meaning), advice ? h("span", { class: "soft w-advice" }, advice) : null],
    ];
  });
  return section("watch.codes", table(["watch.code", "watch.count", "watch.meaning"], rows));
}

export function failuresTable(failures) {
  if (failures.length === 0) return null;
  const rows = failures.map((each) => [each.account, String(each.code), each.info ?? ""]);
  return section("watch.failures", table(["watch.account", "watch.code", "watch.info"], rows));
}

export function workersTable(workers) {
  if (workers === null) return null;
  if (workers.length === 0) return section("watch.workers", h("p", { class: "soft" }, t("watch.no_workers")));
  const rows = workers.map((each) => [
    t("watch.worker", { host: each.host, pid: String(each.pid) }),
    each.is_alive ? t(`watch.worker_state.${each.state}`) : t("watch.worker_dead", { time: formatTime(each.seen_at) }),
    t("watch.chunks", { count: each.chunks }),
    t("watch.at_work", { count: each.at_work.reduce((sum, task) => sum + task.chunks.length, 0), tasks: each.tasks }),
  ]);
  return section("watch.workers", table(null, rows));
}

function section(title, content) {
  return h("section", { class: "card w-section" }, h("h2", {}, t(title)), content);
}

function table(heads, rows) {
  return h(
    "div",
    { class: "w-scroll", tabindex: "0" },
    h(
      "table",
      { class: "w-table" },
      heads ? h("thead", {}, h("tr", {}, heads.map((each) => h("th", { scope: "col" }, t(each))))) : null,
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((each) => h("td", {}, each))))),
    ),
  );
}
