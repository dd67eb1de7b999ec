// Calls of the HTTP API.

/** An answer that is a problem (RFC 9457), or a call that got no answer. */
export class Problem extends Error {
  constructor(detail, hint = "", code = "unreachable", status = 0) {
    super(detail);
    this.hint = hint;
    this.code = code;
    this.status = status;
  }
}

const unreachable = "The server cannot be reached.";

/** Reads a problem out of the text of an answer; a proxy's answer has no JSON. */
export function problemOf(status, text) {
  try {
    const body = JSON.parse(text);
    if (typeof body.detail === "string") {
      const hint = typeof body.hint === "string" ? body.hint : "";
      return new Problem(body.detail, hint, String(body.code ?? ""), status);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
  }
  return new Problem(`The server answered ${status} and gave no reason.`, "", "unknown", status);
}

async function call(method, path, { signal, body, bytes } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (bytes !== undefined) headers["Content-Type"] = "application/octet-stream";
  let answer;
  try {
    answer = await fetch(path, { method, signal, headers, body: bytes ?? (body && JSON.stringify(body)) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(unreachable, "Check that it runs, then try again.");
  }
  if (!answer.ok) throw problemOf(answer.status, await answer.text());
  return answer;
}

async function json(method, path, body, bytes) {
  const answer = await call(method, path, { body, bytes });
  try {
    return await answer.json();
  } catch (error) {
    throw new Problem("The answer broke off.", "Try again.");
  }
}

/** The tables one may import into. */
export async function targets() {
  return (await json("GET", "/targets")).items;
}

/** One table, with its checks and references. */
export function target(name) {
  return json("GET", `/targets/${encodeURIComponent(name)}`);
}

/** All templates, by name. */
export async function templates() {
  const all = [];
  let cursor = null;
  do {
    const query = new URLSearchParams({ limit: "500", ...(cursor && { cursor }) });
    const page = await json("GET", `/templates?${query}`);
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}

/** Saves options under a name; resolves to the template. */
export function saveTemplate(name, options) {
  return json("PUT", `/templates/${encodeURIComponent(name)}`, options);
}

/** What a file is, by the bytes of its start and the options that an import of it would have. */
export function inspect(bytes, options) {
  return json("POST", `/inspect?${new URLSearchParams(options)}`, undefined, bytes);
}

/** A page of imports, newest first: `{items, next}`. */
export function imports(limit, cursor = null) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (cursor) query.set("cursor", cursor);
  return json("GET", `/imports?${query}`);
}

/** One import. */
export function importObject(id) {
  return json("GET", `/imports/${encodeURIComponent(id)}`);
}

/** Calls an import off; resolves to its object. */
export function cancelImport(id) {
  return json("DELETE", `/imports/${encodeURIComponent(id)}`);
}

/** Asks for an import to be taken back; resolves to its object. */
export function undoImport(id) {
  return json("POST", `/imports/${encodeURIComponent(id)}/undo`);
}

/** What came of it: counts, and the first rows that were left. */
export function undoReport(id, limit) {
  return json("GET", `/imports/${encodeURIComponent(id)}/undo?limit=${limit}`);
}

/** Where the rejects of an import are: csv, source or json. */
export function errorsPath(id, format) {
  return `/imports/${encodeURIComponent(id)}/errors?format=${format}`;
}

/** How many rejected rows the reports of an import list: a limit may leave some out. */
export async function rowsListed(id) {
  const answer = await call("HEAD", errorsPath(id, "json"));
  return Number(answer.headers.get("X-Sluice-Rows-Listed"));
}

/**
 * The first rejects of an import. The report may be as long as the file, so it is read only as far as
 * needed.
 */
export async function firstRejects(id, limit) {
  const stop = new AbortController();
  const answer = await call("GET", errorsPath(id, "json"), { signal: stop.signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const scanner = new ObjectScanner();
  try {
    while (scanner.objects.length < limit) {
      const { done, value } = await reader.read();
      if (done) break;
      scanner.feed(value);
    }
  } catch (error) {
    throw new Problem("The report broke off.", "Try again.");
  } finally {
    stop.abort();
  }
  return scanner.objects.slice(0, limit);
}

/** Finds the whole objects inside the text of a JSON object that comes in pieces. */
class ObjectScanner {
  objects = [];
  #text = "";
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  feed(piece) {
    for (const letter of piece) {
      if (this.#depth > 1 || (this.#depth === 1 && letter === "{")) this.#text += letter;
      if (this.#isInString) this.#inString(letter);
      else if (letter === '"') this.#isInString = true;
      else if (letter === "{") this.#depth += 1;
      else if (letter === "}") this.#close();
    }
  }

  #inString(letter) {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (letter === "\\") this.#isEscaped = true;
    else if (letter === '"') this.#isInString = false;
  }

  #close() {
    this.#depth -= 1;
    if (this.#depth !== 1) return;
    this.objects.push(JSON.parse(this.#text));
    this.#text = "";
  }
}
