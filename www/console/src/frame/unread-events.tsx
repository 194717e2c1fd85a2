/**
 * The notice that Uber has sent events which this worker can't read: what that means, and what to
 * do.
 */
import { useReadAgain } from "../events/read-again.js";
import { count, verb } from "../format.js";
import { ActionButton } from "../parts/action-button.js";
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
        {verb(unread, "it reports", "they report")} is missing in the figures: codes may be shown as
        queued or unknown although Uber has reported them. Copy the body of one, set{" "}
        <code>outcomes</code> so that it reads {them}, deploy, then press “Read again”.
        {problem && ` ${problem.message}: no event is read again.`}
      </p>
      <Link to={paths.unreadEvents} class="button button-small">
        See {count(unread, "event")}
      </Link>
      <ActionButton class="button-small" isBusy={isBusy} onClick={readAgain}>
        {label}
      </ActionButton>
    </section>
  );
}
