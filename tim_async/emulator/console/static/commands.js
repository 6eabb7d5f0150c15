// The commands that the emulator answers, for choosing one and for their titles in the language of the page.

import { api } from "/_assets/pages/api.js";
import { h } from "/_assets/pages/dom.js";
import { language } from "/_assets/pages/texts.js";

let asked = null;
const known = new Map();

// Requests them once; returns a promise of the commands.
export function loadCommands() {
  asked ??= api
    .get("/_emulator/v1/commands")
    .then((commands) => {
      for (const each of commands) known.set(each.command, each);
      return commands;
    })
    .catch((error) => {
      asked = null;
      throw error;
    });
  return asked;
}

// `c2c.send`; the command itself if it is not known (yet).
export function nameOf(command) {
  return known.get(command)?.name ?? command;
}

// What it does, in the language of the page; "" if unknown.
export function titleOf(command) {
  const found = known.get(command);
  if (!found) return "";
  return (language() === "zh" ? found.title_zh : found.title) ?? "";
}

let lists = 0;

// A field for a command, with a list of all commands. Returns [field, datalist].
export function commandField(attributes) {
  const id = `commands${++lists}`;
  const options = h("datalist", { id });
  loadCommands().then(
    (commands) => options.append(...commands.map((each) => h("option", { value: each.command }, `${each.name} · ${titleOf(each.command)}`))),
    () => {}, // a command can still be typed
  );
  return [h("input", { class: "field", list: id, autocomplete: "off", spellcheck: "false", ...attributes }), options];
}
