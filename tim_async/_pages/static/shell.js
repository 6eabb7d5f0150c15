// What all pages have around their views: navigation, language, theme, routes, shortcuts, events and short messages.
//
//     startShell({
//       title: "console.title",   // a key of a text, as are those of views
//       views: [{ name: "calls", title: "calls.title", icon: "calls", shortcut: "c", mount(element, context) {...} }],
//       home: "calls",
//       tools: [(context) => element],   // at the foot of the navigation
//       events: "/_emulator/v1/events",
//     });
//
// A view's address is `#/NAME/...?...`. `mount` fills the element; it returns a function that ends the view, or an object
// with `close` and `update(context)`, which is called instead of a new `mount` where only the rest of the address changes.

import { h, replace } from "./dom.js";
import { openDialog } from "./dialog.js";
import { Events } from "./events.js";
import { icon } from "./icons.js";
import { Shortcuts } from "./shortcuts.js";
import { addTexts, language, onLanguage, setLanguage, t } from "./texts.js";
import { nextTheme, theme } from "./themes.js";
import { Toasts } from "./toasts.js";

addTexts({
  en: {
    "shell.skip": "Skip to the content",
    "shell.views": "Views",
    "shell.menu": "Menu",
    "shell.language": "Language: {name}",
    "shell.theme": "Theme: {name}",
    "shell.theme.system": "as the system",
    "shell.theme.light": "light",
    "shell.theme.dark": "dark",
    "shell.help": "Keyboard shortcuts",
    "shell.live": "Live",
    "shell.lost": "Connecting…",
    "shell.search": "Search",
    "shell.go": "Go to {name}",
    "shell.failed": "This view could not be shown: {problem}",
  },
  zh: {
    "shell.skip": "跳到正文",
    "shell.views": "页面",
    "shell.menu": "菜单",
    "shell.language": "语言：{name}",
    "shell.theme": "主题：{name}",
    "shell.theme.system": "跟随系统",
    "shell.theme.light": "浅色",
    "shell.theme.dark": "深色",
    "shell.help": "键盘快捷键",
    "shell.live": "实时",
    "shell.lost": "正在连接…",
    "shell.search": "搜索",
    "shell.go": "打开「{name}」",
    "shell.failed": "无法显示此页面：{problem}",
  },
});

const LANGUAGES = { en: "English", zh: "中文" };
const THEME_ICONS = { system: "screen", light: "sun", dark: "moon" };

export function startShell({ title, views, home, tools = [], events: url = null }) {
  const shell = new Shell(title, views, home, tools, url === null ? null : new Events(url));
  shell.start();
  return shell;
}

class Shell {
  #title;
  #views;
  #home;
  #tools;
  #events;
  #toasts = new Toasts();
  #shortcuts = new Shortcuts();
  #side = h("header", { class: "side" });
  #main = h("main", { id: "main", class: "main", tabindex: "-1" });
  #view = null;
  #mounted = null;
  #ofView = [];
  #isConnected = false;

  constructor(title, views, home, tools, events) {
    this.#title = title;
    this.#views = views;
    this.#home = home;
    this.#tools = tools;
    this.#events = events;
  }

  start() {
    const skip = h("button", { type: "button", class: "skip", onclick: () => this.#main.focus() });
    document.body.replaceChildren(skip, h("div", { class: "shell" }, this.#side, this.#main), this.#toasts.element);
    this.#events?.onState((isConnected) => {
      this.#isConnected = isConnected;
      this.#showState();
    });
    const draw = () => {
      replace(skip, t("shell.skip"));
      this.#drawSide();
      this.#show({ again: true });
    };
    onLanguage(draw);
    addEventListener("hashchange", () => this.#show());
    this.#shortcuts.add({ key: "?", title: () => t("shell.help"), run: () => this.#help() });
    this.#shortcuts.add({ key: "/", title: () => t("shell.search"), run: () => this.#search() });
    for (const view of this.#views) {
      if (!view.shortcut) continue;
      const go = () => this.#go(`#/${view.name}`);
      this.#shortcuts.add({ key: view.shortcut, title: () => t("shell.go", { name: t(view.title) }), run: go });
    }
    draw();
  }

  #drawSide() {
    const links = this.#views.map((view) =>
      h(
        "li",
        {},
        h(
          "a",
          { href: `#/${view.name}`, "data-view": view.name, class: "nav-link" },
          icon(view.icon ?? view.name),
          h("span", { class: "nav-name" }, t(view.title)),
          view.shortcut ? h("kbd", { "aria-hidden": "true" }, view.shortcut) : null,
        ),
      ),
    );
    const menu = h(
      "button",
      {
        type: "button",
        class: "icon-button menu-button",
        "aria-label": t("shell.menu"),
        "aria-expanded": "false",
        "aria-controls": "navigation",
        onclick: () => this.#openMenu(!this.#side.classList.contains("open")),
      },
      icon("menu"),
    );
    replace(
      this.#side,
      h("div", { class: "brand" }, menu, h("span", { class: "brand-mark", "aria-hidden": "true" }), h("span", {}, t(this.#title))),
      this.#events ? h("div", { class: "live", role: "status" }) : null,
      h("div", { class: "drawer", id: "navigation" }, h("nav", { "aria-label": t("shell.views") }, h("ul", {}, links)), this.#foot()),
    );
    this.#showState();
  }

  #foot() {
    const other = language() === "en" ? "zh" : "en";
    return h(
      "div",
      { class: "side-foot" },
      this.#tools.map((each) => each(this.#context([], new URLSearchParams()))),
      h(
        "div",
        { class: "side-buttons" },
        h(
          "button",
          {
            type: "button",
            class: "button small",
            lang: other === "zh" ? "zh-CN" : "en",
            "aria-label": t("shell.language", { name: LANGUAGES[other] }),
            "data-language": other,
            onclick: () => setLanguage(other),
          },
          icon("language"),
          LANGUAGES[other],
        ),
        this.#themeButton(),
        h(
          "button",
          { type: "button", class: "icon-button", "aria-label": t("shell.help"), title: `${t("shell.help")} (?)`, onclick: () => this.#help() },
          icon("help"),
        ),
      ),
    );
  }

  #themeButton() {
    const button = h("button", {
      type: "button",
      class: "icon-button theme-button",
      onclick: () => {
        nextTheme();
        draw();
      },
    });
    function draw() {
      const text = t("shell.theme", { name: t(`shell.theme.${theme()}`) });
      button.setAttribute("aria-label", text);
      button.title = text;
      replace(button, icon(THEME_ICONS[theme()]));
    }
    draw();
    return button;
  }

  #showState() {
    const live = this.#side.querySelector(".live");
    if (live === null) return;
    live.classList.toggle("lost", !this.#isConnected);
    replace(live, h("span", { class: "dot", "aria-hidden": "true" }), t(this.#isConnected ? "shell.live" : "shell.lost"));
  }

  #openMenu(isOpen) {
    this.#side.classList.toggle("open", isOpen);
    this.#side.querySelector(".menu-button").setAttribute("aria-expanded", String(isOpen));
  }

  #context(args, query) {
    return {
      args,
      query,
      events: this.#events,
      go: (hash) => this.#go(hash),
      notify: (text, options) => this.#toasts.notify(text, options),
      // {key, title, run}: a shortcut of the view, until it ends.
      shortcut: (each) => this.#ofView.push(this.#shortcuts.add(each)),
    };
  }

  #go(hash) {
    if (location.hash === hash) this.#show({ again: true });
    else location.hash = hash;
  }

  #show({ again = false } = {}) {
    const [path, query = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
    const args = path === "" ? [this.#home] : path.split("/").map(decode);
    const view = this.#views.find((each) => each.name === args[0]);
    if (view === undefined) {
      location.replace(`#/${this.#home}`);
      return;
    }
    const context = this.#context(args, new URLSearchParams(query));
    const isNew = view !== this.#view;
    this.#openMenu(false);
    this.#mark(view);
    if (!isNew && !again && this.#mounted?.update) {
      this.#mounted.update(context);
      return;
    }
    this.#end();
    const isFirst = this.#view === null;
    this.#view = view;
    const element = h("div", { class: `view view-${view.name}` });
    replace(this.#main, element);
    try {
      const mounted = view.mount(element, context);
      this.#mounted = typeof mounted === "function" ? { close: mounted } : (mounted ?? null);
    } catch (error) {
      console.error(error);
      replace(element, h("p", { class: "empty", role: "alert" }, t("shell.failed", { problem: error.message })));
    }
    if (isNew && !isFirst) this.#main.focus({ preventScroll: true });
  }

  #end() {
    this.#mounted?.close?.();
    this.#mounted = null;
    for (const end of this.#ofView.splice(0)) end();
  }

  #mark(view) {
    document.title = `${t(view.title)} · ${t(this.#title)}`;
    for (const link of this.#side.querySelectorAll("[data-view]")) {
      if (link.dataset.view === view.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  #search() {
    const field = this.#main.querySelector("[data-search]");
    field?.focus();
    field?.select?.();
  }

  #help() {
    if (document.querySelector("dialog[open]")) return;
    const rows = this.#shortcuts.list().map(({ key, title }) => [
      h("dt", {}, h("kbd", {}, key)),
      h("dd", {}, typeof title === "function" ? title() : title),
    ]);
    openDialog({
      title: t("shell.help"),
      content: h("dl", { class: "shortcut-list" }, rows),
      buttons: h("button", { type: "submit", value: "", class: "button primary" }, t("dialog.close")),
    });
  }
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
