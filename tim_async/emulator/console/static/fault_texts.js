// The kinds of planned faults, by name.

import { addTexts } from "/_assets/pages/texts.js";

addTexts({
  en: {
    "faults.kind.answer": "Answer with a code",
    "faults.kind.delay": "Answer late",
    "faults.kind.drop": "Close the connection",
    "faults.kind.status": "Answer with an HTTP status",
    "faults.kind.garbage": "Answer with a body that is not JSON",
    "faults.kind.truncate": "Send half of the answer",
    "faults.kind.endless": "Answer endlessly",
    "faults.kind.stall": "Hold answers back",
  },
  zh: {
    "faults.kind.answer": "返回错误码",
    "faults.kind.delay": "延迟应答",
    "faults.kind.drop": "断开连接",
    "faults.kind.status": "返回 HTTP 状态",
    "faults.kind.garbage": "返回非 JSON",
    "faults.kind.truncate": "只发一半应答",
    "faults.kind.endless": "应答没有尽头",
    "faults.kind.stall": "扣住应答",
  },
});
