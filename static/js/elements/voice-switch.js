/** A button that switches listening on and off, where this browser hears words. All that can be said has a button too. */
class VoiceSwitch extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = !(window.SpeechRecognition ?? window.webkitSpeechRecognition);
    button.addEventListener("click", () => this.turn());
    this.dataset.ready = "true";
  }

  disconnectedCallback() {
    this.listening?.stop();
  }

  async turn() {
    const { Listening } = await import("../lib/voice/listening.js");
    this.listening ??= new Listening(this);
    return this.listening.turn();
  }
}
customElements.define("voice-switch", VoiceSwitch);
