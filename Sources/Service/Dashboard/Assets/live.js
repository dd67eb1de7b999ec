// The WebSocket: hears of all imports, and finds back by itself when the connection is lost.

const firstDelay = 500;
const longestDelay = 10_000;
/** A running import is told of once a second: longer silence means that the line is dead. */
const silence = 10_000;
/** How long a connection has to hold before the next loss counts as the first one. */
const settled = 5_000;

/**
 * Keeps a connection.
 *
 * - `onMessage(message)`: a snapshot or progress
 * - `onOpen()`: connected, subscribed; what was missed has to be read again
 * - `onState(state, retryAt)`: "connecting", "open" or "waiting" until a moment (ms of the epoch)
 * - `expectsNews()`: whether an import runs
 */
export class Live {
  #listener;
  #socket = null;
  #timer = 0;
  #attempts = 0;
  #heardAt = 0;
  #openedAt = 0;
  #place = null;

  constructor(listener) {
    this.#listener = listener;
  }

  start() {
    this.#connect();
    setInterval(() => this.#checkSilence(), 2_000);
    addEventListener("online", () => this.retry());
    addEventListener("offline", () => this.#drop());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retry();
    });
  }

  /** Connects now instead of later. */
  retry() {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.#socket = socket;
    this.#listener.onState("connecting");
    socket.addEventListener("open", () => {
      if (socket === this.#socket) this.#opened();
    });
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket) this.#heard(event.data);
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#lost();
    });
  }

  #opened() {
    this.#openedAt = Date.now();
    this.#heardAt = this.#openedAt;
    const request = { op: "subscribe", all: true };
    if (this.#place) request.since = this.#place;
    this.#socket.send(JSON.stringify(request));
    this.#listener.onState("open");
    this.#listener.onOpen();
  }

  #heard(text) {
    this.#heardAt = Date.now();
    const message = JSON.parse(text);
    if (message.type !== "snapshot" && message.type !== "progress") {
      console.warn("the server said:", message);
      return;
    }
    this.#place = { epoch: message.epoch, seq: message.seq };
    this.#listener.onMessage(message);
  }

  #lost() {
    if (this.#openedAt && Date.now() - this.#openedAt > settled) this.#attempts = 0;
    this.#socket = null;
    this.#openedAt = 0;
    const most = Math.min(longestDelay, firstDelay * 2 ** this.#attempts);
    // Jitter: when a server starts again, its visitors must not all come in one moment.
    const delay = most / 2 + (Math.random() * most) / 2;
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#connect(), delay);
    this.#listener.onState("waiting", Date.now() + delay);
  }

  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    // A dead line takes its time to close: it is forgotten at once.
    this.#lost();
    socket.close();
  }

  #checkSilence() {
    if (!this.#openedAt || !this.#listener.expectsNews()) return;
    if (Date.now() - this.#heardAt > silence) this.#drop();
  }
}
