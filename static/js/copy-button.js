// <copy-button data-value="..."> around a button copies its value and says so for two seconds.

const SAID_FOR = 2000;

class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => this.copy());
  }

  async copy() {
    // Without https the browser has no clipboard for pages: select the text instead, for Ctrl+C.
    if (!navigator.clipboard) {
      window.getSelection().selectAllChildren(this.previousElementSibling);
      return;
    }
    await navigator.clipboard.writeText(this.dataset.value);
    this.dataset.copied = "";
    this.say("Copied");
    setTimeout(() => {
      delete this.dataset.copied;
      this.say("");
    }, SAID_FOR);
  }

  say(text) {
    this.status ??= this.appendChild(Object.assign(document.createElement("span"), { role: "status" }));
    this.status.textContent = text;
  }
}

customElements.define("copy-button", CopyButton);
