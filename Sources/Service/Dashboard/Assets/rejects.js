// What was rejected of an import: links to the reports, and the first rejects at a glance.

import { errorsPath, firstRejects, Problem, rowsListed } from "./api.js";
import { make, setText, show } from "./dom.js";
import { count } from "./format.js";

const previewLimit = 5;

export class RejectsPanel {
  #id;
  #rowsBad = 0;
  #shownFor = -1;
  #askedFor = -1;
  #listed = make("p", { class: "hint", "data-testid": "rejects-listed", hidden: true });
  #summary = make("span", {});
  #content = make("div", { class: "rejects-content" });
  #details;
  element;

  constructor(id) {
    this.#id = id;
    this.#details = make(
      "details",
      { class: "rejects-preview", "data-testid": "rejects" },
      make("summary", {}, this.#summary),
      this.#content,
    );
    this.#details.addEventListener("toggle", () => this.#load());
    const link = (format, testId, text, title) =>
      make(
        "a",
        { class: "button small", href: errorsPath(id, format), download: true, "data-testid": testId, title },
        text,
      );
    this.element = make(
      "div",
      { class: "rejects", hidden: true },
      make(
        "div",
        { class: "rejects-links" },
        link("csv", "errors-csv", "Error report (CSV)", "Each fault with row, line, column, reason and value"),
        link(
          "source",
          "errors-source",
          "Rejected rows to mend",
          "The rows as they stood, with the reasons appended: mend them and send the file again",
        ),
      ),
      this.#listed,
      this.#details,
    );
  }

  /** Shows what there is now. */
  update(rowsBad, isFinished) {
    this.#rowsBad = rowsBad;
    show(this.element, rowsBad > 0);
    setText(this.#summary, "Show the first rejects");
    if (isFinished) {
      this.#load();
      this.#showListed();
    }
  }

  /** Says it where the reports do not list all rows. */
  async #showListed() {
    if (this.#rowsBad === 0 || this.#askedFor === this.#rowsBad) return;
    const rowsBad = this.#rowsBad;
    this.#askedFor = rowsBad;
    try {
      const listed = await rowsListed(this.#id);
      setText(
        this.#listed,
        `${count(rowsBad)} rows were rejected; the reports list the first ${count(listed)} that were found.`,
      );
      show(this.#listed, listed < rowsBad);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#askedFor = -1;
    }
  }

  /** Unfolds the first rejects. */
  open() {
    if (this.#rowsBad > 0) this.#details.open = true;
  }

  async #load() {
    if (!this.#details.open || this.#shownFor === this.#rowsBad) return;
    const wanted = this.#rowsBad;
    this.#shownFor = wanted;
    try {
      const rejects = await firstRejects(this.#id, previewLimit);
      this.#content.replaceChildren(table(rejects), more(rejects, wanted));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#shownFor = -1;
      this.#content.replaceChildren(make("p", { class: "hint" }, `${error.message} ${error.hint}`));
    }
  }
}

function table(rejects) {
  const head = ["Line", "Column", "Reason", "Value"];
  return make(
    "div",
    { class: "rejects-scroll", tabindex: "0", role: "region", "aria-label": "First rejects" },
    make(
      "table",
      { class: "rejects-table" },
      make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...rejects.map(row)),
    ),
  );
}

function row(reject) {
  const value = reject.value === null ? make("span", { class: "faint" }, "none") : shortened(reject.value);
  return make(
    "tr",
    {},
    make("td", { class: "number", title: `row ${count(reject.row)}` }, count(reject.line)),
    make("td", {}, reject.column === null ? make("span", { class: "faint" }, "whole row") : make("code", {}, reject.column)),
    make("td", {}, reject.message, " ", make("code", { class: "faint" }, reject.code)),
    make("td", {}, value),
  );
}

function shortened(value) {
  const text = value.length > 60 ? `${value.slice(0, 59)}…` : value;
  return make("code", { title: value.slice(0, 500) }, text === "" ? "(empty)" : make("bdi", {}, text));
}

function more(rejects, rowsBad) {
  const rows = new Set(rejects.map((reject) => reject.row)).size;
  const rest = rowsBad - rows;
  return make("p", { class: "hint" }, rest > 0 ? "There are more in the reports." : "");
}
