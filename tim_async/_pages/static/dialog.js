// Dialogs. The browser's own element keeps the focus inside, and closes on Escape.

import { h } from "./dom.js";
import { addTexts, t } from "./texts.js";

addTexts({
  en: { "dialog.cancel": "Cancel", "dialog.ok": "OK", "dialog.close": "Close" },
  zh: { "dialog.cancel": "取消", "dialog.ok": "确定", "dialog.close": "关闭" },
});

// Shows a dialog; the promise has the value of the button that closed it, "" for none.
export function openDialog({ title, content, buttons, class: name = "" }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: `dialog ${name}`, "aria-labelledby": "dialog-title", onclose: () => finish() },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "dialog-title" }, title),
        h("div", { class: "dialog-body" }, content),
        h("div", { class: "dialog-buttons" }, buttons),
      ),
    );
    function finish() {
      dialog.remove();
      resolve(dialog.returnValue);
    }
    document.body.append(dialog);
    dialog.showModal();
  });
}

export async function confirmDialog(text, { danger = false, title = text, confirm = t("dialog.ok") } = {}) {
  const answer = await openDialog({
    title,
    content: title === text ? [] : h("p", {}, text),
    buttons: [
      h("button", { type: "submit", value: "", class: "button" }, t("dialog.cancel")),
      h("button", { type: "submit", value: "yes", class: danger ? "button danger" : "button primary" }, confirm),
    ],
  });
  return answer === "yes";
}
