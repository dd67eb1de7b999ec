// One import in the list.

import { cancelImport, Problem } from "./api.js";
import { DiffPanel } from "./diff.js";
import { make, setAttribute, setText, show } from "./dom.js";
import { ago, bytes, count, counted, duration, exact, percent } from "./format.js";
import { ProfilePanel } from "./profile.js";
import { RejectsPanel } from "./rejects.js";
import { doubts, readingOf } from "./source.js";
import { outcome, UndoPanel } from "./undo.js";
import { WarningsPanel } from "./warnings.js";

/** The way of an import that goes well. */
const steps = ["queued", "parsing", "validated", "loading", "finalizing", "done"];

/** States in which nothing moves any more. */
const terminal = new Set(["done", "failed", "cancelled", "undone"]);

const outcomes = ["read", "ok", "bad", "skipped", "inserted", "updated", "unchanged"];

const meanings = {
  read: "Rows read from the file",
  ok: "Rows whose values are good",
  bad: "Rows that were rejected",
  skipped: "Rows left out because another row of the file has the same key",
  inserted: "Rows that are new in the table",
  updated: "Rows that were there and have changed",
  unchanged: "Rows that were there, just the same",
};

export function isTerminal(status) {
  return terminal.has(status);
}

export class ImportRow {
  object;
  element;
  #parts = {};
  #steps = new Map();
  #counts = new Map();
  #profile = new ProfilePanel();
  #rejects;
  #diff;
  #undo;
  #warnings = new WarningsPanel();
  #ask;

  /** `ask(question)`: waits for a cancel, a commit or an undo, and shows the object it is answered with. */
  constructor(object, ask) {
    this.object = object;
    this.#ask = ask;
    this.#rejects = new RejectsPanel(object.task_id);
    this.#diff = new DiffPanel(object.task_id, ask);
    this.#undo = new UndoPanel(object.task_id, ask);
    this.element = this.#build(object.task_id);
    this.update(object);
  }

  get id() {
    return this.object.task_id;
  }

  update(object) {
    this.object = object;
    const isOver = isTerminal(object.status);
    setAttribute(this.element, "data-status", object.status);
    const parts = this.#parts;
    setText(parts.name, object.source.name);
    setAttribute(parts.name, "title", object.source.name);
    setText(parts.target, object.target);
    setText(parts.badge, object.status);
    show(parts.dryRun, object.dry_run);
    show(parts.cancel, !isOver);
    this.#updateSteps(object);
    this.#updateMotion(object, isOver);
    for (const outcome of outcomes) this.#updateCount(outcome, object[`rows_${outcome}`]);
    this.#updateFailure(object.error);
    this.#updateReading(object.source);
    this.#updateFacts(object, isOver);
    this.#profile.update(object.profile);
    // That the target is not what the dry run saw concerns whoever asked for it; the rest is for its administrator.
    const [news, remarks] = parted(object.warnings, ({ code }) => code === "target_changed");
    this.#updateNews(news);
    this.#warnings.update(remarks);
    this.#rejects.update(object.rows_bad, isOver);
    this.#diff.update(object);
    this.#undo.update(object);
  }

  /** Shows how much time has passed since. */
  tick() {
    setText(this.#parts.created, ago(this.object.created_at));
  }

  /** Draws the eye to the row for a moment. */
  point() {
    this.element.classList.remove("pointed");
    // Reading a measure lets the animation begin anew.
    void this.element.offsetWidth;
    this.element.classList.add("pointed");
    this.element.scrollIntoView({ block: "nearest" });
  }

  /** Unfolds what its end has brought. */
  openResults() {
    this.#rejects.open();
    this.#diff.open();
  }

  // Building

  #build(id) {
    return make(
      "li",
      { class: "import", "data-testid": `import-${id}` },
      this.#buildHead(id),
      this.#buildSteps(),
      this.#buildMotion(id),
      this.#buildCounts(),
      this.#buildFailure(),
      this.#part("news", "ul", { class: "notice warn", "data-testid": "news", hidden: true }),
      this.#undo.element,
      this.#buildReading(),
      this.#warnings.element,
      this.#buildFoot(id),
      this.#diff.element,
      this.#profile.element,
      this.#rejects.element,
    );
  }

  #part(name, tag, attributes = {}, ...children) {
    return (this.#parts[name] = make(tag, attributes, ...children));
  }

  #buildHead(id) {
    const cancel = this.#part("cancel", "button", { class: "button small", type: "button", "data-testid": "cancel" }, "Cancel");
    cancel.addEventListener("click", () => this.#cancel());
    return make(
      "div",
      { class: "import-head" },
      this.#part("badge", "span", { class: "badge", "data-testid": "status" }),
      this.#part("dryRun", "span", { class: "badge dry-run", "data-testid": "dry-run", hidden: true }, "dry run"),
      make(
        "h3",
        { class: "import-name", id: `name-${id}` },
        this.#part("name", "bdi", { class: "file-name" }),
        make("span", { class: "into" }, " into "),
        this.#part("target", "code", {}),
      ),
      this.#undo.button,
      cancel,
    );
  }

  #buildSteps() {
    const items = steps.map((name) => {
      const seconds = make("span", { class: "step-seconds" });
      const item = make("li", {}, make("span", { class: "step-name" }, name), seconds);
      this.#steps.set(name, { item, seconds });
      return item;
    });
    return make("ol", { class: "steps", "aria-label": "States" }, ...items);
  }

  #buildMotion(id) {
    return this.#part(
      "motion",
      "div",
      { class: "motion" },
      this.#part("bar", "progress", { max: "1", "aria-labelledby": `name-${id}` }),
      make(
        "div",
        { class: "motion-facts" },
        this.#part("share", "span", { "data-testid": "progress" }),
        this.#part("rate", "span", { "data-testid": "rate" }),
        this.#part("left", "span", { "data-testid": "eta" }),
      ),
    );
  }

  #buildCounts() {
    const items = outcomes.map((outcome) => {
      const value = make("dd", { "data-testid": `rows-${outcome}` });
      const item = make(
        "div",
        { class: `count ${outcome}`, title: meanings[outcome] },
        make("dt", {}, outcome),
        value,
      );
      this.#counts.set(outcome, { item, value });
      return item;
    });
    return make("dl", { class: "counts", "aria-label": "Rows" }, ...items);
  }

  #buildFailure() {
    return this.#part(
      "failure",
      "div",
      { class: "notice bad", "data-testid": "error", hidden: true },
      make(
        "p",
        {},
        this.#part("failureText", "span", {}),
        " ",
        this.#part("failureCode", "code", { class: "failure-code" }),
      ),
      this.#part("failureHint", "p", { class: "notice-hint" }),
    );
  }

  #buildReading() {
    return make(
      "div",
      { class: "reading" },
      this.#part("reading", "p", { "data-testid": "reading" }),
      this.#part("doubts", "ul", { class: "doubts", "data-testid": "doubts", hidden: true }),
    );
  }

  #buildFoot(id) {
    return make(
      "div",
      { class: "import-foot" },
      this.#part("created", "time", {}),
      this.#part("facts", "span", { "data-testid": "facts" }),
      make("span", { class: "task-id", title: "Task id" }, id),
    );
  }

  // Updating

  #updateSteps(object) {
    const status = object.status;
    const stages = lastAttempt(object.stages);
    const seconds = new Map(stages.map((stage) => [stage.name, stage.seconds]));
    const reached = steps.includes(status)
      ? status
      : (stages.findLast((stage) => steps.includes(stage.name))?.name ?? "queued");
    const here = steps.indexOf(reached);
    const isBroken = reached !== status && status !== "undone";
    steps.forEach((name, index) => {
      const { item, seconds: label } = this.#steps.get(name);
      let state = index < here ? "past" : index > here ? "ahead" : "now";
      if (index === here && isBroken) state = "broken";
      if (status === "done" || status === "undone") state = "past";
      if (object.dry_run && (name === "loading" || name === "finalizing")) state = "left-out";
      setAttribute(item, "data-state", state);
      setAttribute(item, "aria-current", state === "now" ? "step" : null);
      const isTimed = name !== "done" && index <= here && seconds.has(name);
      setText(label, isTimed ? duration(seconds.get(name)) : "");
    });
  }

  #updateMotion(object, isOver) {
    show(this.#parts.motion, !isOver);
    if (isOver) return;
    this.#parts.bar.value = object.progress;
    const isWaiting = object.status === "queued";
    setText(this.#parts.share, isWaiting ? "waiting for its turn" : percent(object.progress));
    setText(
      this.#parts.rate,
      !isWaiting && object.throughput_rps > 0 ? `${count(object.throughput_rps)} rows/s` : "",
    );
    setText(
      this.#parts.left,
      object.eta_seconds === null ? "" : `about ${duration(Math.ceil(object.eta_seconds))} left`,
    );
  }

  #updateCount(outcome, number) {
    const { item, value } = this.#counts.get(outcome);
    setText(value, count(number));
    item.classList.toggle("zero", number === 0);
  }

  #updateFailure(error) {
    show(this.#parts.failure, error !== null);
    if (error === null) return;
    setText(this.#parts.failureText, error.message);
    setText(this.#parts.failureCode, error.code);
    setText(this.#parts.failureHint, error.hint ?? "");
    show(this.#parts.failureHint, Boolean(error.hint));
  }

  #updateNews(news) {
    const list = this.#parts.news;
    show(list, news.length > 0);
    if (news.length === list.childElementCount) return;
    list.replaceChildren(...news.map((warning) => make("li", {}, warning.message)));
  }

  /** How the file is read, and what is in doubt. */
  #updateReading(source) {
    setText(this.#parts.reading, readingOf(source));
    const notes = doubts(source);
    show(this.#parts.doubts, notes.length > 0);
    if (notes.length !== this.#parts.doubts.childElementCount) {
      this.#parts.doubts.replaceChildren(...notes.map(() => make("li")));
    }
    notes.forEach((note, index) => setText(this.#parts.doubts.children[index], note));
  }

  #updateFacts(object, isOver) {
    const created = this.#parts.created;
    setAttribute(created, "datetime", object.created_at);
    setAttribute(created, "title", exact(object.created_at));
    const facts = [bytes(object.bytes_total)];
    const taken = secondsTaken(object, isOver);
    if (taken !== null) facts.push(isOver ? `took ${duration(taken)}` : `for ${duration(taken)}`);
    if (object.status === "done" && object.throughput_rps > 0) {
      facts.push(`${count(object.throughput_rps)} rows/s`);
    }
    if (object.attempt > 1) facts.push(`attempt ${count(object.attempt)}`);
    setText(this.#parts.facts, facts.join(" · "));
    this.tick();
  }

  async #cancel() {
    const button = this.#parts.cancel;
    button.disabled = true;
    setText(button, "Cancelling…");
    try {
      await this.#ask(() => cancelImport(this.id));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      button.disabled = false;
      setText(button, "Cancel");
      // One that has ended meanwhile is told of by the WebSocket.
      if (error.code !== "already_finished") {
        this.#updateFailure({ code: error.code, message: error.message, hint: error.hint });
      }
    }
  }
}

/** A sentence on how an import stands, for those who do not see the list. */
export function sentence(object) {
  const name = object.dry_run ? `The dry run of ${object.source.name}` : object.source.name;
  if (object.status === "done") {
    const parts = outcomes
      .filter((outcome) => outcome !== "ok" && object[`rows_${outcome}`] > 0)
      .map((outcome) => `${count(object[`rows_${outcome}`])} ${outcome}`);
    return `${name} is done: ${parts.join(", ") || counted(0, "row")}.`;
  }
  if (object.status === "undone") return `${name}: ${outcome(object.undo)}`;
  if (object.status === "failed") return `${name} has failed: ${object.error?.message ?? ""}`;
  return `${name} is ${object.status}.`;
}

/** The stages since a worker began last: one that took over began at `parsing` again. */
function lastAttempt(stages) {
  const start = stages.findLastIndex((stage) => stage.name === "parsing");
  return stages.filter((stage, index) => index >= start || stage.name === "queued");
}

/** Seconds from start to end, or so far by the server's clock; null before a worker took it. */
function secondsTaken(object, isOver) {
  if (object.started_at === null) return null;
  if (isOver && object.finished_at !== null) {
    return (Date.parse(object.finished_at) - Date.parse(object.started_at)) / 1000;
  }
  const start = Date.parse(object.started_at);
  const last = object.stages.at(-1);
  return last ? (Date.parse(last.started_at) - start) / 1000 + last.seconds : null;
}

/** Those of a list that fit, and the others. */
function parted(items, fits) {
  return [items.filter(fits), items.filter((item) => !fits(item))];
}
