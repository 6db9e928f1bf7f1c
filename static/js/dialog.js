// Dialogs: `data-dialog="#id"` opens one of the page, a form loaded into #dialog-body opens the shared one, and
// `data-close` closes. Every opener is a link to a full page, which is what it is without this script.

let opener = null;

function open(dialog, from) {
  opener = from;
  dialog.setAttribute("closedby", "any");
  dialog.showModal();
  // Its first focusable element is the Close button; people come for the field.
  dialog.querySelector("[data-errors], input:not([type='hidden']), select, textarea")?.focus();
}

// An opener inside a menu is gone by the time the dialog closes; the menu's button stands in for it.
function whereToReturn() {
  const panel = opener?.closest("[popover]");
  return panel ? document.querySelector(`[popovertarget="${panel.id}"]`) : opener;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dialog]");
  if (link) {
    event.preventDefault();
    open(document.querySelector(link.dataset.dialog), link);
  }
  const closer = event.target.closest("dialog [data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
});

document.addEventListener("close", () => whereToReturn()?.focus(), true);

// The form comes out of a whole page, whose title isn't that of the page behind the dialog.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target?.id === "dialog-body") detail.ignoreTitle = true;
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id !== "dialog-body") return;
  // Nothing was found in the answer (a refusal, say): the whole page can say it better.
  if (!detail.target.firstElementChild) {
    window.location.assign(detail.pathInfo.requestPath);
    return;
  }
  const from = detail.requestConfig.elt;
  document.getElementById("dialog-title").textContent = from.dataset.title ?? from.textContent.trim();
  open(document.getElementById("dialog"), from);
});
