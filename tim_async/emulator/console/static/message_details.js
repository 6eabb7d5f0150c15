// The contents of a message, and its notification as each vendor shows it.

import { copyButton } from "/_assets/pages/copy.js";
import { openDialog } from "/_assets/pages/dialog.js";
import { h, replace } from "/_assets/pages/dom.js";
import { formatDay, formatTime, t } from "/_assets/pages/texts.js";
import { control, path } from "./control.js";
import { json, maybeJson } from "./elements.js";
import { vendorCard } from "./vendor_push.js";

// talk: {peer} or {group, topic}, as in the control API.
export function showDetails(message, viewer, talk) {
  const notice = h("div", { class: "notification-part" });
  openDialog({
    class: "wide",
    title: t("message.details"),
    content: [
      h("section", {}, h("h3", {}, t("message.notification")), notice),
      h("section", {}, h("h3", {}, t("message.facts")), factsOf(message, viewer, talk)),
      message.cloud_custom_data
        ? h("section", {}, h("h3", {}, t("message.data")), maybeJson(message.cloud_custom_data))
        : null,
      h(
        "section",
        {},
        h("div", { class: "section-head" }, h("h3", {}, t("message.elements")), copyButton(() => JSON.stringify(message.msg_body, null, 2))),
        json(message.msg_body),
      ),
    ],
    buttons: h("button", { type: "submit", value: "", class: "button primary" }, t("dialog.close")),
  });
  readNotification(notice, message, viewer, talk);
}

function factsOf(message, viewer, talk) {
  const to = talk.group ?? (message.from_account === viewer ? talk.peer : viewer);
  const rows = [
    [t("message.from"), message.from_account],
    [t("message.to"), to],
    [t("message.time"), `${formatDay(message.sent_at)} ${formatTime(message.sent_at)}`],
    ["MsgSeq", String(message.msg_seq)],
    talk.group === undefined ? [t("message.key"), message.id] : null,
  ].filter((each) => each !== null);
  return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

async function readNotification(place, message, viewer, talk) {
  let found;
  try {
    found = await control.get(path`/accounts/${viewer}/notification`, { id: message.id, ...talk });
  } catch (error) {
    replace(place, h("p", { class: "soft" }, error.message));
    return;
  }
  if (found.is_off) replace(place, h("p", { class: "soft" }, t("message.no-push")));
  else if (found.vendors.length === 0) replace(place, h("p", { class: "soft" }, t("message.no-text")));
  else replace(place, notification(found, viewer));
}

function notification(found, viewer) {
  const shown = h("div", { class: "notification-shown" });
  const choice = h(
    "select",
    { class: "field", "aria-label": t("message.vendors"), onchange: () => draw() },
    found.vendors.map((each) => h("option", { value: each.vendor }, t(`vendor.${each.vendor}`))),
  );
  function draw() {
    const card = vendorCard(found.vendors.find((each) => each.vendor === choice.value));
    for (const each of card.querySelectorAll("details")) each.open = true;
    replace(shown, card);
  }
  draw();
  return [h("p", { class: "soft" }, t(`message.status.${found.status}`, { name: viewer })), choice, shown];
}
