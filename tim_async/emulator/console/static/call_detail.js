// One call: its result, its attempts, request and answer side by side, and copies.

import { codeLink, explorerLink } from "/_assets/explorer/links.js";
import { api } from "/_assets/pages/api.js";
import { copyButton } from "/_assets/pages/copy.js";
import { h, replace } from "/_assets/pages/dom.js";
import { icon } from "/_assets/pages/icons.js";
import { addTexts, formatSeconds, formatTime, language, t } from "/_assets/pages/texts.js";
import "./fault_texts.js";
import { isJson, jsonView, seen } from "./json_view.js";
import { API, codeBadge } from "./parts.js";

addTexts({
  en: {
    "call.number": "Call {number}",
    "call.by": "by {identifier}",
    "call.took": "after {time}",
    "call.request": "Request",
    "call.answer": "Answer",
    "call.bytes": "{count} bytes",
    "call.bytes.one": "{count} byte",
    "call.waiting": "The answer is held back by a planned fault, or in transit.",
    "call.no_answer": "The connection was closed without an answer.",
    "call.no_body": "No body",
    "call.not_kept": "No longer kept",
    "call.unknown": "{count} unknown fields",
    "call.unknown.one": "1 unknown field",
    "call.unknown_field": "Not a documented field of {command}",
    "call.page": "Official page",
    "call.other_page": "官方文档",
    "call.what_now": "What to do",
    "call.attempts": "Attempts of one message",
    "call.attempt": "Attempt {attempt}",
    "call.carried_out": "executed",
    "call.not_carried_out": "not executed",
    "call.fault": "planned fault: {kind}",
    "call.explore": "Open in the explorer",
    "call.copy": "Copy as",
    "call.python": "Python",
    "call.curl": "curl",
    "call.command": "tim-async call",
    "call.copy_hint": "Reads TIM_BASE_URL, TIM_SDK_APP_ID, TIM_SECRET_KEY and TIM_IDENTIFIER; it contains no key and no UserSig.",
    "call.gone": "This call is no longer kept.",
  },
  zh: {
    "call.number": "调用 {number}",
    "call.by": "调用者 {identifier}",
    "call.took": "耗时 {time}",
    "call.request": "请求",
    "call.answer": "应答",
    "call.bytes": "{count} 字节",
    "call.waiting": "应答被预设故障扣住，或正在路上。",
    "call.no_answer": "连接已关闭，没有应答。",
    "call.no_body": "没有内容",
    "call.not_kept": "已不再保留",
    "call.unknown": "{count} 个未知字段",
    "call.unknown_field": "{command} 的文档中没有此字段",
    "call.page": "官方文档",
    "call.other_page": "Official page",
    "call.what_now": "怎么办",
    "call.attempts": "同一条消息的各次尝试",
    "call.attempt": "第 {attempt} 次尝试",
    "call.carried_out": "已执行",
    "call.not_carried_out": "未执行",
    "call.fault": "预设故障：{kind}",
    "call.explore": "在接口调试中打开",
    "call.copy": "复制为",
    "call.python": "Python",
    "call.curl": "curl",
    "call.command": "tim-async call",
    "call.copy_hint": "读取 TIM_BASE_URL、TIM_SDK_APP_ID、TIM_SECRET_KEY 和 TIM_IDENTIFIER；不含密钥和 UserSig。",
    "call.gone": "这次调用已不再保留。",
  },
});

const WAYS = ["python", "curl", "command"];

export class CallDetail {
  element = h("div", { class: "detail" });
  #context;
  #onClose;
  #onOpen;
  #number = null;
  #first = null;
  #way = "python";

  constructor(context, onClose, onOpen) {
    this.#context = context;
    this.#onClose = onClose;
    this.#onOpen = onOpen;
  }

  close() {
    this.#number = null;
  }

  // Shows a call; null shows none. Returns the call, or null.
  async show(number) {
    if (number === this.#number && number !== null) return null;
    this.#number = number;
    this.#first = null;
    if (number === null) {
      replace(this.element, h("p", { class: "empty" }, t("calls.choose")));
      return null;
    }
    return this.#read();
  }

  // Another attempt of the shown call may have arrived.
  come(calls) {
    const isShown = (each) => each.number === this.#number || (this.#first !== null && each.first_attempt === this.#first);
    if (this.#number !== null && calls.some(isShown)) this.#read();
  }

  async #read() {
    const number = this.#number;
    let call, copies;
    try {
      [call, copies] = await Promise.all([api.get(`${API}/calls/${number}`), api.get(`${API}/calls/${number}/copies`)]);
    } catch (error) {
      if (number === this.#number) {
        replace(this.element, this.#back(), h("p", { class: "empty" }, error.status === 404 ? t("call.gone") : error.message));
      }
      return null;
    }
    if (number !== this.#number) return null;
    this.#first = call.first_attempt;
    replace(this.element, this.#head(call), this.#outcome(call), this.#attempts(call), bodies(call), this.#copies(copies));
    return call;
  }

  #back() {
    return h("button", { type: "button", class: "icon-button detail-back", "aria-label": t("parts.back"), onclick: () => this.#onClose() }, icon("back"));
  }

  #head(call) {
    const isChinese = language() === "zh";
    const endpoint = call.endpoint;
    const title = endpoint && (isChinese ? endpoint.title_zh : endpoint.title);
    return h(
      "header",
      { class: "detail-head" },
      this.#back(),
      h(
        "div",
        { class: "detail-names" },
        h("h2", {}, endpoint?.name ?? seen(call.command), title ? h("span", { class: "soft" }, ` · ${title}`) : null),
        h("p", { class: "soft" }, h("code", {}, seen(call.command)), pages(endpoint, isChinese)),
      ),
      explore(call),
    );
  }

  #outcome(call) {
    const meaning = call.meaning;
    const isChinese = language() === "zh";
    const facts = [
      formatTime(call.at),
      call.took_s === null ? null : t("call.took", { time: formatSeconds(call.took_s) }),
      call.identifier ? t("call.by", { identifier: seen(call.identifier) }) : null,
      t("call.number", { number: String(call.number) }),
    ];
    return h(
      "div",
      { class: "outcome" },
      h(
        "p",
        { class: "outcome-line" },
        codeBadge(call),
        call.fault ? h("span", { class: "badge warn" }, t("call.fault", { kind: t(`faults.kind.${call.fault}`) })) : null,
        h("span", { class: "soft outcome-facts" }, facts.filter(Boolean).join(" · ")),
      ),
      meaning
        ? h(
            "div",
            { class: "explained" },
            h("p", {}, h("a", { href: codeLink(meaning.code), class: "explained-code" }, `${meaning.code} ${meaning.name}`), ` ${isChinese ? meaning.meaning_zh : meaning.meaning}`),
            whatNow(isChinese ? meaning.what_now_zh : meaning.what_now),
          )
        : null,
    );
  }

  #attempts(call) {
    if (!(call.attempts > 1)) return null;
    const all = [call, ...call.others].sort((a, b) => a.number - b.number);
    return h(
      "section",
      { class: "attempts", "aria-label": t("call.attempts") },
      h("h3", {}, t("calls.joined", { attempts: call.attempts, count: call.messages })),
      h(
        "ol",
        { class: "attempt-list" },
        all.map((each) =>
          h(
            "li",
            {},
            h(
              "button",
              { type: "button", class: "attempt", "aria-current": each.number === call.number ? "true" : null, onclick: () => this.#onOpen(each.number) },
              h("span", { class: "attempt-name" }, t("call.attempt", { attempt: each.attempt })),
              codeBadge(each),
              h("span", { class: "soft" }, formatTime(each.at)),
              each.fault ? h("span", { class: "badge warn" }, t(`faults.kind.${each.fault}`)) : null,
              h("span", { class: "soft" }, t(each.result_code === null ? "call.not_carried_out" : "call.carried_out")),
            ),
          ),
        ),
      ),
    );
  }

  #copies(copies) {
    const ways = WAYS.filter((each) => copies[each] !== null);
    if (ways.length === 0) return null;
    if (!ways.includes(this.#way)) this.#way = ways[0];
    const shown = h("pre", { class: "json code", tabindex: "0", role: "group" });
    const buttons = ways.map((each) =>
      h("button", { type: "button", class: "button small", "aria-pressed": "false", onclick: () => choose(each) }, t(`call.${each}`)),
    );
    const choose = (way) => {
      this.#way = way;
      buttons.forEach((each, index) => each.setAttribute("aria-pressed", String(ways[index] === way)));
      shown.setAttribute("aria-label", t(`call.${way}`));
      replace(shown, copies[way]);
    };
    choose(this.#way);
    return h(
      "section",
      { class: "copies" },
      h("div", { class: "panel-head" }, h("h3", {}, t("call.copy")), h("div", { class: "segments" }, buttons), copyButton(() => copies[this.#way])),
      shown,
      h("p", { class: "soft" }, t("call.copy_hint")),
    );
  }
}

function pages(endpoint, isChinese) {
  if (!endpoint) return null;
  const [own, other] = isChinese ? [endpoint.url_zh, endpoint.url] : [endpoint.url, endpoint.url_zh];
  const links = [
    [own, t("call.page"), null],
    [other, t("call.other_page"), isChinese ? "en" : "zh-CN"],
  ];
  return links
    .filter(([url]) => url)
    .map(([url, text, lang]) => [" · ", h("a", { href: url, lang, target: "_blank", rel: "noopener noreferrer" }, text)]);
}

function whatNow(text) {
  return text ? h("p", {}, h("span", { class: "explained-what" }, t("call.what_now")), text) : null;
}

function bodies(call) {
  const nothing = call.took_s === null ? "call.waiting" : call.status === null ? "call.no_answer" : "call.no_body";
  const marks = new Map(call.unknown.map((each) => [each, t("call.unknown_field", { command: call.command })]));
  return h(
    "div",
    { class: "bodies" },
    panel(t("call.request"), call.request, call.request_size, t("call.no_body"), marks),
    panel(t("call.answer"), call.answer, call.answer_size, t(nothing)),
  );
}

// The request as a filled-in form, for changing and sending it again.
function explore(call) {
  if (!call.endpoint || !call.request || !isJson(call.request)) return null;
  return h("a", { class: "button small", href: explorerLink(call.command, call.request) }, icon("compass"), t("call.explore"));
}

function panel(title, text, size, nothing, marks = new Map()) {
  return h(
    "section",
    { class: "panel" },
    h(
      "div",
      { class: "panel-head" },
      h("h3", {}, title),
      h("span", { class: "soft" }, t("call.bytes", { count: size })),
      marks.size > 0 ? h("span", { class: "badge warn" }, t("call.unknown", { count: marks.size })) : null,
      text ? copyButton(() => text) : null,
    ),
    text ? jsonView(text, { marks, label: title }) : h("p", { class: "soft panel-none" }, text === null ? t("call.not_kept") : nothing),
  );
}
