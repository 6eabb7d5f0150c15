// The page of `tim-async console`: the explorer for a real app.

import { h, replace } from "/_assets/pages/dom.js";
import { startShell } from "/_assets/pages/shell.js";
import { addTexts, t } from "/_assets/pages/texts.js";
import { about } from "./data.js";
import { errorCodes } from "./error_codes.js";
import { explorer } from "./explorer.js";
import { serviceLimits } from "./service_limits.js";

addTexts({
  en: {
    "main.locked": "Open the address that the command printed: it has the key to this page.",
    "main.away": "The command has ended or does not answer: {problem}",
    "main.app": "App {app}",
  },
  zh: {
    "main.locked": "请打开命令行中打印的完整地址，其中包含访问此页面的令牌。",
    "main.away": "命令已结束或没有响应：{problem}",
    "main.app": "应用 {app}",
  },
});

try {
  const where = await about();
  startShell({
    title: "tim-async console",
    views: [explorer, errorCodes, serviceLimits],
    home: "explorer",
    tools: [
      () =>
        h(
          "div",
          { class: "x-where" },
          h("strong", {}, t("main.app", { app: String(where.sdk_app_id) })),
          h("span", { class: "soft" }, where.identifier),
          h("span", { class: "soft" }, where.address),
        ),
    ],
  });
} catch (error) {
  const text = error.status === 401 ? t("main.locked") : t("main.away", { problem: error.message });
  replace(document.body, h("main", { class: "view" }, h("h1", {}, "tim-async console"), h("p", { class: "empty", role: "alert" }, text)));
}
