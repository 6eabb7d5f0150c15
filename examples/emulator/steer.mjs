// A test in another language: it plans a fault, sends through the app's own code, reads the inbox, and resets.
//
//     tim-async emulator &
//     node examples/emulator/steer.mjs
//
// Node 18 or later, no packages. The app's part signs its calls as any server does; the emulator's control API under
// /_emulator/v1 needs no signature and is described at /_emulator/v1/openapi.json.
import { createHmac, randomInt } from "node:crypto";
import { deflateSync } from "node:zlib";

const base = process.env.TIM_BASE_URL ?? "http://127.0.0.1:8900";
const app = Number(process.env.TIM_SDK_APP_ID ?? 1400000000);
const admin = process.env.TIM_IDENTIFIER ?? "administrator";
// The emulator's own key, which is public; `tim-async emulator` prints it.
const key = process.env.TIM_SECRET_KEY ?? "emulator-key-0123456789abcdef0123456789abcdef0123456789abcdef";

// The app: how a server signs and sends. A refusal for trouble inside the service (20004) is repeated with the same
// MsgSeq and MsgRandom, so that a message that did arrive is not sent twice.

function userSig(account, lifetime = 3600) {
  const time = Math.floor(Date.now() / 1000);
  const text = `TLS.identifier:${account}\nTLS.sdkappid:${app}\nTLS.time:${time}\nTLS.expire:${lifetime}\n`;
  const fields = {
    "TLS.ver": "2.0",
    "TLS.identifier": account,
    "TLS.sdkappid": app,
    "TLS.time": time,
    "TLS.expire": lifetime,
    "TLS.sig": createHmac("sha256", key).update(text).digest("base64"),
  };
  const packed = deflateSync(Buffer.from(JSON.stringify(fields))).toString("base64");
  return packed.replaceAll("+", "*").replaceAll("/", "-").replaceAll("=", "_");
}

async function call(command, body) {
  const query = new URLSearchParams({
    sdkappid: app,
    identifier: admin,
    usersig: userSig(admin),
    random: randomInt(2 ** 32),
    contenttype: "json",
  });
  const response = await fetch(`${base}/v4/${command}?${query}`, { method: "POST", body: JSON.stringify(body) });
  return response.json();
}

async function send(from, to, text) {
  const message = {
    From_Account: from,
    To_Account: to,
    MsgSeq: randomInt(2 ** 32),
    MsgRandom: randomInt(2 ** 32),
    MsgBody: [{ MsgType: "TIMTextElem", MsgContent: { Text: text } }],
  };
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const answer = await call("openim/sendmsg", message);
    if (answer.ErrorCode === 0) return attempt;
    if (answer.ErrorCode !== 20004) throw new Error(`${answer.ErrorCode} ${answer.ErrorInfo}`);
  }
  throw new Error("the service has trouble");
}

// The test: what steers the emulator.

async function emulator(method, path, body) {
  const response = await fetch(`${base}/_emulator/v1${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${answer.message}`);
  return answer;
}

function expect(what, seen, wanted) {
  if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`);
  }
  console.log(`${what}: ${JSON.stringify(seen)}`);
}

await emulator("POST", "/reset", {});
await emulator("POST", "/accounts", { user_ids: ["alice", "bob"] });
await emulator("POST", "/faults", { kind: "answer", code: 20004, command: "openim/sendmsg", times: 1 });

expect("attempts of the app", await send("alice", "bob", "welcome 🌸"), 2);

const inbox = await emulator("GET", "/messages?to=bob");
expect("bob's inbox", inbox.messages.map((each) => `${each.from_account}: ${each.text}`), ["alice: welcome 🌸"]);
const calls = await emulator("GET", "/calls?command=openim/sendmsg");
expect("codes, the newest first", calls.calls.map((each) => each.code), [0, 20004]);

await emulator("POST", "/reset", {});
expect("messages after the reset", (await emulator("GET", "/messages")).total, 0);
