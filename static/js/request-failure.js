// No request fails silently: a lost connection or a server error is said in words, with a way to try again.

const WORDS = {
  "htmx:sendError": "Carillon can't be reached. Check your connection.",
  "htmx:timeout": "Carillon took too long to answer.",
  "htmx:responseError": "Something went wrong on the server. Nothing was changed on this page.",
};

const NOT_USED = "The passkey was not used. It may have been canceled, or this browser has none for this address.";
const NO_NAME = "Browsers keep passkeys for names only. Open Carillon at localhost, say, instead of at 127.0.0.1.";

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
  const text = event.detail.exception?.name === "SecurityError" ? NO_NAME : NOT_USED;
  flash({ text });
});
