const SOON = 1500;
const LONGEST = 20;

/** Looks again while something is on its way (`data-busy`), so that the answer appears without a reload. */
class WebhookDeliveries extends HTMLElement {
  connectedCallback() {
    this.looks = 0;
    this.wait();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  wait() {
    if (this.dataset.busy === undefined || this.looks >= LONGEST) return;
    this.timer = setTimeout(() => this.look(), SOON + this.looks * 250);
  }

  async look() {
    this.looks += 1;
    this.request = new AbortController();
    try {
      const answer = await fetch(location.href, { signal: this.request.signal, credentials: "same-origin" });
      if (answer.ok && !answer.redirected) this.take(await answer.text());
    } catch (error) {
      if (error.name === "AbortError") return;
    }
    if (this.isConnected) this.wait();
  }

  /** Put in the fresh parts of the same page; what somebody is using with the keyboard stays. */
  take(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(this.localName);
    if (!fresh) return;
    if (fresh.dataset.busy === undefined) delete this.dataset.busy;
    for (const part of this.querySelectorAll("[data-part]")) {
      const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (next && !part.contains(document.activeElement)) part.replaceChildren(...next.childNodes);
    }
  }
}
customElements.define("webhook-deliveries", WebhookDeliveries);
