// <file-drop> around a file input: a file dropped anywhere on it is the file chosen.

class FileDrop extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector('input[type="file"]');
    this.addEventListener("dragover", (event) => this.mark(event, true));
    this.addEventListener("dragleave", (event) => this.mark(event, false));
    this.addEventListener("drop", (event) => this.take(event));
  }

  mark(event, over) {
    event.preventDefault();
    this.toggleAttribute("data-over", over);
  }

  take(event) {
    this.mark(event, false);
    if (event.dataTransfer.files.length === 0) return;
    this.input.files = event.dataTransfer.files;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("file-drop", FileDrop);
