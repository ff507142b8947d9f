/*
 * What platforms and extensions create in a database besides what a user's migrations do. A platform is recognised by a
 * role that it creates.
 */

export interface Platform {
  readonly name: string;
  /** The role that only this platform has. */
  readonly role: string;
  /** Patterns for its objects: see `matchingPattern`. */
  readonly objects: readonly string[];
}

/** The roles of a platform's own, in privileges on the user's objects. */
const ofRoles = (...roles: readonly string[]) =>
  roles.flatMap((role) => [
    `privileges of ${role} on *`,
    `privileges of * on future * of ${role}*`,
    `revoked privileges of * on future * of ${role}*`,
  ]);

const inSchemas = (...names: readonly string[]) => names.map((name) => `schema ${name}`);

export const PLATFORMS: readonly Platform[] = [
  {
    name: "Supabase",
    role: "supabase_admin",
    objects: [
      ...inSchemas(
        "auth",
        "storage",
        "realtime",
        "_realtime",
        "extensions",
        "graphql",
        "graphql_public",
        "vault",
        "pgbouncer",
      ),
      ...inSchemas(
        "pgsodium",
        "pgsodium_masks",
        "supabase_functions",
        "supabase_migrations",
        "net",
        "_analytics",
        "_supavisor",
      ),
      ...[
        "pg_graphql",
        "pg_net",
        "pg_stat_statements",
        "pgcrypto",
        "pgjwt",
        "pgsodium",
        "supabase_vault",
        '"uuid-ossp"',
      ].map((name) => `extension ${name}`),
      ...["issue_*", "pgrst_*", "graphql_watch_*", "ensure_rls*"].map((name) => `event trigger ${name}`),
      "publication supabase_realtime*",
      ...["anon", "authenticated", "service_role", "postgres"].flatMap((role) => [
        `privileges of ${role} on future *`,
        `privileges of ${role} on schema public`,
      ]),
      ...ofRoles("supabase_*", "dashboard_user"),
    ],
  },
  {
    name: "Amazon RDS",
    role: "rds_superuser",
    objects: [
      ...inSchemas("rdsadmin", "rds_tools", "aws_*"),
      ...["public.rds_heartbeat*", "public.awsdms_*", "event trigger awsdms_*", "extension rds_tools"],
      ...ofRoles("rds_*", "rdsadmin", "rdsrepladmin"),
    ],
  },
  {
    name: "Google Cloud SQL",
    role: "cloudsqlsuperuser",
    objects: [...inSchemas("google_*", "cloudsql*"), "extension google_*", ...ofRoles("cloudsql*")],
  },
  {
    name: "Neon",
    role: "neon_superuser",
    objects: [
      ...inSchemas("neon", "neon_migration", "neon_auth"),
      "extension neon",
      "extension neon_utils",
      ...ofRoles("neon_*", "cloud_admin"),
    ],
  },
];

/** Patterns for what extensions create outside of themselves, by their names. */
export const EXTENSION_OBJECTS: Readonly<Record<string, readonly string[]>> = {
  timescaledb: [
    ...inSchemas("_timescaledb_*", "timescaledb_*"),
    "trigger *.ts_insert_blocker",
    "trigger *.ts_cagg_invalidation_trigger",
  ],
  pg_partman: ["partman.template_*"],
  postgis_tiger_geocoder: inSchemas("tiger", "tiger_data"),
  postgis_topology: inSchemas("topology"),
  citus: ["*.citus_*", "schema citus*"],
  pglogical: inSchemas("pglogical", "pglogical_origin"),
};
