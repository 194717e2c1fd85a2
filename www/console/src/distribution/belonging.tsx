/** Which codes of a list are the program's own to send, by Uber's list of them. */
import { codes, number, verb } from "../format.js";
import type { Listed } from "../lists/check.js";
import { Callout, ErrorCode } from "../parts/small.js";
import { Link, paths } from "../router.js";
import { useNames } from "../server/programs.js";
import { explainReading } from "../explain.js";

/** Nobody can be reached by another program's codes: this blocks. */
export function Foreign({
  listed,
  size,
  isOfSeveral,
  onLeaveOut,
}: {
  listed: Listed;
  size: number;
  /** The file names the programs. */
  isOfSeveral: boolean;
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
          {foreign > firstForeign.length && "Of those that were looked up, "}
          {codes(found)} {verb(found, "is", "are")} in{" "}
          {isOfSeveral ? (
            <bdi>{nameOf(program)}</bdi>
          ) : (
            <Link to={paths.new(program)}>
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
          Go on without {verb(foreign, "it", "them")}: {codes(size - foreign)}
        </button>
      )}
    </Callout>
  );
}

/** These are never sent, and nothing has to be decided. */
export function LeftOut({ listed: { cancelled, used } }: { listed: Listed }) {
  if (cancelled + used === 0) return null;
  return (
    <p class="left-out" role="status">
      Left out:{" "}
      {[
        cancelled > 0 && `${number(cancelled)} that Uber has cancelled`,
        used > 0 && `${number(used)} that ${verb(used, "is", "are")} in use already`,
      ]
        .filter(Boolean)
        .join(", and ")}
      .
    </p>
  );
}

/** Uber could not be asked: whoever sends decides. */
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
    <Callout tone="unknown" title="Whether these codes are of this program is not known">
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
            Codes of another program, cancelled codes and codes in use are not found.
          </span>
        </span>
      </label>
      <p class="callout-code">
        <ErrorCode code={code} status={status} />
        <button type="button" class="link" onClick={onCheckAgain}>
          Check again
        </button>
      </p>
    </Callout>
  );
}
