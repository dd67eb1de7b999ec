// Makes and changes elements. Data goes in as text only, never as markup.

/** An element by its id; it has to be there. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Makes an element: `make("a", { class: "link", href: "…" }, "text", child)`.
 * Attributes that are false, null or undefined are left out; true makes an empty one.
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) setAttribute(element, key, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets an attribute, or removes it where the value is false, null or undefined. */
export function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Sets the text of an element; what is the same already stays untouched. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows or hides an element. */
export function show(element, isShown) {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/** Runs a function once before the next frame, however often it was asked for. */
export function batched(work) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      work();
    });
  };
}

/** Says something to screen readers; only the last few sentences stay in the page. */
export function announce(sentence) {
  const log = byId("announce");
  log.append(make("p", {}, sentence));
  while (log.childElementCount > 5) log.firstElementChild.remove();
}
