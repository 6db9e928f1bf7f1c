// <address-count for="id"> says how many addresses a textarea holds while one types. The server decides in the end.

const PARTS = /(?:"[^"]*"|[^,;\n])+/g;
const ADDRESS = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/;
const PAUSE = 250;

function count(text) {
  const parts = (text.match(PARTS) ?? []).map((part) => part.trim()).filter(Boolean);
  const addresses = parts.map((part) => (part.match(/<([^<>]*)>$/)?.[1] ?? part).trim().toLowerCase());
  const valid = addresses.filter((address) => ADDRESS.test(address));
  const different = new Set(valid).size;
  return { different, repeated: valid.length - different, wrong: parts.length - valid.length };
}

function inWords({ different, repeated, wrong }) {
  const words = [`${different.toLocaleString("en")} ${different === 1 ? "address" : "addresses"}`];
  if (repeated) words.push(`${repeated} repeated`);
  if (wrong) words.push(`${wrong} not an address`);
  return words.join(", ");
}

class AddressCount extends HTMLElement {
  connectedCallback() {
    this.role = "status";
    const field = document.getElementById(this.getAttribute("for"));
    let timer;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.show(field.value), PAUSE);
    });
    this.show(field.value);
  }

  show(text) {
    this.textContent = text.trim() ? inWords(count(text)) : "";
  }
}

customElements.define("address-count", AddressCount);
