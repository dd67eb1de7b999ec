// The list of imports, newest first.

import { imports, importObject, Problem } from "./api.js";
import { announce, batched, byId, setText, show } from "./dom.js";
import { count } from "./format.js";
import { ImportRow, isTerminal, sentence } from "./row.js";

const pageSize = 50;
/** More rows than this the page does not keep. */
const rowLimit = 200;
/** Imports that still ran when last heard of and that stand on no page: so many are asked for one by one. */
const strayLimit = 20;

export class ImportList {
  #rows = new Map();
  #waiting = new Map();
  /** One for each answer that is waited for: the imports that were heard of since it was asked for. */
  #heard = new Set();
  #lastReading = null;
  #cursor = null;
  #isLoaded = false;
  #own = new Set();
  #paint = batched(() => this.#apply());

  start() {
    byId("older").addEventListener("click", () => this.#showOlder());
    setInterval(() => this.#tick(), 15_000);
  }

  /** Whether an import runs, so that news of it must come. */
  get isMoving() {
    return [...this.#rows.values()].some(
      ({ object }) => !isTerminal(object.status) && object.status !== "queued",
    );
  }

  /** Takes an object that is newer than all that was heard of this import. */
  hear(object) {
    for (const heard of this.#heard) heard.add(object.task_id);
    this.#show(object);
  }

  #show(object) {
    this.#waiting.set(object.task_id, object);
    this.#paint();
  }

  /** Shows an import that was started here, as soon as the server has it. */
  async watch(id) {
    this.#own.add(id);
    try {
      await this.#ask(id, () => importObject(id));
      this.#apply();
      this.#rows.get(id)?.point();
    } catch (error) {
      this.#showProblem(error);
    }
  }

  /** Reads the list again: what was missed, what is new, what is gone. */
  async reload() {
    try {
      await this.#listening(async (heard) => {
        this.#lastReading = heard;
        const page = await imports(pageSize);
        // One that was begun later knows more.
        if (this.#lastReading !== heard) return;
        this.#merge(page, heard);
        show(byId("list-problem"), false);
        await this.#askForStrays(heard);
      });
    } catch (error) {
      this.#showProblem(error);
    }
  }

  // Reading

  /**
   * Asks for an import, and shows the answer unless news of it came meanwhile: each change is told, so that there
   * is nothing in the answer that news do not have, and they may be newer.
   */
  async #ask(id, question) {
    await this.#listening(async (heard) => {
      const object = await question();
      if (!heard.has(id)) this.#show(object);
    });
  }

  /** Lets the body know which imports are heard of while it runs. */
  async #listening(body) {
    const heard = new Set();
    this.#heard.add(heard);
    try {
      await body(heard);
    } finally {
      this.#heard.delete(heard);
    }
  }

  #merge(page, heard) {
    this.#apply();
    const ids = new Set(page.items.map((item) => item.task_id));
    const oldest = page.next === null ? "" : (page.items.at(-1)?.task_id ?? "");
    const known = [...this.#rows.keys()];
    const isGap = page.next !== null && !known.some((id) => ids.has(id));
    for (const id of known) {
      const isGone = id >= oldest ? !ids.has(id) && !heard.has(id) : isGap;
      if (isGone) this.#remove(id);
    }
    if (!this.#isLoaded || isGap) this.#cursor = page.next;
    for (const item of page.items) {
      if (!heard.has(item.task_id)) this.#put(item);
    }
    this.#isLoaded = true;
    this.#finish();
  }

  async #askForStrays(heard) {
    const strays = [...this.#rows.values()].filter(
      ({ id, object }) => !isTerminal(object.status) && !heard.has(id) && !this.#isOnFirstPage(id),
    );
    for (const { id } of strays.slice(0, strayLimit)) {
      const object = await importObject(id);
      if (!heard.has(id)) this.#put(object);
    }
  }

  #isOnFirstPage(id) {
    return [...byId("list").children].indexOf(this.#rows.get(id).element) < pageSize;
  }

  async #showOlder() {
    const button = byId("older");
    button.disabled = true;
    try {
      const page = await imports(pageSize, this.#cursor);
      this.#cursor = page.next;
      for (const item of page.items) {
        if (!this.#rows.has(item.task_id)) this.#put(item);
      }
      this.#finish();
    } catch (error) {
      this.#showProblem(error);
    } finally {
      button.disabled = false;
    }
  }

  // Showing

  #apply() {
    if (this.#waiting.size === 0) return;
    for (const object of this.#waiting.values()) this.#put(object);
    this.#waiting.clear();
    this.#finish();
  }

  #put(object) {
    const row = this.#rows.get(object.task_id);
    if (!row) return this.#insert(object);
    const before = row.object.status;
    row.update(object);
    if (before !== object.status) this.#changed(row);
  }

  #insert(object) {
    const row = new ImportRow(object, (question) => this.#ask(object.task_id, question));
    // Ids grow with time.
    const list = byId("list");
    const next = [...this.#rows.values()]
      .filter((other) => other.id < row.id)
      .reduce((best, other) => (best === null || other.id > best.id ? other : best), null);
    list.insertBefore(row.element, next?.element ?? null);
    this.#rows.set(row.id, row);
    if (this.#isLoaded && this.#own.has(row.id)) this.#changed(row);
  }

  #changed(row) {
    const isOwn = this.#own.has(row.id);
    const isOver = isTerminal(row.object.status);
    if (isOwn || isOver) announce(sentence(row.object));
    if (!isOver || !isOwn) return;
    row.openResults();
    this.#own.delete(row.id);
  }

  #remove(id) {
    this.#rows.get(id)?.element.remove();
    this.#rows.delete(id);
  }

  #finish() {
    const list = byId("list");
    while (list.childElementCount > rowLimit) {
      const last = list.lastElementChild;
      this.#remove([...this.#rows.values()].find((row) => row.element === last).id);
    }
    const size = this.#rows.size;
    show(byId("empty"), this.#isLoaded && size === 0);
    show(list, size > 0);
    const isFull = size >= rowLimit;
    show(byId("older"), this.#cursor !== null && !isFull);
    show(byId("list-end"), isFull);
    setText(byId("list-end"), `This page keeps the newest ${count(rowLimit)}; GET /imports has them all.`);
    this.#summarise();
  }

  #summarise() {
    const states = [...this.#rows.values()].map(({ object }) => object.status);
    const queued = states.filter((status) => status === "queued").length;
    const running = states.filter((status) => status !== "queued" && !isTerminal(status)).length;
    const parts = [];
    if (running > 0) parts.push(`${count(running)} running`);
    if (queued > 0) parts.push(`${count(queued)} queued`);
    setText(byId("summary"), parts.join(" · "));
    document.title = running > 0 ? `${count(running)} running · Sluice` : "Sluice";
  }

  #tick() {
    for (const row of this.#rows.values()) row.tick();
  }

  #showProblem(error) {
    if (!(error instanceof Problem)) throw error;
    const box = byId("list-problem");
    setText(box, `The list could not be read: ${error.message} ${error.hint}`);
    show(box, true);
  }
}
