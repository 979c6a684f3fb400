// Make a piece of the page what the server drew anew, touching only what differs: nothing flickers, focus, open
// details and scroll stay. Children with `data-key` are recognised wherever they stand.

const OURS = ["is-new", "is-changed"]; // classes that live on this side only

/**
 * Change `old` into `fresh`; gives the elements that came in. Both are elements of the same name. `isLeftAlone(element)`
 * says which elements keep what they hold.
 */
export function morph(old, fresh, added = [], isLeftAlone = () => false) {
  if (isLeftAlone(old)) return added;
  syncAttributes(old, fresh);
  const known = new Map();
  for (const child of old.children) if (child.dataset.key) known.set(child.dataset.key, child);
  let place = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = match(place, next, known);
    if (!same) {
      const node = document.importNode(next, true);
      old.insertBefore(node, place);
      if (node.nodeType === Node.ELEMENT_NODE) added.push(node);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else old.insertBefore(same, place);
    if (next.nodeType === Node.ELEMENT_NODE) morph(same, next, added, isLeftAlone);
    else if (same.data !== next.data) same.data = next.data;
  }
  while (place) {
    const gone = place;
    place = place.nextSibling;
    gone.remove();
  }
  return added;
}

function match(place, next, known) {
  const key = next.dataset?.key;
  if (key) {
    const found = known.get(key);
    known.delete(key);
    return found?.nodeName === next.nodeName ? found : null;
  }
  return place && place.nodeName === next.nodeName && !place.dataset?.key ? place : null;
}

function syncAttributes(old, fresh) {
  const mine = OURS.filter((name) => old.classList.contains(name));
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.localName === "details") && name !== "class") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value && name !== "class") old.setAttribute(name, value);
  const classes = [fresh.getAttribute("class"), ...mine].filter(Boolean).join(" ");
  if ((old.getAttribute("class") ?? "") !== classes) old.setAttribute("class", classes);
}
