// <flash-message> can be dismissed; one with `data-brief` leaves by itself unless somebody is at it. Other modules
// show a failure by dispatching `flash` on the document with { text, retry }.

const BRIEF = 10_000;

class FlashMessage extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      if (event.target.closest("[data-dismiss]")) this.remove();
    });
    if (this.hasAttribute("data-brief")) this.leaveLater();
  }

  leaveLater() {
    setTimeout(() => (this.matches(":hover, :focus-within") ? this.leaveLater() : this.remove()), BRIEF);
  }
}

customElements.define("flash-message", FlashMessage);

document.addEventListener("flash", ({ detail: { text, retry } }) => {
  const region = document.getElementById("flash");
  const message = document.getElementById("flash-failure").content.cloneNode(true).firstElementChild;
  message.querySelector("p").textContent = text;
  const again = message.querySelector("[data-retry]");
  again.hidden = !retry;
  again.addEventListener("click", () => {
    message.remove();
    retry();
  });
  // The same failure said twice helps nobody.
  region.querySelector("[data-failure]")?.remove();
  region.append(message);
});
