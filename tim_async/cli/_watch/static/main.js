// The page of `tim-async bulk watch`: one campaign, from its ledger.

import { api } from "/_assets/pages/api.js";
import { h, replace } from "/_assets/pages/dom.js";
import { startShell } from "/_assets/pages/shell.js";
import { addTexts, t } from "/_assets/pages/texts.js";
import { campaign } from "./campaign.js";

addTexts({
  en: {
    "main.title": "Campaign",
    "main.locked": "Open the address that the command printed: it has the key to this page.",
    "main.away": "The command has ended or does not answer: {problem}",
  },
  zh: {
    "main.title": "批量任务",
    "main.locked": "请打开命令行中打印的完整地址，其中包含访问此页面的令牌。",
    "main.away": "命令已结束或没有响应：{problem}",
  },
});

try {
  const first = await api.get("/_watch/v1/campaign");
  startShell({
    title: "main.title",
    views: [campaign],
    home: "campaign",
    tools: [() => h("div", { class: "w-where soft" }, first.report.ledger)],
  });
} catch (error) {
  const text = error.status === 401 ? t("main.locked") : t("main.away", { problem: error.message });
  replace(document.body, h("main", { class: "view" }, h("h1", {}, t("main.title")), h("p", { class: "empty", role: "alert" }, text)));
}
