// Looks at a file's header before it is sent: a wrong file costs no upload then.
//
// The server decides. This says what it will say, and says nothing where it is not sure.

const firstBytes = 64 * 1024;

/** The names in a file's header, or null where they cannot be told. */
export async function headerOf(file, delimiter) {
  const bytes = await file.slice(0, firstBytes).arrayBuffer();
  let text;
  try {
    // A letter may be cut in two at the end: `stream` does not mind.
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch (error) {
    return null;
  }
  const names = firstRecord(text, delimiter, file.size <= firstBytes);
  return names && names.some((name) => name !== "") ? names : null;
}

/** The fields of the first record, quoted ones without their quotes; null where it does not end. */
function firstRecord(text, delimiter, isWhole) {
  const fields = [];
  let field = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (isQuoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') field += text[(at += 1)];
      else isQuoted = false;
    } else if (letter === '"' && field === "") isQuoted = true;
    else if (letter === delimiter) {
      fields.push(field);
      field = "";
    } else if (letter === "\n" || letter === "\r") return [...fields, field];
    else field += letter;
  }
  return isWhole && !isQuoted ? [...fields, field] : null;
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
  // The report of rejected rows appends this column; the server leaves it out.
  const headers = names.at(-1) === "_errors" ? names.slice(0, -1) : names;
  const given = new Set(headers.map(folded));
  const known = new Set(table.columns.map((column) => folded(column.name)));
  const columns = table.columns.map((column) => column.name);
  return {
    found: new Set(columns.filter((name) => given.has(folded(name)))),
    missing: columns.filter((name) => mustHave.has(name) && !given.has(folded(name))),
    unknown: headers.filter((name) => !known.has(folded(name))),
  };
}
