// Looks at a file before it is sent: a wrong file costs no upload then.

import { inspect, Problem } from "./api.js";

/** As much of a file as the server looks at. */
const startBytes = 1 << 20;

/**
 * What a file is, as the server sees it by its start; null where that does not tell, as of a large
 * workbook. A file that cannot be imported at all is a `Problem`.
 */
export async function look(file, options) {
  const start = await file.slice(0, startBytes).arrayBuffer();
  try {
    return await inspect(start, options);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const isWhole = file.size <= startBytes;
    if (isWhole && error.status === 415) throw error;
    return null;
  }
}

/** The names in the header of a file that was looked at; null where it has none. */
export function headerOf(found) {
  return found && found.dialect.header !== false ? found.header : null;
}

/** A name without case, spaces and punctuation: names that agree in this are one. */
function folded(name) {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/**
 * How a header fits a table: `{found, missing, unknown}`, names of columns, of columns that the file has
 * to have, and of headers without a column.
 */
export function fit(names, table, mustHave) {
  // The report of rejected rows appends this column; the server leaves it out. So it does with columns
  // that have no name.
  const headers = names.filter((name) => name !== "" && name !== "_errors");
  const given = new Set(headers.map(folded));
  const known = new Set(table.columns.map((column) => folded(column.name)));
  const columns = table.columns.map((column) => column.name);
  return {
    found: new Set(columns.filter((name) => given.has(folded(name)))),
    missing: columns.filter((name) => mustHave.has(name) && !given.has(folded(name))),
    unknown: headers.filter((name) => !known.has(folded(name))),
  };
}
