// No request fails silently: a lost connection or a server error is said in words, with a way to try again.

const WORDS = {
  "htmx:sendError": "Carillon can't be reached. Check your connection.",
  "htmx:timeout": "Carillon took too long to answer.",
  "htmx:responseError": "Something went wrong on the server. Nothing was changed on this page.",
};

const flash = (detail) => document.dispatchEvent(new CustomEvent("flash", { detail }));

for (const [name, text] of Object.entries(WORDS)) {
  document.addEventListener(name, ({ detail }) => {
    const { elt, verb, path } = detail.requestConfig;
    flash({ text, retry: () => window.htmx.ajax(verb, path, { source: elt, target: detail.target }) });
  });
}

document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
  if (detail.successful) document.querySelector("#flash [data-failure]")?.remove();
});

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  flash({ text: "The passkey was not used. It may have been canceled, or this browser has none for this address." });
});
