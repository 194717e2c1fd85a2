/** Starts the context that the fragment of the URL names. */
const context = new URL("./context.mjs", import.meta.url);

/** @type {Record<string, () => unknown>} */
const starts = {
  page: () => import(context.href),
  "dedicated worker": () => {
    new Worker(context, { type: "module" }).onerror = failed;
  },
  "shared worker": () => {
    new SharedWorker(context, { type: "module" }).onerror = failed;
  },
  "service worker": () => navigator.serviceWorker.register(context, { type: "module" }),
};

/** @param {unknown} event */
function failed(event) {
  const error = event instanceof ErrorEvent ? event.message : String(event);
  void fetch("/report", { method: "POST", body: JSON.stringify([{ name: "start", error }]) });
}

const start = starts[decodeURIComponent(location.hash.slice(1))];
Promise.resolve(start?.()).catch(failed);
