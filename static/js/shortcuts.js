// Single keys: `/` goes to the search box, any other to the link or button that carries it as `data-key`.
// They rest while somebody types, while a dialog is open, and for whoever has turned them off in the profile.

const TYPING = "input, textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  if ("noKeys" in document.body.dataset) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest(TYPING) || document.querySelector("dialog[open]")) return;
  const search = document.querySelector('input[type="search"]');
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
    search.select();
    return;
  }
  if (!/^[a-z]$/.test(event.key)) return;
  const chosen = document.querySelector(`[data-key="${event.key}"]`);
  if (chosen) {
    event.preventDefault();
    chosen.click();
  }
});
