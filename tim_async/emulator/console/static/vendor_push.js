// A push as the phones of a vendor show it.

import { h } from "/_assets/pages/dom.js";
import { addTexts, t } from "/_assets/pages/texts.js";
import { jsonView } from "./json_view.js";

addTexts({
  en: {
    "vendor.apns": "Apple",
    "vendor.fcm": "Google (FCM)",
    "vendor.harmony": "HarmonyOS",
    "vendor.honor": "Honor",
    "vendor.huawei": "Huawei",
    "vendor.meizu": "Meizu",
    "vendor.oppo": "OPPO",
    "vendor.vivo": "vivo",
    "vendor.xiaomi": "Xiaomi",
    "vendor.app": "Your app",
    "vendor.now": "now",
    "vendor.cut": "cut to the vendor's length",
    "vendor.given": "What {vendor} receives",
    "vendor.no_title": "(no title)",
  },
  zh: {
    "vendor.apns": "苹果",
    "vendor.fcm": "谷歌 (FCM)",
    "vendor.harmony": "鸿蒙",
    "vendor.honor": "荣耀",
    "vendor.huawei": "华为",
    "vendor.meizu": "魅族",
    "vendor.oppo": "OPPO",
    "vendor.vivo": "vivo",
    "vendor.xiaomi": "小米",
    "vendor.app": "你的应用",
    "vendor.now": "现在",
    "vendor.cut": "已按厂商长度截断",
    "vendor.given": "交给{vendor}的内容",
    "vendor.no_title": "（无标题）",
  },
});

// Takes one of the `vendors` of a push.
export function vendorCard(push) {
  const vendor = t(`vendor.${push.vendor}`);
  return h(
    "section",
    { class: "vendor", "aria-label": vendor },
    h("div", { class: "vendor-head" }, h("h3", {}, vendor), push.is_cut ? h("span", { class: "badge warn" }, t("vendor.cut")) : null),
    h(
      "div",
      { class: "phone-note" },
      h("div", { class: "phone-note-app" }, h("span", { class: "phone-note-icon", "aria-hidden": "true" }), t("vendor.app"), h("span", { class: "phone-note-now" }, t("vendor.now"))),
      h("p", { class: "phone-note-title" }, h("bdi", {}, push.title || t("vendor.no_title"))),
      push.subtitle ? h("p", { class: "phone-note-subtitle" }, h("bdi", {}, push.subtitle)) : null,
      h("p", { class: "phone-note-text" }, h("bdi", {}, push.text)),
    ),
    h(
      "details",
      { class: "vendor-json" },
      h("summary", {}, t("vendor.given", { vendor })),
      jsonView(JSON.stringify(push.given), { label: t("vendor.given", { vendor }) }),
    ),
  );
}
