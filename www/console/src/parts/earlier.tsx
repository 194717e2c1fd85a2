/** What was sent to a program from this browser before. */
import { useEffect, useState } from "preact/hooks";

import { codes } from "../format.js";
import { Link, paths } from "../router.js";
import { type Send, isForgetful, readSends, sendsChanged } from "../sends.js";
import { useStore } from "../store.js";
import { ChevronIcon } from "./icons.js";
import { Ago, StatePill } from "./small.js";

export function Earlier({
  organizationId,
  programId,
}: {
  organizationId: string;
  programId: string;
}) {
  const changes = useStore(sendsChanged);
  const forgetful = useStore(isForgetful);
  const [sends, setSends] = useState<Send[]>([]);
  useEffect(() => {
    let isCurrent = true;
    void readSends(organizationId, programId).then((found) => isCurrent && setSends(found));
    return () => {
      isCurrent = false;
    };
  }, [organizationId, programId, changes]);

  if (sends.length === 0) return null;
  // What waits for a decision comes first.
  const ordered = [...sends].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)));
  return (
    <section class="earlier" aria-labelledby="earlier-title">
      <h2 id="earlier-title">From this browser</h2>
      <ul class="card">
        {ordered.map((send) => (
          <li key={send.id}>
            <Link to={paths.distribution(programId, send.id)} class="earlier-row">
              <b>{codes(send.codes)}</b>
              <StatePill state={send.state} />
              <span class="quiet earlier-source">{send.source}</span>
              <span class="quiet earlier-time">
                <Ago ms={send.startedAt} />
              </span>
              <ChevronIcon />
            </Link>
          </li>
        ))}
      </ul>
      {forgetful && <p class="foot">This browser keeps nothing: a reload forgets these.</p>}
    </section>
  );
}

const isOpen = ({ state }: Send): boolean => ["unknown", "sending", "pending"].includes(state);
