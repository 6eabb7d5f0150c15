// The console's views, in the order of the navigation. A view is one line here, and a style sheet in `site.py`.

import { startShell } from "/_assets/pages/shell.js";
import { inbox } from "./inbox.js";

startShell({
  title: "TIM emulator",
  views: [
    inbox,
  ],
  home: "inbox",
  events: "/_emulator/v1/events",
});
