// Sends a file, and tells how many bytes have gone. `fetch` does not say, so XMLHttpRequest does it.

import { Problem, problemOf } from "./api.js";

/**
 * Sends a file to `POST /imports`: `{answer, cancel()}`. `answer` resolves to the accepted import, or to
 * null where it was cancelled, and rejects with a `Problem`.
 *
 * `onProgress({sent, total, speed, isStoring})`: bytes, bytes a second (null at first), and whether all
 * is sent and the server has still to answer.
 */
export function upload(file, fields, onProgress) {
  const request = new XMLHttpRequest();
  const speed = new Speed();
  request.upload.addEventListener("progress", (event) => {
    // The form around the file counts as well: it is a few hundred bytes.
    const sent = Math.min(event.loaded, file.size);
    onProgress({ sent, total: file.size, speed: speed.note(sent), isStoring: false });
  });
  request.upload.addEventListener("load", () => {
    onProgress({ sent: file.size, total: file.size, speed: null, isStoring: true });
  });
  const answer = new Promise((resolve, reject) => {
    request.addEventListener("load", () => settle(request, resolve, reject));
    request.addEventListener("abort", () => resolve(null));
    request.addEventListener("error", () =>
      reject(
        new Problem(
          "The connection broke off before the file had arrived.",
          "Check that the server runs and that the file was not changed meanwhile, then try again.",
        ),
      ),
    );
  });
  request.open("POST", "/imports");
  request.setRequestHeader("Accept", "application/json");
  request.send(formOf(file, fields));
  return { answer, cancel: () => request.abort() };
}

/** The target stands first: what can be refused is refused before the file's bytes are read. */
function formOf(file, fields) {
  const form = new FormData();
  form.append("target", fields.target);
  for (const [name, value] of Object.entries(fields)) {
    if (name !== "target") form.append(name, value);
  }
  form.append("file", file, file.name);
  return form;
}

function settle(request, resolve, reject) {
  if (request.status !== 200 && request.status !== 202) {
    reject(problemOf(request.status, request.responseText));
    return;
  }
  try {
    resolve(JSON.parse(request.responseText));
  } catch (error) {
    reject(new Problem("The server's answer cannot be read.", "The list shows what it has taken."));
  }
}

/** Bytes a second over the last three seconds. */
class Speed {
  #samples = [];

  note(sent) {
    const now = performance.now();
    this.#samples.push({ sent, now });
    while (this.#samples.length > 2 && now - this.#samples[0].now > 3_000) this.#samples.shift();
    const first = this.#samples[0];
    const seconds = (now - first.now) / 1000;
    return seconds < 0.25 ? null : (sent - first.sent) / seconds;
  }
}
