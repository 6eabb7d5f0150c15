// JSON as received, indented and coloured. Numbers keep every digit, keys their order, and invisible or
// direction-changing characters are shown as escapes.

import { h } from "/_assets/pages/dom.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
// Beyond this size, colours would make the page slow.
const MOST_COLOURED = 100_000;

// Returns an element. `marks` maps JSON pointers of fields to remarks.
export function jsonView(text, { marks = new Map(), label = null } = {}) {
  const attributes = { class: "json", tabindex: "0", role: "group", "aria-label": label };
  if (text.length > MOST_COLOURED || !isJson(text)) return h("pre", attributes, seen(text));
  return h("pre", attributes, layOut(text, marks));
}

export function isJson(text) {
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  return true;
}

// Invisible characters that affect the rest become escapes; emoji keep their joiners.
export function seen(text) {
  return text.replace(UNSEEN, (each) => {
    if (each === "\n" || each === "\t" || each === "\u200d") return each;
    return `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function layOut(text, marks) {
  const tokens = text.match(TOKEN) ?? [];
  const parts = [];
  const stack = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    const inside = stack.at(-1);
    if (token === "{" || token === "[") {
      const end = token === "{" ? "}" : "]";
      if (tokens[index + 1] === end) {
        parts.push(token + end);
        index++;
        continue;
      }
      stack.push({ isList: token === "[", path: inside ? pathIn(inside) : "", name: "", at: 0, isKey: token === "{" });
      parts.push(token, newLine(stack));
    } else if (token === "}" || token === "]") {
      stack.pop();
      parts.push(newLine(stack), token);
    } else if (token === ",") {
      inside.at++;
      inside.isKey = !inside.isList;
      parts.push(",", newLine(stack));
    } else if (token === ":") {
      inside.isKey = false;
      parts.push(": ");
    } else if (inside?.isKey) {
      inside.name = JSON.parse(token);
      const mark = marks.get(pathIn(inside));
      parts.push(h("span", { class: mark ? "json-key json-marked" : "json-key", title: mark }, shown(token)));
    } else {
      parts.push(h("span", { class: kindOf(token) }, token.startsWith('"') ? shown(token) : token));
    }
  }
  return parts;
}

function pathIn(inside) {
  const name = inside.isList ? String(inside.at) : inside.name.replace(/~/g, "~0").replace(/\//g, "~1");
  return `${inside.path}/${name}`;
}

function newLine(stack) {
  return `\n${"  ".repeat(stack.length)}`;
}

// A readable string: without escapes for visible characters.
function shown(token) {
  return seen(JSON.stringify(JSON.parse(token)));
}

function kindOf(token) {
  if (token.startsWith('"')) return "json-text";
  return token === "true" || token === "false" || token === "null" ? "json-word" : "json-number";
}
