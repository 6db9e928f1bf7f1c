// <confirm-name data-name="..."> around a form enables its button once the name has been typed. The server asks too.

class ConfirmName extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector('input:not([type="hidden"])');
    const button = this.querySelector("form button:not([type='button'])");
    const compare = () => {
      button.disabled = field.value.trim() !== this.dataset.name.trim();
    };
    field.addEventListener("input", compare);
    compare();
  }
}

customElements.define("confirm-name", ConfirmName);
