// TypeDoc closes a dialog when its animation has ended. A second Escape makes the browser close it
// before that, and the overlay would remain and catch every click.
document.addEventListener(
  "close",
  ({ target }) => {
    if (!(target instanceof HTMLDialogElement) || target.open) return;
    target.classList.remove("closing");
    document.getElementById("tsd-overlay")?.remove();
    document.body.style.removeProperty("overflow");
    document.body.style.removeProperty("padding-right");
  },
  true,
);
