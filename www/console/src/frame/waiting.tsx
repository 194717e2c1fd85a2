/** How many jobs need an operator: in the navigation, and in the title of the page. */
import { useEffect } from "preact/hooks";

import { count, number } from "../format.js";
import { useWaiting } from "../server/overview.js";

export function Waiting() {
  const waiting = useWaiting();
  useEffect(() => {
    // Each screen sets a title of its own, and removes it.
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
  const text = `${count(waiting, "job")} ${waiting === 1 ? "waits" : "wait"} for an operator`;
  return (
    <span class="nav-count" title={text}>
      <span aria-hidden="true">{number(waiting)}</span>
      <span class="visually-hidden">{text}</span>
    </span>
  );
}
