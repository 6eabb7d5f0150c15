// One endpoint: its description, the form, the JSON beside it, the result of the check, and the answer.

import { confirmDialog } from "/_assets/pages/dialog.js";
import { copyButton } from "/_assets/pages/copy.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, t } from "/_assets/pages/texts.js";
import { outcomeCard } from "./answer.js";
import { Copies } from "./copies.js";
import { check, send } from "./data.js";
import { dangerBadge, titleOf } from "./finder.js";
import { Form } from "./form.js";
import { isObject, skeleton } from "./form_values.js";
import { fitRows } from "./inputs.js";
import { formatJson, parseJson, placeOf } from "./json_text.js";
import { explorerLink } from "./links.js";

addTexts({
  en: {
    "pane.form": "Form",
    "pane.json": "Request as JSON",
    "pane.send": "Send",
    "pane.anyway": "Send anyway",
    "pane.sending": "Sending…",
    "pane.keys": "Ctrl+Enter",
    "pane.clear": "Clear",
    "pane.link": "Copy link",
    "pane.problems": "{count} problems",
    "pane.problems.one": "1 problem",
    "pane.ready": "Ready to send",
    "pane.size": "{size} bytes",
    "pane.size.limit": "{size} of {limit} bytes",
    "pane.not-json": "This is not JSON: {problem}",
    "pane.not-json.place": "This is not JSON: line {line}, column {column}",
    "pane.not-object": "A request is a JSON object: { … }",
    "pane.missing": "{field} must be given",
    "pane.unchecked": "Could not be checked: {problem}",
    "pane.limits": "Limit: {limits}",
    "pane.page": "Official page",
    "pane.page.zh": "官方文档",
    "pane.repeat.always": "A repeat is harmless",
    "pane.repeat.identity": "A repeat with the same identity is dropped for 120 s",
    "pane.repeat.never": "A repeat is not harmless",
    "pane.ask": "Send {command} to app {app}?",
    "pane.ask.deletes": "It deletes stored data. This cannot be undone.",
    "pane.ask.excludes": "It shuts users out, or revokes their rights.",
    "pane.ask.reaches_all": "It can reach every user of the app.",
  },
  zh: {
    "pane.form": "表单",
    "pane.json": "请求 JSON",
    "pane.send": "发送",
    "pane.anyway": "仍然发送",
    "pane.sending": "发送中…",
    "pane.keys": "Ctrl+Enter",
    "pane.clear": "清空",
    "pane.link": "复制链接",
    "pane.problems": "{count} 个问题",
    "pane.ready": "可以发送",
    "pane.size": "{size} 字节",
    "pane.size.limit": "{size} / {limit} 字节",
    "pane.not-json": "不是合法的 JSON：{problem}",
    "pane.not-json.place": "不是合法的 JSON：第 {line} 行第 {column} 列",
    "pane.not-object": "请求必须是 JSON 对象：{ … }",
    "pane.missing": "必须填写 {field}",
    "pane.unchecked": "无法检查：{problem}",
    "pane.limits": "频率限制：{limits}",
    "pane.page": "Official page",
    "pane.page.zh": "官方文档",
    "pane.repeat.always": "可安全重发",
    "pane.repeat.identity": "120 秒内相同标识的重发会被去重",
    "pane.repeat.never": "重发有副作用",
    "pane.ask": "向应用 {app} 发送 {command}？",
    "pane.ask.deletes": "此操作会删除数据，无法撤销。",
    "pane.ask.excludes": "此操作会限制用户或收回其权限。",
    "pane.ask.reaches_all": "此操作可能触达应用的全部用户。",
  },
});

const CHECK_AFTER_MS = 250;
const SHOWN_REMARKS = 6;
const SHOWN_LINES = 28;
// The answers of this page, so that a change of language keeps them.
const outcomes = new Map();

export class RequestPane {
  #page;
  #about;
  #context;
  #form;
  #json;
  #jsonProblem = h("p", { class: "x-json-problem", role: "alert", hidden: true });
  #state = h("div", { class: "x-state", role: "status" });
  #remarks = h("ul", { class: "x-remarks" });
  #answer = h("div", { "aria-live": "polite" });
  #copies;
  #sendButton;
  #checked = null;
  #isBroken = false;
  #isFormOld = false;
  #isTouched = false; // a new form shows no errors
  #isSending = false;
  #timer = null;
  #turn = 0;
  #isClosed = false;

  constructor(page, about, context, text) {
    this.#page = page;
    this.#about = about;
    this.#context = context;
    this.#form = new Form(page.fields, () => this.#formChanged());
    this.#json = h("textarea", {
      class: "field x-body",
      spellcheck: "false",
      autocomplete: "off",
      "aria-label": t("pane.json"),
      oninput: () => this.#jsonChanged(),
    });
    this.#sendButton = h("button", { type: "button", class: "button primary", onclick: () => this.#send() }, icon("send"), t("pane.send"));
    this.#copies = new Copies(page.command, () => (this.#isBroken ? null : this.#compact()));
    this.element = this.#draw();
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
        event.preventDefault();
        this.#send();
      }
    });
    this.#begin(text);
    const last = outcomes.get(page.command);
    if (last !== undefined) replace(this.#answer, outcomeCard(last, page.answer));
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  // Whether an address belongs to this form as filled in.
  isAt(command, text) {
    return command === this.#page.command && (text ?? "{}") === this.#compact();
  }

  #begin(text) {
    this.#isTouched = text !== null;
    this.#write(text ?? formatJson(skeleton(this.#page.fields)));
    this.#readJson();
    this.#isFormOld = true;
    this.#drawForm();
    if (!this.#isBroken) this.#write(formatJson(this.#form.body));
    this.#check();
  }

  #draw() {
    const { command, path, danger, purpose, limits, repeat, url, url_zh: urlZh } = this.#page;
    return h(
      "div",
      { class: "x-pane" },
      h(
        "header",
        { class: "x-head" },
        h("h1", {}, titleOf(this.#page), " ", dangerBadge(danger)),
        h("p", { class: "x-facts" }, h("code", {}, command), h("code", { class: "soft" }, `client.${path}`)),
        h("p", { class: "soft" }, purpose),
        h(
          "p",
          { class: "x-facts soft" },
          h("span", {}, t("pane.limits", { limits: limits.join(", ") })),
          h("span", {}, t(`pane.repeat.${repeat}`)),
          url === null ? null : link(url, t("pane.page"), "en"),
          urlZh === null ? null : link(urlZh, t("pane.page.zh"), "zh-CN"),
        ),
      ),
      h(
        "div",
        { class: "x-bar" },
        this.#sendButton,
        h("kbd", { class: "x-keys", "aria-hidden": "true" }, t("pane.keys")),
        this.#state,
        h("span", { class: "x-space" }),
        copyButton(() => this.#link(), t("pane.link")),
        h("button", { type: "button", class: "button small", onclick: () => this.#clear() }, icon("reset"), t("pane.clear")),
      ),
      h(
        "div",
        { class: "x-columns" },
        h("section", { class: "card x-form-card", "aria-label": t("pane.form") }, this.#form.element),
        h(
          "div",
          { class: "x-side" },
          h(
            "section",
            { class: "card", "aria-label": t("pane.json") },
            h("div", { class: "x-card-head" }, h("h2", {}, t("pane.json")), h("span", { class: "x-space" }), copyButton(() => this.#json.value)),
            this.#json,
            this.#jsonProblem,
            this.#remarks,
          ),
          this.#answer,
          this.#copies.element,
        ),
      ),
    );
  }

  #clear() {
    this.#write(formatJson(skeleton(this.#page.fields)));
    replace(this.#answer);
    outcomes.delete(this.#page.command);
    this.#jsonChanged();
    this.#write(formatJson(this.#form.body));
  }

  #write(text) {
    this.#json.value = text;
    fitRows(this.#json, SHOWN_LINES);
  }

  #compact() {
    return this.#isBroken ? this.#json.value : formatJson(this.#form.body, 0);
  }

  #link() {
    return `${location.origin}${location.pathname}${explorerLink(this.#page.command, this.#compact())}`;
  }

  #formChanged() {
    this.#write(formatJson(this.#form.body));
    this.#isBroken = false;
    this.#jsonProblem.hidden = true;
    this.#later();
  }

  // Input counts immediately; the form is drawn after a moment, because it may be large.
  #jsonChanged() {
    this.#readJson();
    this.#isFormOld = !this.#isBroken;
    this.#later();
  }

  #drawForm() {
    if (this.#isFormOld) this.#form.set(this.#form.body);
    this.#isFormOld = false;
  }

  #readJson() {
    const text = this.#json.value;
    let problem = "";
    try {
      const body = parseJson(text.trim() === "" ? "{}" : text);
      if (isObject(body)) this.#form.body = body;
      else problem = t("pane.not-object");
    } catch (error) {
      const place = placeOf(error, text);
      problem = place === null ? t("pane.not-json", { problem: error.message }) : t("pane.not-json.place", place);
    }
    this.#isBroken = problem !== "";
    this.#jsonProblem.hidden = problem === "";
    replace(this.#jsonProblem, problem);
  }

  // The check and the address are updated after a pause in typing.
  #later() {
    this.#isTouched = true;
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#drawForm();
      this.keepAddress();
      this.#check();
      this.#copies.changed();
    }, CHECK_AFTER_MS);
  }

  keepAddress() {
    if (location.hash.startsWith(`#/explorer/${this.#page.command}`)) {
      history.replaceState(null, "", explorerLink(this.#page.command, this.#compact()));
    }
  }

  async #check() {
    const turn = (this.#turn += 1);
    if (this.#isBroken) {
      this.#showChecked(null);
      return;
    }
    try {
      const checked = await check(this.#page.command, this.#compact());
      if (turn === this.#turn && !this.#isClosed) this.#showChecked(checked);
    } catch (error) {
      if (turn === this.#turn && !this.#isClosed) this.#showChecked(null, t("pane.unchecked", { problem: error.message }));
    }
  }

  #showChecked(checked, problem = "") {
    this.#checked = checked;
    const problems = (checked?.problems ?? []).map(translated);
    const advice = checked?.advice ?? [];
    this.#form.showRemarks(this.#isTouched ? problems : [], advice);
    const size = checked === null ? "" : checked.limit_bytes === null ? t("pane.size", { size: checked.size_bytes }) : t("pane.size.limit", { size: checked.size_bytes, limit: checked.limit_bytes });
    let badge = null;
    if (problems.length > 0) badge = h("span", { class: this.#isTouched ? "badge bad" : "badge" }, t("pane.problems", { count: problems.length }));
    else if (checked !== null) badge = h("span", { class: "badge good" }, t("pane.ready"));
    replace(this.#state, problem === "" ? null : h("span", { class: "badge warn" }, problem), badge, h("span", { class: "soft" }, size));
    replace(
      this.#remarks,
      [...problems.map((each) => this.#remark(each, this.#isTouched ? "bad" : "soft")), ...advice.map((each) => this.#remark(each, "warned"))].slice(0, SHOWN_REMARKS),
    );
    this.#showButton();
  }

  #remark({ path, message }, kind) {
    if (path.length === 0) return h("li", { class: kind }, message);
    return h("li", { class: kind }, h("button", { type: "button", class: "x-to", onclick: () => this.#form.focus(path) }, message));
  }

  #showButton() {
    const hasProblems = this.#isTouched && (this.#checked?.problems.length ?? 0) > 0;
    const text = t(this.#isSending ? "pane.sending" : hasProblems ? "pane.anyway" : "pane.send");
    replace(this.#sendButton, icon("send"), text);
    this.#sendButton.classList.toggle("primary", !hasProblems);
    this.#sendButton.disabled = this.#isSending || this.#isBroken;
  }

  async #send() {
    if (this.#isSending || this.#isBroken) return;
    if (!this.#isTouched && this.#checked?.problems.length) {
      this.#isTouched = true;
      this.#showChecked(this.#checked);
      return;
    }
    this.keepAddress(); // the link has what is sent
    const text = this.#compact();
    const { command, danger, answer } = this.#page;
    const asks = danger !== null && this.#about.asks_first;
    if (asks && !(await this.#confirm(danger))) return;
    this.#isSending = true;
    this.#showButton();
    try {
      const outcome = await send(command, text, asks);
      outcomes.set(command, outcome);
      if (!this.#isClosed) replace(this.#answer, outcomeCard(outcome, answer));
      this.#answer.firstElementChild?.scrollIntoView({ block: "nearest" });
    } catch (error) {
      this.#context.notify(error.message, { kind: "error" });
    }
    this.#isSending = false;
    this.#showButton();
  }

  #confirm(danger) {
    const title = t("pane.ask", { command: this.#page.command, app: String(this.#about.sdk_app_id) });
    return confirmDialog(t(`pane.ask.${danger}`), { danger: true, title, confirm: t("pane.send") });
  }
}

// The most frequent sentence of the check in the page's language; other sentences are the library's.
function translated(remark) {
  const found = /^(\w+) must be given$/.exec(remark.message);
  return found === null ? remark : { ...remark, message: t("pane.missing", { field: found[1] }) };
}

function link(url, text, language) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", lang: language }, text, " ↗");
}
