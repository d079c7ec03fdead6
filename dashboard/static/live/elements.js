/** Making elements; every text is set as text, so that a name from a file stays a name. */

export function element(tag, properties = {}, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function fill(parent, children) {
  parent.replaceChildren(...children);
}

/** Set a text only where it is another one, so that what a person has marked stays marked. */
export function say(of, text) {
  if (of.textContent !== text) of.textContent = text;
  of.hidden = !text;
}

/** How many pictures a confusion matrix counts, as people write it. */
export function counted(counts) {
  return counts.flat().reduce((sum, count) => sum + count, 0).toLocaleString("en");
}
