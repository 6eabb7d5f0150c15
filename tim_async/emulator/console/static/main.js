// The console's views, in the order of the navigation. A view is one line here, and a style sheet in `site.py`.

import { errorCodes } from "/_assets/explorer/error_codes.js";
import { explorer } from "/_assets/explorer/explorer.js";
import { serviceLimits } from "/_assets/explorer/service_limits.js";
import { startShell } from "/_assets/pages/shell.js";
import { addTexts } from "/_assets/pages/texts.js";
import { accounts } from "./accounts.js";
import { calls } from "./calls.js";
import { clock } from "./clock.js";
import { faults } from "./faults.js";
import { inbox } from "./inbox.js";
import { limits } from "./limits.js";
import { pushes } from "./pushes.js";
import { reset } from "./reset.js";
import { webhooks } from "./webhooks.js";

addTexts({ en: { "console.title": "TIM emulator" }, zh: { "console.title": "TIM 模拟器" } });

startShell({
  title: "console.title",
  views: [
    inbox,
    calls,
    explorer,
    limits,
    webhooks,
    pushes,
    accounts,
    faults,
    clock,
    reset,
    errorCodes,
    serviceLimits,
  ],
  home: "inbox",
  events: "/_emulator/v1/events",
});
