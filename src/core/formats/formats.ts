import type { Format } from "../layout/format.ts";
import type { Layout } from "../layout/layout.ts";
import { DBMATE } from "./dbmate.ts";
import { DIESEL } from "./diesel.ts";
import { FLYWAY } from "./flyway.ts";
import { GOLANG_MIGRATE } from "./golang-migrate.ts";
import { GOOSE } from "./goose.ts";
import { PGSTEP } from "./pgstep.ts";
import { PRISMA } from "./prisma.ts";
import { SQLX } from "./sqlx.ts";

/** The rules of a format. A switch, so that a run loads only the format that it reads. */
export function formatOf(layout: Layout): Format {
  switch (layout) {
    case "pgstep":
      return PGSTEP;
    case "golang-migrate":
      return GOLANG_MIGRATE;
    case "goose":
      return GOOSE;
    case "dbmate":
      return DBMATE;
    case "flyway":
      return FLYWAY;
    case "sqlx":
      return SQLX;
    case "prisma":
      return PRISMA;
    case "diesel":
      return DIESEL;
  }
}
