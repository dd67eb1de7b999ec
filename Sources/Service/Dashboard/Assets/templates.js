// Saved options: chosen in the form of a new import, and saved from it.

import * as api from "./api.js";
import { announce, byId, make, show } from "./dom.js";

export class Templates {
  #all = new Map();

  /** The one that is chosen, with its `options`, or null. */
  get chosen() {
    return this.#all.get(byId("template").value) ?? null;
  }

  /** Reads them anew; the one that is chosen stays chosen where it is still there. */
  async load() {
    const items = await api.templates();
    const select = byId("template");
    const chosen = select.value;
    this.#all = new Map(items.map((template) => [template.name, template]));
    const options = items.map(({ name }) => make("option", { value: name }, name));
    select.replaceChildren(make("option", { value: "" }, "none"), ...options);
    if (this.#all.has(chosen)) select.value = chosen;
    show(byId("template-field"), items.length > 0);
  }

  /** Saves options under a name, on top of those of the template that is chosen. */
  async save(name, options) {
    const { name: saved } = await api.saveTemplate(name, { ...this.chosen?.options, ...options });
    await this.load();
    byId("template").value = saved;
    announce(`The template ${saved} is saved.`);
  }
}

/** A header as a template's mapping reads it: names of columns where it has some. */
export function mapped(header, mapping) {
  if (!header || typeof mapping !== "object" || mapping === null) return header;
  return header
    .filter((name) => mapping[name] !== null)
    .map((name) => mapping[name]?.column ?? mapping[name] ?? name);
}
