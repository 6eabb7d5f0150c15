// The console's views, in the order of the navigation. A view is one line here, and a style sheet in `site.py`.

import { startShell } from "/_assets/pages/shell.js";
import { addTexts } from "/_assets/pages/texts.js";
import { inbox } from "./inbox.js";

addTexts({ en: { "console.title": "TIM emulator" }, zh: { "console.title": "TIM 模拟器" } });

startShell({
  title: "console.title",
  views: [
    inbox,
  ],
  home: "inbox",
  events: "/_emulator/v1/events",
});
