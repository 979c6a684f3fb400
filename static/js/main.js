// The only module script of a page. Elements that every page has come with it; the others when a page holds their tag.
import "./elements/flash-message.js";
import "./elements/nav-drawer.js";
import "./elements/theme-switch.js";
import "./lib/app/served.js";

const asked = new Set();

function load(tag) {
  if (asked.has(tag)) return;
  asked.add(tag);
  import(`./elements/${tag}.js`).catch((error) => {
    asked.delete(tag);
    console.error(`<${tag}> stays as the server drew it`, error);
  });
}

function loadWithin(root) {
  if (root.localName?.includes("-") && !customElements.get(root.localName)) load(root.localName);
  for (const element of root.querySelectorAll(":not(:defined)")) load(element.localName);
}

loadWithin(document);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) loadWithin(node);
  }
}).observe(document.documentElement, { childList: true, subtree: true });
