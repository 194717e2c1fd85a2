/** Uber has reported something that this worker can't read: what that means, and what to do. */
import { useReadAgain } from "../events/read-again.js";
import { count, verb } from "../format.js";
import { WarningIcon } from "../parts/icons.js";
import { Link, paths } from "../router.js";
import { useUnread } from "../server/events.js";

export function UnreadEvents() {
  const unread = useUnread().value?.unreadCount ?? 0;
  const { label, isBusy, problem, readAgain } = useReadAgain("unread");
  if (unread === 0) return null;
  const them = verb(unread, "it", "them");
  return (
    <section class="banner" aria-label="Unread events">
      <WarningIcon />
      <p>
        <b>Uber has sent {count(unread, "event")} that this worker can’t read.</b> What{" "}
        {verb(unread, "it reports", "they report")} is missing in the figures: codes may show as
        queued or unknown although Uber has reported them. Copy the body of one, set{" "}
        <code>outcomes</code> so that it reads {them}, deploy, then press “Read again”.
        {problem && ` ${problem.message}: nothing is being read again.`}
      </p>
      <Link to={paths.unreadEvents} class="button button-small">
        See {count(unread, "event")}
      </Link>
      <button type="button" class="button button-small" aria-disabled={isBusy} onClick={readAgain}>
        {label}
      </button>
    </section>
  );
}
