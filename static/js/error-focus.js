// The summary of a form's errors takes the focus, on a fresh page and after a swap.

const focusSummary = (root) => root.querySelector("[data-errors]")?.focus();

focusSummary(document);
document.addEventListener("htmx:afterSettle", ({ detail }) => focusSummary(detail.elt));
