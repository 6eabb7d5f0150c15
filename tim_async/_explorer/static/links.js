// Addresses of the explorer. A filled-in form is stored after the `#`, which browsers do not send.

import { formatJson } from "./json_text.js";

// explorerLink("openim/sendmsg", {To_Account: "bob"}): the form with these fields; a string is taken as JSON.
export function explorerLink(command, body = null) {
  if (body === null) return `#/explorer/${command}`;
  const text = typeof body === "string" ? body : formatJson(body, 0);
  return text === "{}" ? `#/explorer/${command}` : `#/explorer/${command}?body=${encodeURIComponent(text)}`;
}

export function codeLink(code) {
  return `#/error-codes?code=${code}`;
}
