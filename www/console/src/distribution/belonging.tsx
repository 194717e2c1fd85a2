/** Which codes of a list belong to the program, according to Uber's list. */
import { codes, number, verb } from "../format.js";
import type { Listed } from "../lists/check.js";
import { ActionButton } from "../parts/action-button.js";
import { Ago, Callout, ErrorCode } from "../parts/small.js";
import { Link, paths } from "../router.js";
import { useNames } from "../server/programs.js";
import { explainReading } from "../explain.js";

/** Codes of another program reach nobody: they block the distribution. */
export function Foreign({
  listed,
  size,
  isOfSeveral,
  leaving,
  onTake,
  onLeaveOut,
}: {
  listed: Listed;
  size: number;
  /** Whether the file names the programs. */
  isOfSeveral: boolean;
  /** How many of the others will be queued; `null` if that depends on a decision. */
  leaving: number | null;
  /** Passes the list on to the screen of this program. */
  onTake(programId: string): void;
  onLeaveOut?(): void;
}) {
  const nameOf = useNames();
  const { foreign, firstForeign } = listed;
  if (foreign === 0) return null;
  const owners = new Map<string, number>();
  for (const { program } of firstForeign) {
    if (program !== null) owners.set(program, (owners.get(program) ?? 0) + 1);
  }
  const whom =
    foreign === size
      ? size === 1
        ? "This code is"
        : `All ${number(size)} are`
      : `${number(foreign)} of these ${verb(foreign, "is", "are")}`;
  return (
    <Callout
      tone="rejected"
      title={`${whom} not in ${isOfSeveral ? `the program of ${verb(foreign, "its", "their")} line` : "this program"}`}
    >
      <p>Uber does not list {verb(foreign, "it", "them")} there. Nothing of this list is sent.</p>
      {[...owners].map(([program, found]) => (
        <p key={program}>
          {foreign > firstForeign.length && "Of the codes that were looked up, "}
          {codes(found)} {verb(found, "is", "are")} in{" "}
          {isOfSeveral ? (
            <bdi>{nameOf(program)}</bdi>
          ) : (
            <Link to={paths.new(program)} onFollow={() => onTake(program)}>
              <bdi>{nameOf(program)}</bdi>
            </Link>
          )}
          {isOfSeveral
            ? `: correct ${verb(found, "its line", "their lines")}.`
            : ": take the list there."}
        </p>
      ))}
      {onLeaveOut && foreign < size && (
        <button type="button" class="button button-small" onClick={onLeaveOut}>
          Continue without {verb(foreign, "it", "them")}
          {leaving !== null && `: ${codes(leaving)}`}
        </button>
      )}
    </Callout>
  );
}

/** The age from which the time of reading is shown: long lists are cached for some minutes. */
const OLD_MS = 60_000;

/** These are never sent, and nothing has to be decided. */
export function LeftOut({ listed: { cancelled, used, readAt } }: { listed: Listed }) {
  const isOld = readAt !== null && readAt < Date.now() - OLD_MS;
  const at = isOld && (
    <span class="quiet">
      Uber’s list was read <Ago ms={readAt} />.
    </span>
  );
  if (cancelled + used === 0) return isOld ? <p class="left-out">{at}</p> : null;
  return (
    <p class="left-out" role="status">
      Left out:{" "}
      {[
        cancelled > 0 && `${number(cancelled)} that Uber has cancelled`,
        used > 0 && `${number(used)} that ${verb(used, "is", "are")} in use already`,
      ]
        .filter(Boolean)
        .join(", and ")}
      . {at}
    </p>
  );
}

/** Uber's list could not be read: the admin decides. */
export function Unchecked({
  listed: { fault },
  isUnchecked,
  onDecide,
  onCheckAgain,
}: {
  listed: Listed;
  isUnchecked: boolean;
  onDecide(isUnchecked: boolean): void;
  onCheckAgain(): void;
}) {
  if (fault === null) return null;
  const { what, todo, code, status } = explainReading(fault);
  return (
    <Callout tone="unknown" title="It is not known whether these codes are in this program">
      <p>
        Uber’s list of the program’s codes could not be read: {what}. {todo}
      </p>
      <label class="decision">
        <input
          type="checkbox"
          checked={isUnchecked}
          onChange={(event) => onDecide(event.currentTarget.checked)}
        />
        <span>
          Send them unchecked
          <span class="decision-more">
            Codes of another program, cancelled codes and codes in use are then not detected.
          </span>
        </span>
      </label>
      <p class="callout-code">
        <ErrorCode code={code} status={status} />
        <ActionButton look="link" onClick={onCheckAgain}>
          Check again
        </ActionButton>
      </p>
    </Callout>
  );
}
