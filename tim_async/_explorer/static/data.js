// The data that views read from the server: once each, however often a view is opened.

import { api } from "/_assets/pages/api.js";

const PREFIX = "/_explorer/v1/";
const read = new Map();

function once(path) {
  if (!read.has(path)) {
    const answer = api.get(PREFIX + path);
    read.set(path, answer);
    answer.catch(() => read.delete(path));
  }
  return read.get(path);
}

export const about = () => once("about");
export const catalogue = () => once("catalogue");
export const endpointPage = (command) => once(`endpoints/${command}`);
export const codes = () => once("codes");
export const limits = () => once("limits");
export const check = (command, text) => api.post(`${PREFIX}check/${command}`, { text });
export const copies = (command, text) => api.post(`${PREFIX}copies/${command}`, { text });
export const send = (command, text, isConfirmed) =>
  api.post(`${PREFIX}send/${command}`, { text, is_confirmed: isConfirmed });
