// What the database's administrator should look at, as an import has found it.

import { make, setText, show } from "./dom.js";
import { counted } from "./format.js";

export class WarningsPanel {
  #summary = make("summary", {});
  #list = make("ul", { class: "warnings-list" });
  #shown = "";
  element;

  constructor() {
    this.element = make(
      "details",
      { class: "warnings", "data-testid": "warnings", hidden: true },
      this.#summary,
      this.#list,
    );
  }

  update(warnings) {
    show(this.element, warnings.length > 0);
    const shown = JSON.stringify(warnings);
    if (shown === this.#shown) return;
    this.#shown = shown;
    setText(this.#summary, `${counted(warnings.length, "remark")} on the database`);
    this.#list.replaceChildren(
      ...warnings.map(({ message, sql }) =>
        make("li", {}, make("span", {}, message), sql === null ? null : make("pre", {}, sql)),
      ),
    );
  }
}
