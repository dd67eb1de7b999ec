// Taking an import back: the button, the question before, and what came of it.

import { Problem, undoImport, undoReport } from "./api.js";
import { make, setAttribute, setText, show } from "./dom.js";
import { count, counted, exact } from "./format.js";

const previewLimit = 5;

export class UndoPanel {
  button = make("button", { class: "button small", type: "button", "data-testid": "undo", hidden: true }, "Undo…");
  element;
  #id;
  #asked;
  #question = make("p", { "data-testid": "undo-question" });
  #yes = make("button", { class: "button small", type: "button", "data-testid": "undo-yes" }, "Take it back");
  #no = make("button", { class: "button small", type: "button", "data-testid": "undo-no" }, "Keep it");
  #dialog;
  #outcome = make("p", { "data-testid": "undo-outcome", hidden: true });
  #failure = make("p", { class: "notice bad", "data-testid": "undo-error", hidden: true });
  #left = make("ul", { class: "undo-left", "data-testid": "undo-left", hidden: true });
  #shownFor = null;

  /** `asked(question)`: waits for the server, and shows the object it answers with. */
  constructor(id, asked) {
    this.#id = id;
    this.#asked = asked;
    this.#dialog = make(
      "div",
      { class: "notice info undo-ask", role: "group", "aria-label": "Undo", hidden: true },
      this.#question,
      make("div", { class: "undo-buttons" }, this.#yes, this.#no),
    );
    this.element = make("div", { class: "undo", hidden: true }, this.#dialog, this.#failure, this.#outcome, this.#left);
    setAttribute(this.button, "aria-expanded", "false");
    this.button.addEventListener("click", () => this.#ask(this.#dialog.hidden));
    this.#no.addEventListener("click", () => this.#keep());
    this.#yes.addEventListener("click", () => this.#undo());
  }

  /** Shows what there is now. */
  update(object) {
    const { available, until, requested, error } = object.undo;
    const isUndone = object.status === "undone";
    show(this.button, available);
    if (!available) this.#ask(false);
    if (available) setText(this.#question, question(object, until));
    const failure = error !== null && !isUndone && !requested ? error : null;
    setText(this.#failure, failure ? `It could not be taken back: ${failure.message}. ${failure.hint ?? ""}` : "");
    show(this.#failure, failure !== null);
    setText(this.#outcome, isUndone ? outcome(object.undo) : requested ? "Being taken back…" : "");
    show(this.#outcome, isUndone || requested);
    if (isUndone) this.#showLeft(object.undo.left);
    this.#fold();
  }

  /** Takes no room where there is nothing to say. */
  #fold() {
    show(this.element, !this.#dialog.hidden || !this.#failure.hidden || !this.#outcome.hidden);
  }

  #ask(isAsking) {
    show(this.#dialog, isAsking);
    setAttribute(this.button, "aria-expanded", String(isAsking));
    this.#fold();
    if (isAsking) this.#no.focus();
  }

  #keep() {
    this.#ask(false);
    this.button.focus();
  }

  async #undo() {
    this.#yes.disabled = true;
    try {
      await this.#asked(() => undoImport(this.#id));
      this.#ask(false);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#ask(false);
      setText(this.#failure, `It could not be taken back: ${error.message}. ${error.hint}`);
      show(this.#failure, true);
      this.#fold();
    } finally {
      this.#yes.disabled = false;
    }
  }

  /** The first rows that were left, and where the others are. */
  async #showLeft(left) {
    if (!left || this.#shownFor === left) return;
    this.#shownFor = left;
    try {
      const { items } = await undoReport(this.#id, previewLimit);
      const rows = items.map((item) => make("li", {}, make("code", {}, nameOf(item.key)), ` ${item.message}`));
      const more = make("li", {}, make("a", { href: `/imports/${encodeURIComponent(this.#id)}/undo?limit=1000` }, "All of them"));
      this.#left.replaceChildren(...rows, ...(left > items.length ? [more] : []));
      show(this.#left, true);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#shownFor = null;
    }
  }
}

function question(object, until) {
  const limit = `This is possible until ${exact(until)}, and cannot be called off.`;
  if (object.mode === "replace") {
    return (
      "Take this import back? The table gets all rows back that it had before, in one step, unless rows were changed" +
      ` since: then it stays as it is. ${limit}`
    );
  }
  const parts = [];
  if (object.rows_inserted > 0) parts.push(`${counted(object.rows_inserted, "row")} it inserted will be deleted`);
  if (object.rows_updated > 0) parts.push(`${counted(object.rows_updated, "row")} it changed will get the old values back`);
  const what = parts.length > 0 ? `The ${parts.join(", and the ")}, in one step.` : "It has changed no row.";
  return (
    `Take this import back? ${what} Rows that were changed since, or that other tables refer to, stay as they are and` +
    ` are listed. ${limit}`
  );
}

/** What came of it, in a sentence. */
export function outcome({ deleted, restored, left }) {
  const rest = left > 0 ? `; ${counted(left, "row")} left as ${left === 1 ? "it is" : "they are"}` : "";
  return `Taken back: ${counted(deleted ?? 0, "row")} deleted, ${count(restored ?? 0)} restored${rest}.`;
}

function nameOf(key) {
  const parts = Object.entries(key).map(([column, value]) => `${column} = ${value ?? "NULL"}`);
  const text = parts.join(", ") || "a row";
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
