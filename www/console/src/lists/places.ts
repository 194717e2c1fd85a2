/** Which columns hold what, by number from 1. */
export interface Places {
  column: number;
  programColumn?: number;
}
