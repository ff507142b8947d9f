/** The formats that pgstep reads, by the names that `--layout` takes. */
export const LAYOUTS = ["pgstep", "golang-migrate", "goose", "dbmate", "flyway", "sqlx", "prisma", "diesel"] as const;

export type Layout = (typeof LAYOUTS)[number];
