// Joins the parts of the page.

import { announce, byId, setAttribute, setText, show } from "./dom.js";
import { ImportForm } from "./form.js";
import { ImportList } from "./list.js";
import { Live } from "./live.js";

const list = new ImportList();
const form = new ImportForm((answer) => list.watch(answer.task_id));

/** When the next try to connect is, in ms of the epoch; null where there is a connection. */
let retryAt = null;
let wasLost = false;
let wasOpen = false;

const live = new Live({
  onMessage: (message) => list.hear(message.import),
  onOpen: () => {
    // What came between the first reading and the first message is read here.
    list.reload();
    if (wasOpen) form.loadTargets();
    wasOpen = true;
  },
  onState: showConnection,
  expectsNews: () => list.isMoving,
});

function showConnection(state, next = null) {
  const isOpen = state === "open";
  setAttribute(byId("connection"), "data-state", isOpen ? "open" : "connecting");
  setText(byId("connection-text"), isOpen ? "live" : "connecting");
  retryAt = next;
  if (isOpen && wasLost) announce("The connection is back.");
  if (state === "waiting" && !wasLost) announce("The connection to the server is lost.");
  wasLost = !isOpen && (wasLost || state === "waiting");
  // At the first try there is nothing to tell yet.
  show(byId("banner"), wasLost);
  document.body.classList.toggle("stale", wasLost);
  showCountdown();
}

function showCountdown() {
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - Date.now()) / 1000);
  const next = seconds > 0 ? `trying again in ${seconds} s` : "trying again now";
  setText(byId("banner-text"), `What is shown may be old; ${next}.`);
  show(byId("banner-retry"), seconds > 0);
}

setText(
  byId("curl"),
  `curl -F target=demo.sales -F file=@sales.csv ${location.origin}/imports`,
);
byId("banner-retry").addEventListener("click", () => live.retry());
setInterval(showCountdown, 1_000);

list.start();
form.start();
live.start();
list.reload();
