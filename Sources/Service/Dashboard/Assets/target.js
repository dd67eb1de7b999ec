// Shows what a file for a target must have.

import { make, setText } from "./dom.js";
import { count, counted } from "./format.js";

/** The key that an import goes by: the one over the columns named, or the primary key. */
export function keyOf(table, names = null) {
  const usable = table.keys.filter((key) => !key.deferrable);
  if (names) return usable.find((key) => key.columns.join() === names.join()) ?? null;
  return usable.find((key) => key.primary) ?? null;
}

/** The names of the columns that a file must have. */
export function mustHave(table, key) {
  const required = table.columns.filter(
    (column) =>
      !column.nullable && column.default === null && column.identity === null && !column.generated,
  );
  return new Set([...required.map((column) => column.name), ...(key?.columns ?? [])]);
}

/** A list of tables for a `<select>`, grouped by schema where there are several. */
export function targetOptions(tables) {
  const placeholder = make("option", { value: "" }, "Choose a table…");
  const option = (table) => make("option", { value: table.target }, table.target);
  const schemas = [...new Set(tables.map((table) => table.schema))];
  if (schemas.length < 2) return [placeholder, ...tables.map(option)];
  const groups = schemas.map((schema) =>
    make(
      "optgroup",
      { label: schema },
      ...tables.filter((table) => table.schema === schema).map(option),
    ),
  );
  return [placeholder, ...groups];
}

/** The other unique keys that an import may go by, as options of a `<select>`. */
export function keyOptions(table) {
  const primary = keyOf(table);
  const first = primary
    ? `the primary key: ${primary.columns.join(", ")}`
    : "the primary key (this table has none)";
  const others = table.keys.filter((key) => !key.deferrable && key !== primary);
  return [
    make("option", { value: "" }, first),
    ...others.map((key) =>
      make("option", { value: JSON.stringify(key.columns) }, key.columns.join(", ")),
    ),
  ];
}

/** The panel below the target: columns with their types, then rules. `found` may be null. */
export function describeTarget(table, key, found) {
  const required = mustHave(table, key);
  const facts = [counted(table.columns.length, "column")];
  if (table.estimated_rows !== null) facts.push(`about ${counted(table.estimated_rows, "row")}`);
  const rows = table.columns.map((column) => columnRow(column, key, required, found));
  const scroller = make(
    "div",
    { class: "columns-scroll", tabindex: "0", role: "region", "aria-label": "Columns of the table" },
    make(
      "table",
      { class: "columns-table" },
      make("caption", { class: "visually-hidden" }, `Columns of ${table.target}`),
      make(
        "thead",
        { class: "visually-hidden" },
        make("tr", {}, ...["Column", "Type", "In the file"].map((name) => make("th", { scope: "col" }, name))),
      ),
      make("tbody", {}, ...rows),
    ),
  );
  return [make("p", { class: "target-facts" }, facts.join(" · ")), scroller, rules(table)];
}

function columnRow(column, key, required, found) {
  const isFound = found?.has(column.name) ?? false;
  const isMissing = found !== null && !isFound && required.has(column.name);
  const state = isMissing ? "missing" : isFound ? "found" : null;
  const name = make("th", { scope: "row" }, make("bdi", {}, column.name));
  const title = column.labels ? column.labels.join(", ") : column.type;
  const type = make("td", { class: "type", title }, shortType(column.type));
  if (column.labels) {
    type.append(make("span", { class: "labels" }, column.labels.slice(0, 6).join(" · ")));
  }
  return make(
    "tr",
    { "data-state": state },
    name,
    type,
    make("td", { class: "marks" }, ...marks(column, key, required, state)),
  );
}

/** A type as most people write it; the full name is in the title. */
function shortType(name) {
  return name
    .replace("character varying", "varchar")
    .replace(/^character\b/, "char")
    .replace("double precision", "double")
    .replace(/(timestamp|time)(\(\d\))? with time zone/, "$1tz$2")
    .replace(" without time zone", "");
}

function marks(column, key, required, state) {
  const mark = (kind, text, title = null) => make("span", { class: `mark ${kind}`, title }, text);
  const all = [];
  if (state === "missing") return [mark("missing", "missing", "The file has to have this column.")];
  if (key?.columns.includes(column.name)) {
    all.push(mark("key", "key", "Rows that agree in the key are the same row."));
  } else if (column.generated) {
    all.push(mark("quiet", "computed", "Postgres computes it: leave it out of the file."));
  } else if (required.has(column.name)) {
    all.push(mark("required", "required"));
  } else if (column.identity !== null) {
    all.push(mark("quiet", "numbered", "Postgres numbers it where the file does not."));
  } else if (column.default !== null) {
    all.push(mark("quiet", "default", `Without this column in the file: ${column.default}`));
  } else {
    all.push(mark("quiet", "optional"));
  }
  if (state === "found") all.push(make("span", { class: "tick", title: "in the file" }, "✓"));
  return all;
}

function rules(table) {
  const items = [
    ...(table.checks ?? []).map((check) => make("li", {}, make("code", {}, check.definition))),
    ...(table.references ?? []).map((reference) =>
      make(
        "li",
        {},
        make("code", {}, reference.columns.join(", ")),
        " must be in ",
        make("code", {}, `${reference.referenced_table} (${reference.referenced_columns.join(", ")})`),
      ),
    ),
  ];
  if (items.length === 0) return null;
  return make(
    "details",
    { class: "rules" },
    make("summary", {}, `${counted(items.length, "rule")} that rows must keep`),
    make("ul", {}, ...items),
  );
}

/** Says in a line how a header fits: `result` of `fit`, and the number of names in the header. */
export function describeFit(result, element) {
  const parts = [];
  if (result.missing.length > 0) parts.push(`Missing in the file: ${result.missing.join(", ")}.`);
  if (result.unknown.length > 0) {
    const names = result.unknown.slice(0, 8).map((name) => `“${name || "(no name)"}”`);
    const more = result.unknown.length > 8 ? ` and ${count(result.unknown.length - 8)} more` : "";
    parts.push(`No such column in the table: ${names.join(", ")}${more}.`);
  }
  const isGood = parts.length === 0;
  element.dataset.state = isGood ? "good" : "bad";
  setText(
    element,
    isGood ? `The header fits: ${counted(result.found.size, "column")} found.` : parts.join(" "),
  );
}
