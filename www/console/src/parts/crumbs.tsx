/** The breadcrumbs of a screen. */
import type { ComponentChildren } from "preact";

import { Link, paths } from "../router.js";

export function Crumbs({
  root = ["Programs", paths.programs],
  program,
  children,
}: {
  /** The screen above: its name and its path. */
  root?: readonly [string, string];
  /** Its id and its name. */
  program?: readonly [string, string];
  children?: ComponentChildren;
}) {
  return (
    <nav class="crumbs" aria-label="You are here">
      <Link to={root[1]}>{root[0]}</Link>
      {program && (
        <>
          <span aria-hidden="true">/</span>
          <Link to={paths.program(program[0])} title={program[1]}>
            <bdi>{program[1]}</bdi>
          </Link>
        </>
      )}
      {children && (
        <>
          <span aria-hidden="true">/</span>
          <bdi>{children}</bdi>
        </>
      )}
    </nav>
  );
}
