// What a dry run has found, and the button that carries it out.

import { commitImport, diff, Problem } from "./api.js";
import { make, setAttribute, setText, show } from "./dom.js";
import { count, counted } from "./format.js";

const sampleLimit = 20;

const kinds = [
  { name: "inserted", mark: "new" },
  { name: "updated", mark: "changed" },
  { name: "deleted", mark: "gone" },
];

export class DiffPanel {
  #id;
  #asked;
  #isAsked = false;
  #outcome = make("p", { class: "diff-outcome", "data-testid": "diff-outcome" });
  #columns = make("p", { class: "hint", "data-testid": "diff-columns", hidden: true });
  #content = make("div", { class: "diff-content" });
  #details;
  #problem = make("p", { class: "notice bad", role: "alert", "data-testid": "commit-problem", hidden: true });
  #commit = make("button", { class: "button primary small", type: "button", "data-testid": "commit" }, "Commit");
  element;

  /** `asked(question)`: waits for the server, and shows the object it answers with. */
  constructor(id, asked) {
    this.#id = id;
    this.#asked = asked;
    this.#commit.addEventListener("click", () => this.#carryOut());
    this.#details = make(
      "details",
      { class: "diff-preview", "data-testid": "diff" },
      make("summary", {}, "Show the first rows of each kind"),
      this.#content,
    );
    this.element = make(
      "div",
      { class: "diff", hidden: true },
      make("div", { class: "diff-head" }, this.#outcome, this.#commit),
      this.#problem,
      this.#columns,
      this.#details,
    );
  }

  update(object) {
    const isReady = object.dry_run && object.status === "done";
    show(this.element, isReady);
    if (!isReady || this.#isAsked) return;
    this.#isAsked = true;
    this.#load();
  }

  /** Unfolds the rows. */
  open() {
    if (!this.element.hidden) this.#details.open = true;
  }

  async #load() {
    try {
      const found = await diff(this.#id, sampleLimit);
      setText(this.#outcome, outcome(found.counts));
      const columns = found.updated_columns.map(({ column, rows }) => `${column} (${count(rows)})`);
      setText(this.#columns, `Columns that would change, and in how many rows: ${columns.join(", ")}`);
      show(this.#columns, columns.length > 0);
      const samples = kinds.flatMap((kind) => found.samples[kind.name].map((row) => ({ kind, row })));
      show(this.#details, samples.length > 0);
      this.#content.replaceChildren(table(samples), more(found));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#isAsked = false;
      setText(this.#outcome, `What would change cannot be shown: ${error.message}`);
    }
  }

  async #carryOut() {
    this.#commit.disabled = true;
    show(this.#problem, false);
    try {
      await this.#asked(() => commitImport(this.#id));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setText(this.#problem, `${error.message} ${error.hint}`.trim());
      show(this.#problem, true);
    } finally {
      this.#commit.disabled = false;
    }
  }
}

function outcome(counts) {
  const parts = [
    `${counted(counts.inserted, "row")} would be new`,
    `${count(counts.updated)} would change`,
    `${count(counts.unchanged)} would stay`,
  ];
  if (counts.deleted !== null) parts.push(`${count(counts.deleted)} would go`);
  return `The table is as it was. ${parts.join(", ")}.`;
}

function table(samples) {
  const columns = [...new Set(samples.flatMap(({ row }) => Object.keys(row.after ?? row.before)))];
  const head = ["", "Row", ...columns];
  return make(
    "div",
    { class: "rejects-scroll", tabindex: "0", role: "region", "aria-label": "What would change" },
    make(
      "table",
      { class: "rejects-table diff-table" },
      make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...samples.map(({ kind, row }) => line(kind, row, columns))),
    ),
  );
}

function line(kind, row, columns) {
  return make(
    "tr",
    { "data-kind": kind.name },
    make("td", {}, make("span", { class: `diff-mark ${kind.name}` }, kind.mark)),
    make("td", { class: "number" }, row.row === null ? "" : count(row.row)),
    ...columns.map((column) => cell(row, column)),
  );
}

function cell(row, column) {
  if (!row.changed.includes(column)) return make("td", {}, shown((row.after ?? row.before)[column]));
  return make(
    "td",
    { class: "diff-changed" },
    make("del", {}, shown(row.before[column])),
    " ",
    make("ins", {}, shown(row.after[column])),
  );
}

function shown(value) {
  if (value === null || value === undefined) return make("span", { class: "faint" }, "null");
  if (value === "") return make("span", { class: "faint" }, "(empty)");
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  const element = make("bdi", {}, short);
  setAttribute(element, "title", short === text ? null : text.slice(0, 500));
  return element;
}

function more({ counts, samples }) {
  const isCut = kinds.some(({ name }) => (counts[name] ?? 0) > samples[name].length);
  return make("p", { class: "hint" }, isCut ? "There are more." : "");
}
