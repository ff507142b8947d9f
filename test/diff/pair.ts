/** Two schemas as SQL; each is changed into the other. */
export type Pair = readonly [name: string, before: string, after: string, expected?: Expected];

export interface Expected {
  /** True if pgstep may say that it cannot make the schemas equal. */
  readonly isRefusable?: boolean;
}
