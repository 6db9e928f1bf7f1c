// Arrow keys for menus. Opening, Escape and closing from outside are the browser's own popover behaviour.

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

const itemsOf = (panel) => [...panel.querySelectorAll("a, button")];

function itemFor(key, panel) {
  const items = itemsOf(panel);
  if (key === "Home") return items.at(0);
  if (key === "End") return items.at(-1);
  const current = items.indexOf(document.activeElement);
  if (current < 0) return items.at(key === "ArrowUp" ? -1 : 0);
  return items[(current + STEPS[key] + items.length) % items.length];
}

document.addEventListener("keydown", (event) => {
  if (!(event.key in STEPS) && event.key !== "Home" && event.key !== "End") return;
  const opener = event.target.closest(".menu > [popovertarget]");
  const panel = opener ? opener.popoverTargetElement : event.target.closest(".menu > .panel");
  if (!panel || (opener && !(event.key in STEPS))) return;
  event.preventDefault();
  if (opener) panel.showPopover({ source: opener });
  itemFor(event.key, panel)?.focus();
});

document.addEventListener("click", (event) => {
  if (event.target.closest(".menu > .panel a, .menu > .panel button")) {
    event.target.closest(".panel").hidePopover();
  }
});
