/** How many jobs wait for somebody: in the navigation, and in the title of the page. */
import { useEffect } from "preact/hooks";

import { count, number } from "../format.js";
import { useWaiting } from "../server/overview.js";

export function Waiting() {
  const waiting = useWaiting();
  useEffect(() => {
    // Each screen has a title of its own, which comes and goes.
    const show = () => {
      const bare = document.title.replace(/^\(\d+\) /, "");
      const wanted = waiting > 0 ? `(${waiting}) ${bare}` : bare;
      if (document.title !== wanted) document.title = wanted;
    };
    show();
    const observer = new MutationObserver(show);
    observer.observe(document.head, { subtree: true, childList: true, characterData: true });
    return () => observer.disconnect();
  }, [waiting]);
  if (waiting === 0) return null;
  const text = `${count(waiting, "job")} ${waiting === 1 ? "waits" : "wait"} for somebody`;
  return (
    <span class="nav-count" title={text}>
      <span aria-hidden="true">{number(waiting)}</span>
      <span class="unseen">{text}</span>
    </span>
  );
}
