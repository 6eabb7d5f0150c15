// Logs an account in and out: online, reached by a vendor's pushes only, or neither.

import { h } from "/_assets/pages/dom.js";
import { t } from "/_assets/pages/texts.js";
import { control, path } from "./control.js";

const STATES = ["Online", "PushOnline", "Offline"];
// Pushes go to phones.
const PLATFORM = "iOS";

export function statusChoice(account, context) {
  const choice = h(
    "select",
    { class: "field small", "aria-label": t("inbox.status", { name: account }), disabled: true, onchange: () => set() },
    STATES.map((each) => h("option", { value: each }, t(`inbox.status.${each}`))),
  );
  async function change(request) {
    try {
      choice.value = (await request).status;
      choice.disabled = false;
    } catch (error) {
      context.notify(error.message, { kind: "error" });
    }
  }
  async function set() {
    const wanted = choice.value;
    choice.disabled = true;
    await change(control.post(path`/accounts/${account}/logout`, {}));
    if (wanted !== "Offline") {
      await change(control.post(path`/accounts/${account}/login`, { platform: PLATFORM, status: wanted }));
    }
  }
  change(control.get(path`/accounts/${account}`));
  return choice;
}
