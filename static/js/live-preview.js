// A frame with `data-follows` shows what that address makes of the form around it, a moment after each change.

const PAUSE = 300;
let timer = null;
let number = 0;

// A new frame each time leaves no trace in the history; the old one stands until the new one has something to show.
function show(form, frame) {
  form.querySelector("iframe[hidden]")?.remove();
  const fresh = frame.cloneNode();
  fresh.removeAttribute("src");
  fresh.hidden = true;
  fresh.name = `preview-${++number}`;
  frame.after(fresh);
  fresh.addEventListener("load", () => {
    if (!fresh.hidden) return;
    fresh.hidden = false;
    frame.remove();
  });
  const { action, target } = form;
  form.action = frame.dataset.follows;
  form.target = fresh.name;
  form.submit();
  form.action = action;
  form.target = target;
}

const follow = (form) => {
  const frame = form?.querySelector("iframe[data-follows]:not([hidden])");
  if (frame) show(form, frame);
};

document.addEventListener("input", ({ target }) => {
  clearTimeout(timer);
  timer = setTimeout(() => follow(target.form), PAUSE);
});

// What was typed is still in a form that was refused.
follow(document.querySelector("[data-errors]")?.closest("form"));
