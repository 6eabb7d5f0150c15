// The view "Explorer": any endpoint as a form that is checked as it is filled in, and sent.

import { h, replace } from "/_assets/pages/dom.js";
import { addTexts, t } from "/_assets/pages/texts.js";
import { about, catalogue, endpointPage } from "./data.js";
import { finder } from "./finder.js";
import { RequestPane } from "./request_pane.js";

addTexts({
  en: {
    "explorer.title": "Explorer",
    "explorer.loading": "Loading…",
    "explorer.failed": "Could not be shown: {problem}",
    "explorer.back": "All endpoints",
    "explorer.where": "App {app} as {identifier}",
  },
  zh: {
    "explorer.title": "接口调试",
    "explorer.loading": "加载中…",
    "explorer.failed": "无法显示：{problem}",
    "explorer.back": "全部接口",
    "explorer.where": "应用 {app}，管理员 {identifier}",
  },
});

export const explorer = {
  name: "explorer",
  title: "explorer.title",
  icon: "compass",
  shortcut: "e",
  mount(element, context) {
    const view = new View(element);
    view.show(context);
    return { close: () => view.end(), update: (next) => view.show(next) };
  },
};

class View {
  #element;
  #pane = null;
  #turn = 0;

  constructor(element) {
    this.#element = element;
    replace(element, h("p", { class: "empty" }, t("explorer.loading")));
  }

  // The view may be rebuilt immediately, for another language: the address has the latest input.
  end() {
    this.#pane?.keepAddress();
    this.#close();
  }

  #close() {
    this.#turn += 1;
    this.#pane?.close();
    this.#pane = null;
  }

  async show(context) {
    const command = context.args.slice(1).join("/");
    const text = bodyInAddress();
    if (this.#pane !== null && this.#pane.isAt(command, text)) return;
    this.#close();
    const turn = this.#turn;
    try {
      const [all, where] = await Promise.all([catalogue(), about()]);
      const page = command === "" ? null : await endpointPage(command);
      if (turn !== this.#turn) return;
      if (page === null) this.#showAll(all, where, context);
      else this.#showOne(page, where, context, text);
    } catch (error) {
      if (turn !== this.#turn) return;
      console.warn(error.message);
      replace(this.#element, h("p", { class: "empty", role: "alert" }, t("explorer.failed", { problem: error.message })), this.#back());
    }
  }

  #showAll(all, where, context) {
    const found = finder(all, {
      text: context.query.get("search") ?? "",
      onText: (text) => history.replaceState(null, "", text === "" ? "#/explorer" : `#/explorer?search=${encodeURIComponent(text)}`),
    });
    replace(
      this.#element,
      h(
        "div",
        { class: "view-head" },
        h("h1", {}, t("explorer.title")),
        h("span", { class: "soft" }, t("explorer.where", { app: String(where.sdk_app_id), identifier: where.identifier })),
      ),
      found.element,
    );
    if (matchMedia("(min-width: 801px)").matches) found.input.focus({ preventScroll: true });
  }

  #showOne(page, where, context, text) {
    this.#pane = new RequestPane(page, where, context, text);
    replace(this.#element, this.#back(), this.#pane.element);
  }

  #back() {
    return h("a", { class: "x-back", href: "#/explorer" }, "‹ ", t("explorer.back"));
  }
}

// The address bar may be newer than what the shell has read.
function bodyInAddress() {
  return new URLSearchParams(location.hash.split(/\?(.*)/s)[1] ?? "").get("body");
}
