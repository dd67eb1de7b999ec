// Where the time of an import went: a line for each step, in the order of the data.

import { make, setAttribute, setText, show } from "./dom.js";
import { count, exactly } from "./format.js";

const names = {
  prepare: "getting ready",
  look_over: "looking the file over",
  read: "reading",
  validate: "validating",
  arbiter: "asking Postgres about values",
  encode: "encoding",
  copy: "COPY into staging",
  commit: "ends of chunks",
  lookups: "looking keys up",
  lock: "waiting for the target",
  duplicates: "duplicates in the file",
  rules: "rules of the target",
  plan: "choosing a plan",
  compare: "comparing with the table",
  merge: "merging",
  rest: "resting between batches",
  finalize: "commit",
  statistics: "statistics, after the commit",
};

const columns = ["step", "", "seconds", "waited for others", "rows a second"];

export class ProfilePanel {
  #body = make("tbody");
  element;

  constructor() {
    this.element = make(
      "details",
      { class: "profile", "data-testid": "profile", hidden: true },
      make("summary", {}, "Where the time went"),
      make(
        "div",
        { class: "profile-scroll" },
        make(
          "table",
          {},
          make("thead", {}, make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)))),
          this.#body,
        ),
        make("p", { class: "hint" }, "Steps overlap: together they may take longer than the import."),
      ),
    );
    this.element.addEventListener("toggle", () => this.#draw());
  }

  #steps = [];

  /** Shows the steps so far; null before a worker took the import. */
  update(profile) {
    this.#steps = profile?.steps ?? [];
    show(this.element, this.#steps.length > 0);
    this.#draw();
  }

  #draw() {
    if (!this.element.open) return;
    const longest = Math.max(...this.#steps.map((step) => step.seconds), 0.001);
    while (this.#body.childElementCount > this.#steps.length) this.#body.lastElementChild.remove();
    while (this.#body.childElementCount < this.#steps.length) this.#body.append(line());
    this.#steps.forEach((step, index) => {
      const row = this.#body.children[index];
      setAttribute(row, "data-step", step.name);
      const [name, bar, seconds, waited, rate] = row.children;
      setText(name, names[step.name] ?? step.name);
      setAttribute(bar.firstElementChild, "value", step.seconds / longest);
      setText(seconds, exactly(step.seconds));
      setText(waited, waits(step.waiting));
      setText(rate, step.rows_per_second === null ? "" : count(step.rows_per_second));
    });
  }
}

function line() {
  const bar = make("progress", { max: "1", "aria-hidden": "true" });
  return make(
    "tr",
    {},
    make("th", { scope: "row" }),
    make("td", { class: "profile-bar" }, bar),
    make("td", { class: "number" }),
    make("td", {}),
    make("td", { class: "number" }),
  );
}

/** { copy: 1.2 } → "1.20 for COPY into staging" */
function waits(waiting) {
  return Object.entries(waiting)
    .map(([step, seconds]) => `${exactly(seconds)} for ${names[step] ?? step}`)
    .join(", ");
}
