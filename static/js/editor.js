// The editor's comforts: insert merge tags and the unsubscribe footer, keys to save and review, and a word about
// what isn't saved. Everything it does, the page also does without it.

const form = document.getElementById("draft");
const body = document.getElementById("id_html");
const state = document.querySelector("[data-save-state]");
const writable = ["id_subject", "id_html", "id_text"];

let target = body;
// What came back with an error isn't saved either.
let written = document.querySelector("[data-errors]") !== null;
let submitting = false;

function insert(field, text, at) {
  field.setRangeText(text, at, at === field.selectionStart ? field.selectionEnd : at, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function endOfBody() {
  const closing = body.value.search(/<\/(body|html)\s*>/i);
  return closing === -1 ? body.value.length : closing;
}

form.addEventListener("focusin", (event) => {
  if (writable.includes(event.target.id)) target = event.target;
});

form.addEventListener("input", () => {
  written = true;
  state.textContent = "Not saved yet";
});

form.addEventListener("click", (event) => {
  const tag = event.target.closest("[data-insert]");
  const footer = event.target.closest("[data-footer]");
  if (tag) insert(target, tag.dataset.insert, target.selectionStart);
  if (footer) {
    event.preventDefault();
    const standing = body.value.lastIndexOf("UNSUBSCRIBE_URL}}}");
    if (standing < 0) insert(body, footer.dataset.footer, endOfBody());
    else body.setSelectionRange(standing, standing + "UNSUBSCRIBE_URL}}}".length);
    body.focus();
    body.scrollTop = body.scrollHeight;
  }
});

form.addEventListener("submit", () => {
  submitting = true;
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  const button = { s: "[data-save]", Enter: "[data-review]" }[event.key];
  if (!button || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  form.requestSubmit(document.querySelector(button));
});

window.addEventListener("beforeunload", (event) => {
  if (written && !submitting) event.preventDefault();
});

// Coming back by the browser's button shows the page as it was left: what was typed since may be saved again.
window.addEventListener("pageshow", () => {
  submitting = false;
});
