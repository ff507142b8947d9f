import { breaksRunningClients } from "../breaks/breaks-running-clients.ts";
import { blocksReadsAndWrites } from "../check/blocks-reads-and-writes.ts";
import { blocksWrites } from "../check/blocks-writes.ts";
import { cannotRunInTransaction } from "../check/cannot-run-in-transaction.ts";
import { destroysData } from "../check/destroys-data.ts";
import { failsOnExistingRows } from "../check/fails-on-existing-rows.ts";
import { rewritesTable } from "../check/rewrites-table.ts";
import type { CheckRule } from "../check/rule.ts";
import { scansUnderLock } from "../check/scans-under-lock.ts";
import { cannotRunTwice } from "../statement-rules/cannot-run-twice.ts";
import { hiddenDrop } from "../statement-rules/hidden-drop.ts";
import { longLockWait } from "../statement-rules/long-lock-wait.ts";
import { missingSchema } from "../statement-rules/missing-schema.ts";
import { noEffect } from "../statement-rules/no-effect.ts";
import { repeatedScan } from "../statement-rules/repeated-scan.ts";
import { selectStar } from "../statement-rules/select-star.ts";
import { truncatedName } from "../statement-rules/truncated-name.ts";
import { unorderedEnumValue } from "../statement-rules/unordered-enum-value.ts";
import { unsafeSearchPath } from "../statement-rules/unsafe-search-path.ts";
import { weakenedConstraint } from "../statement-rules/weakened-constraint.ts";
import { constrainedDomain } from "../style-rules/constrained-domain.ts";
import { enumType } from "../style-rules/enum-type.ts";
import { limitedText } from "../style-rules/limited-text.ts";
import { missingName } from "../style-rules/missing-name.ts";
import { narrowInteger } from "../style-rules/narrow-integer.ts";
import { narrowKey } from "../style-rules/narrow-key.ts";
import { noPrimaryKey } from "../style-rules/no-primary-key.ts";
import { quotedName } from "../style-rules/quoted-name.ts";
import { redundantIndex } from "../style-rules/redundant-index.ts";
import { serialColumn } from "../style-rules/serial-column.ts";
import { timestampWithoutTimeZone } from "../style-rules/timestamp-without-time-zone.ts";
import { unindexedForeignKey } from "../style-rules/unindexed-foreign-key.ts";
import { unsuitableType } from "../style-rules/unsuitable-type.ts";
import { wideIndex } from "../style-rules/wide-index.ts";

/** The rules about harm to production, in the order of their documentation. */
export const SAFETY_RULES: readonly CheckRule[] = [
  rewritesTable,
  blocksWrites,
  blocksReadsAndWrites,
  scansUnderLock,
  failsOnExistingRows,
  breaksRunningClients,
  destroysData,
  cannotRunInTransaction,
];

/** The rules about the schema that a file makes, in the order of their documentation. */
export const STYLE_RULES: readonly CheckRule[] = [
  narrowKey,
  serialColumn,
  timestampWithoutTimeZone,
  limitedText,
  unsuitableType,
  narrowInteger,
  enumType,
  constrainedDomain,
  noPrimaryKey,
  unindexedForeignKey,
  redundantIndex,
  wideIndex,
  missingName,
  quotedName,
  truncatedName,
  missingSchema,
  selectStar,
  cannotRunTwice,
  unsafeSearchPath,
  unorderedEnumValue,
  weakenedConstraint,
  hiddenDrop,
  noEffect,
  repeatedScan,
  longLockWait,
];

/** Every rule of `check`. */
export const CHECK_RULES: readonly CheckRule[] = [...SAFETY_RULES, ...STYLE_RULES];
