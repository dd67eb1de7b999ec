// How a file is read, in words.

import { counted } from "./format.js";

const delimiters = new Map([
  [",", "commas"],
  [";", "semicolons"],
  ["\t", "tabs"],
  ["|", "vertical bars"],
]);

const orders = new Map([
  ["dmy", "day, month, year"],
  ["mdy", "month, day, year"],
  ["ymd", "year, month, day"],
]);

const forms = new Map([
  ["lines", "a record a line"],
  ["concatenated", "one record after another"],
  ["array", "one array"],
]);

/** "CSV with semicolons, windows-1252, gzip · decimal comma · dates as day, month, year" */
export function readingOf({ format, encoding, dialect, reading }) {
  const parts = [[kind(format, dialect), ...unusual(format, encoding), ...reading.containers].join(", ")];
  const { decimal, date_order: order } = reading.values;
  if (decimal === ",") parts.push("decimal comma");
  if (order) parts.push(`dates as ${orders.get(order) ?? order}`);
  if (dialect.header === false) parts.push("no header");
  if (dialect.skip_rows > 0) parts.push(`${counted(dialect.skip_rows, "row")} above it left out`);
  return parts.join(" · ");
}

/** What the one who sent the file should know. */
export function doubts({ reading }) {
  const unsure = reading.sure ? [] : ["How the file is written is not certain: look at the rows."];
  return [...unsure, ...reading.notes.map((note) => note[0].toUpperCase() + note.slice(1))];
}

function kind(format, dialect) {
  if (format === "json") return `JSON, ${forms.get(dialect.form) ?? dialect.form}`;
  if (format === "xlsx") return `Excel, sheet ${dialect.sheet}`;
  return `CSV with ${delimiters.get(dialect.delimiter) ?? `"${dialect.delimiter}"`}`;
}

function unusual(format, encoding) {
  return format === "xlsx" || encoding === "UTF-8" ? [] : [encoding];
}
