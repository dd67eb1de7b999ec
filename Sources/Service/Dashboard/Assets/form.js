// The form of a new import.

import * as api from "./api.js";
import { announce, batched, byId, setText, show } from "./dom.js";
import { bytes, duration, percent } from "./format.js";
import { fit, headerOf, look } from "./header.js";
import { readingOf } from "./source.js";
import { describeFit, describeTarget, keyOf, keyOptions, mustHave, targetOptions } from "./target.js";
import { mapped, Templates } from "./templates.js";
import { upload } from "./upload.js";

/** How the file is to be read, where it is not as it looks. */
const readingNames = ["delimiter", "header", "encoding", "sheet", "date_order", "decimal"];
const optionNames = [
  ...["template", "mode", "key", "scope", "duplicates", "on_error"],
  ...readingNames,
  ...["commit", "force", "dry_run"],
];

export class ImportForm {
  #onAccepted;
  #tables = new Map();
  #templates = new Templates();
  #file = null;
  #header = null;
  /** Counts the looks at files: an answer that comes late is of no use. */
  #lookTurn = 0;
  #sending = null;
  #progress = null;
  #replayed = null;
  #paintProgress = batched(() => this.#showProgress());

  /** `onAccepted(answer)`: the server has taken a file, or has shown an earlier import of it. */
  constructor(onAccepted) {
    this.#onAccepted = onAccepted;
  }

  start() {
    byId("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    byId("target").addEventListener("change", () => this.#targetChosen());
    byId("file").addEventListener("change", () => this.#choose(byId("file").files[0] ?? null));
    byId("dry_run").addEventListener("change", () => this.#showAction());
    byId("template").addEventListener("change", () => this.#templateChosen());
    byId("template-save").addEventListener("click", () => this.#saveTemplate());
    byId("options").addEventListener("change", () => this.#optionsChanged());
    byId("sending-cancel").addEventListener("click", () => this.#sending?.cancel());
    byId("again").addEventListener("click", () => this.#sendAgain());
    addEventListener("beforeunload", (event) => {
      if (this.#sending) event.preventDefault();
    });
    this.#acceptDrops();
    return this.loadTargets();
  }

  /** Reads the tables anew; what is chosen stays chosen where it is still there. */
  async loadTargets() {
    const select = byId("target");
    try {
      const tables = await api.targets();
      const chosen = select.value;
      this.#tables = new Map(tables.map((table) => [table.target, table]));
      select.replaceChildren(...targetOptions(tables));
      if (this.#tables.has(chosen)) select.value = chosen;
      if (tables.length === 0) select.firstElementChild.textContent = "There is no table to import into";
      this.#showTarget();
      if (this.#table) this.#loadDetails(this.#table);
      await this.#templates.load();
    } catch (error) {
      if (this.#tables.size === 0) setText(select.firstElementChild, "The tables cannot be read now");
      this.#showProblem(error);
    }
  }

  get #table() {
    return this.#tables.get(byId("target").value) ?? null;
  }

  get #key() {
    const named = byId("key").value;
    return this.#table && keyOf(this.#table, named ? JSON.parse(named) : null);
  }

  // Templates

  /** Its table is taken over into the form; its options come from the server. */
  #templateChosen() {
    const target = this.#templates.chosen?.options.target;
    if (target && this.#tables.has(target)) {
      byId("target").value = target;
      this.#targetChosen();
    } else {
      this.#optionsChanged();
    }
  }

  async #saveTemplate() {
    const name = byId("template-name").value.trim();
    if (!name) return this.#ask("template-name", "Give the template a name.");
    const { template, force, dry_run, key, ...options } = this.#options();
    if (key) options.key = JSON.parse(key);
    const target = byId("target").value;
    try {
      await this.#templates.save(name, target ? { target, ...options } : options);
      byId("template-name").value = "";
      this.#clearNotices();
      this.#optionsChanged();
    } catch (error) {
      this.#showProblem(error);
    }
  }

  // The target

  #targetChosen() {
    this.#clearNotices();
    const table = this.#table;
    const key = byId("key");
    const chosen = key.value;
    key.replaceChildren(...(table ? keyOptions(table) : []));
    key.value = chosen;
    // A key of another table: back to the primary one.
    if (key.selectedIndex < 0) key.selectedIndex = 0;
    this.#optionsChanged();
    if (table) this.#loadDetails(table);
  }

  /** The list has no checks and references. */
  async #loadDetails(table) {
    try {
      const details = await api.target(table.target);
      this.#tables.set(table.target, details);
      if (this.#table === details) this.#showTarget();
    } catch (error) {
      if (byId("target").value === table.target) this.#showProblem(error);
    }
  }

  #showTarget() {
    const table = this.#table;
    const panel = byId("target-details");
    const check = byId("header-check");
    show(panel, table !== null);
    const header = mapped(this.#header, this.#templates.chosen?.options.mapping);
    const result = table && header && fit(header, table, mustHave(table, this.#key));
    show(check, Boolean(result));
    show(byId("file-hint"), !result);
    if (result) describeFit(result, check);
    if (!table) return;
    const isOpen = panel.querySelector("details.rules")?.open ?? false;
    const scrolled = panel.querySelector(".columns-scroll")?.scrollTop ?? 0;
    const parts = describeTarget(table, this.#key, result ? result.found : null);
    panel.replaceChildren(...parts.filter((part) => part !== null));
    const rules = panel.querySelector("details.rules");
    if (rules) rules.open = isOpen;
    panel.querySelector(".columns-scroll").scrollTop = scrolled;
  }

  #optionsChanged() {
    const { dry_run, ...options } = this.#options();
    const changed = Object.keys(options).length;
    setText(byId("options-changed"), changed === 0 ? "" : ` · ${changed} set`);
    this.#readHeader();
  }

  #showAction() {
    setText(byId("upload"), byId("dry_run").checked ? "Start dry run" : "Start import");
  }

  /** The options that differ from what is usual. */
  #options() {
    const options = {};
    for (const name of optionNames) {
      const element = byId(name);
      const value = element.type === "checkbox" ? (element.checked ? "true" : "") : element.value;
      if (value) options[name] = value;
    }
    return options;
  }

  // The file

  #acceptDrops() {
    const drop = byId("drop");
    const isFile = (event) => event.dataTransfer?.types.includes("Files") ?? false;
    let depth = 0;
    const mark = (isOver) => drop.classList.toggle("over", isOver);
    addEventListener("dragenter", (event) => {
      if (isFile(event)) mark((depth += 1) > 0);
    });
    addEventListener("dragleave", (event) => {
      if (isFile(event)) mark((depth = Math.max(0, depth - 1)) > 0);
    });
    // A file that is let go beside the drop zone must not replace the page.
    addEventListener("dragover", (event) => {
      if (isFile(event)) event.preventDefault();
    });
    addEventListener("drop", (event) => {
      if (!isFile(event)) return;
      event.preventDefault();
      mark((depth = 0) > 0);
      this.#dropped([...event.dataTransfer.files]);
    });
  }

  #dropped(files) {
    if (this.#sending || files.length === 0) return;
    if (files.length > 1) {
      this.#showProblem(new api.Problem("One file at a time, please.", "Each file is an import of its own."));
      return;
    }
    this.#choose(files[0]);
  }

  #choose(file) {
    this.#file = file;
    this.#clearNotices();
    byId("drop").classList.toggle("filled", file !== null);
    setText(byId("drop-title"), file ? file.name : "Drop a file here");
    setText(byId("drop-sub"), file ? `${bytes(file.size)} · choose another` : "or choose one");
    setText(byId("file-label"), file ? `File: ${file.name}, ${bytes(file.size)}` : "File");
    if (file) announce(`${file.name} is chosen.`);
    return this.#readHeader();
  }

  /** What is told of how the file is to be read. */
  #readingOptions() {
    const options = {};
    const template = byId("template").value;
    if (template) options.template = template;
    for (const name of readingNames) if (byId(name).value) options[name] = byId(name).value;
    return options;
  }

  async #readHeader() {
    const file = this.#file;
    const turn = (this.#lookTurn += 1);
    let found = null;
    let problem = null;
    try {
      found = file && (await look(file, this.#readingOptions()));
    } catch (error) {
      // Otherwise a folder, or a file that is gone or locked.
      problem =
        error instanceof api.Problem
          ? error
          : new api.Problem(`${file.name} cannot be read.`, "Choose a file that is there.");
    }
    if (turn !== this.#lookTurn) return;
    if (problem) this.#showProblem(problem);
    this.#header = headerOf(found);
    setText(byId("file-reading"), found ? `Read as ${readingOf({ ...found, reading: found })}` : "");
    show(byId("file-reading"), found !== null);
    this.#showTarget();
  }

  // Sending

  #submit() {
    if (this.#sending) return;
    this.#clearNotices();
    const target = byId("target").value;
    if (!target) return this.#ask("target", "Choose the table that the rows go into.");
    if (!this.#file) return this.#ask("file", "Choose a file.");
    this.#send(this.#file, { target, ...this.#options() });
  }

  #sendAgain() {
    if (this.#sending || !this.#replayed) return;
    const { file, fields } = this.#replayed;
    this.#clearNotices();
    this.#send(file, { ...fields, force: "true" });
  }

  #ask(id, sentence) {
    this.#showProblem(new api.Problem(sentence));
    byId(id).focus();
  }

  async #send(file, fields) {
    this.#progress = { sent: 0, total: file.size, speed: null, isStoring: false };
    this.#sending = upload(file, fields, (progress) => {
      this.#progress = progress;
      this.#paintProgress();
    });
    this.#setSending(file);
    try {
      const answer = await this.#sending.answer;
      if (answer === null) announce("The upload was cancelled.");
      else this.#accepted(answer, file, fields);
    } catch (error) {
      this.#showProblem(error);
    } finally {
      this.#sending = null;
      this.#setSending(null);
    }
  }

  #accepted(answer, file, fields) {
    if (answer.replayed) {
      this.#replayed = { file, fields };
      setText(
        byId("replayed-text"),
        fields.dry_run
          ? `${file.name} was held against ${fields.target} before, so nothing new was started. ` +
              "The first dry run is shown in the list. Do it again?"
          : `${file.name} was imported into ${fields.target} before, so nothing new was started. ` +
              "The first import is shown in the list. Import it again?",
      );
      show(byId("replayed-box"), true);
    } else {
      announce(`${file.name} has arrived.`);
    }
    byId("form").querySelector("#file").value = "";
    byId("force").checked = false;
    byId("dry_run").checked = false;
    this.#showAction();
    this.#clearFile();
    this.#onAccepted(answer);
  }

  #clearFile() {
    const replayed = this.#replayed;
    const isShown = !byId("replayed-box").hidden;
    this.#choose(null);
    this.#replayed = replayed;
    show(byId("replayed-box"), isShown);
    this.#optionsChanged();
  }

  #setSending(file) {
    const isSending = file !== null;
    show(byId("sending"), isSending);
    show(byId("upload"), !isSending);
    for (const id of ["target", "file", ...optionNames]) byId(id).disabled = isSending;
    byId("drop").classList.toggle("disabled", isSending);
    if (!isSending) return;
    setText(byId("sending-name"), `Sending ${file.name}`);
    this.#showProgress();
    byId("sending").scrollIntoView({ block: "nearest" });
    announce(`Sending ${file.name}.`);
  }

  #showProgress() {
    const { sent, total, speed, isStoring } = this.#progress;
    const bar = byId("sending-bar");
    if (isStoring) bar.removeAttribute("value");
    else bar.value = total > 0 ? sent / total : 0;
    const share = total > 0 ? sent / total : 1;
    setText(byId("sending-bytes"), `${bytes(sent)} of ${bytes(total)} · ${percent(share)}`);
    let fact = "";
    if (isStoring) fact = "making sure that it is safe on disk…";
    else if (speed) fact = `${bytes(speed)}/s · ${duration((total - sent) / speed)} left`;
    setText(byId("sending-speed"), fact);
  }

  // Notices

  #showProblem(error) {
    if (!(error instanceof api.Problem)) throw error;
    setText(byId("problem"), error.message);
    setText(byId("problem-hint"), error.hint);
    show(byId("problem-hint"), error.hint !== "");
    show(byId("problem-box"), true);
    byId("problem-box").scrollIntoView({ block: "nearest" });
  }

  #clearNotices() {
    show(byId("problem-box"), false);
    setText(byId("problem"), "");
    setText(byId("problem-hint"), "");
    show(byId("replayed-box"), false);
    this.#replayed = null;
  }
}
