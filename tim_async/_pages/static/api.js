// Asks the page's own server. What it refuses is an ApiError with the server's sentence.

export class ApiError extends Error {
  constructor(status, message, field = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.field = field;
  }
}

async function ask(method, path, body) {
  const options = { method, headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error" };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  let text;
  try {
    response = await fetch(path, options);
    text = await response.text();
  } catch {
    throw new ApiError(0, "the server does not answer");
  }
  let answer = null;
  try {
    answer = text === "" ? null : JSON.parse(text);
  } catch {
    if (response.ok) throw new ApiError(response.status, "the answer is not JSON");
  }
  if (!response.ok) {
    throw new ApiError(response.status, answer?.message ?? (text.trim() || `HTTP ${response.status}`), answer?.field);
  }
  return answer;
}

export const api = {
  get: (path) => ask("GET", path),
  post: (path, body = {}) => ask("POST", path, body),
  put: (path, body = {}) => ask("PUT", path, body),
  delete: (path) => ask("DELETE", path),
};

// withQuery("/calls", {code: 20004, text: ""}): "/calls?code=20004"; what is empty is left out.
export function withQuery(path, values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
