/** What both orders of a pair's migrations lead to. */
export type Expected =
  | "same"
  | {
      /** The entries of pg_dump that differ: "FUNCTION uid()". */
      readonly entries: readonly string[];
      /** How `check` says it. */
      readonly words: string;
    }
  | {
      readonly fails: {
        readonly branch: "own" | "theirs";
        /** "211:1": the migration, and the line of the error. */
        readonly at: string;
        readonly message: string;
        readonly severity: "error" | "warning";
      };
    };

/** Adjacent migrations of a real history, as two branches would have them. All earlier ones are common. */
export interface MergePair {
  /** A directory of the corpora. */
  readonly corpus: string;
  /** The versions that this branch adds: "211" or "214-230". */
  readonly own: string;
  /** The versions that the base has got meanwhile. */
  readonly theirs: string;
  readonly expected: Expected;
}

function pair(corpus: string, own: string, theirs: string, expected: Expected): MergePair {
  return { corpus, own, theirs, expected };
}

export const PAIRS: readonly MergePair[] = [
  // Both replace a function.
  pair("atuin", "005", "006-012", {
    entries: ["FUNCTION user_history_count()"],
    words: "changes function public.user_history_count() (another definition)",
  }),
  // Both change the type of a column.
  pair("atuin", "006", "007-009", {
    entries: ["TABLE history"],
    words: "changes column public.history.data (type character varying(32768) instead of text)",
  }),
  pair("atuin", "017", "018", "same"),
  // The base drops with IF EXISTS, so it passes without what this branch adds.
  pair("atuin", "018", "019-020", {
    entries: [
      "CONSTRAINT user_verification_token user_verification_token_pkey",
      "CONSTRAINT user_verification_token user_verification_token_user_id_key",
      "DEFAULT user_verification_token id",
      "FK CONSTRAINT user_verification_token user_verification_token_user_id_fkey",
      "SEQUENCE OWNED BY user_verification_token_id_seq",
      "SEQUENCE user_verification_token_id_seq",
      "TABLE user_verification_token",
      "TABLE users",
    ],
    words: "has column public.users.verified_at, table public.user_verification_token",
  }),
  // An enum value and checks here, a table that is built again there.
  pair("river", "004", "005", "same"),
  pair("river", "006", "007", "same"),
  // Columns in another order, and an index whose columns are dropped and added again.
  pair("kestra", "010", "011-012", "same"),
  // Both add a value to an enum.
  pair("kestra", "017", "018", {
    entries: ["TYPE state_type"],
    words: "changes enum public.state_type (labels in another order)",
  }),
  pair("kestra", "025", "026", "same"),
  // This branch renames a column, and the base adds a column with the old name unless there is one.
  pair("supabase_auth", "002", "003", {
    entries: ["TABLE users"],
    words: "lacks column auth.users.confirmed_at",
  }),
  // Both replace a function.
  pair("supabase_auth", "008", "009", {
    entries: ["FUNCTION uid()"],
    words: "changes function auth.uid() (another definition)",
  }),
  // This branch replaces functions on which the base comments.
  pair("supabase_auth", "012", "013-015", "same"),
  // This branch renames an index if it exists, and drops a constraint if it exists; the base creates both.
  pair("supabase_auth", "053", "051-052", {
    entries: [
      "CONSTRAINT mfa_factors mfa_factors_phone_key",
      "INDEX unique_phone_factor_per_user",
      "INDEX unique_verified_phone_factor",
    ],
    words:
      "has index auth.mfa_factors.unique_phone_factor_per_user; lacks constraint auth.mfa_factors.mfa_factors_phone_key, index auth.mfa_factors.unique_verified_phone_factor",
  }),
  // Row level security and privileges here, columns and an enum value there.
  pair("supabase_auth", "050", "051-052", "same"),
  // Rows for a table whose key the base renames: there are none.
  pair("supabase_auth", "034", "035-044", "same"),
  // The column of the base uses the function that this branch drops and creates again.
  pair("cratesio", "211", "212", {
    fails: {
      branch: "own",
      at: "211:1",
      message: "cannot drop function to_semver_no_prerelease(text) because other objects depend on it",
      severity: "error",
    },
  }),
  // The base drops the column of this branch's index.
  pair("cratesio", "213", "214-230", {
    fails: { branch: "own", at: "213:1", message: 'column "semver_no_prerelease" does not exist', severity: "error" },
  }),
  // The base drops the column that this branch alters.
  pair("cratesio", "276", "277", {
    fails: {
      branch: "own",
      at: "276:6",
      message: 'column "checksum" of relation "versions" does not exist',
      severity: "error",
    },
  }),
  // Both replace a function; the base creates its table and its trigger.
  pair("cratesio", "245", "241-244", {
    entries: ["FUNCTION update_num_versions_from_versions()"],
    words: "changes function public.update_num_versions_from_versions() (another definition)",
  }),
  // Columns in another order.
  pair("cratesio", "203", "204-205", "same"),
  // An update of rows reads a column that the other branch drops.
  pair("openmeter", "069", "070", {
    fails: { branch: "own", at: "069:15", message: "column e.subscription_managed does not exist", severity: "error" },
  }),
  pair("openmeter", "070", "069", {
    fails: {
      branch: "theirs",
      at: "069:15",
      message: "column e.subscription_managed does not exist",
      severity: "warning",
    },
  }),
  pair("openmeter", "040", "041-042", "same"),
  // This branch renames a constraint of a table that the base builds again.
  pair("authelia", "005", "006", {
    fails: {
      branch: "own",
      at: "005:11",
      message: 'constraint "oauth2_consent_subject_fkey" for table "oauth2_consent_session" does not exist',
      severity: "error",
    },
  }),
  // The base replaces the table that this branch alters.
  pair("authelia", "009", "010-012", {
    fails: { branch: "own", at: "009:1", message: 'relation "webauthn_devices" does not exist', severity: "error" },
  }),
  pair("authelia", "022", "023-024", "same"),
  // Both add the same column.
  pair("harbor", "026", "027", "same"),
  // The base drops, with IF EXISTS, the column that this branch adds.
  pair("harbor", "033", "034", {
    entries: ["TABLE p2p_preheat_policy"],
    words: "has column public.p2p_preheat_policy.scope",
  }),
  pair("temporal_temporal", "020", "021-022", "same"),
  // Statements outside of a transaction on both sides.
  pair("temporal_visibility", "014", "015", "same"),
];

/** A migration of a directory. */
export interface PlainFile {
  readonly version: string;
  readonly path: string;
}

/** The files of the migrations on both branches, on this one, and on the base. */
export interface PairFiles {
  readonly common: readonly PlainFile[];
  readonly own: readonly PlainFile[];
  readonly theirs: readonly PlainFile[];
}

export function filesOf({ own, theirs }: MergePair, all: readonly PlainFile[]): PairFiles {
  const within = (range: string) => {
    const [first = "", last = first] = range.split("-");
    return all.filter(({ version }) => first <= version && version <= last);
  };
  const first = own < theirs ? own : theirs;
  return {
    common: all.filter(({ version }) => version < first.slice(0, version.length)),
    own: within(own),
    theirs: within(theirs),
  };
}
