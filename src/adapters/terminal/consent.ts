import { createInterface } from "node:readline/promises";
import {
  type Confirmation,
  requireConfirmation,
  requireForce,
  requireUnprotecting,
} from "../../core/command-line/consent.ts";
import type { RenameCandidate } from "../../core/diff-words/renames.ts";
import { Failure, finding } from "../../core/failure/failure.ts";
import type { Entry } from "../../core/migrations/history.ts";
import type { ImportReport } from "../../core/reports/import-report.ts";
import type { RecordReport, ResetInventory } from "../../core/reports/report.ts";
import { printableLine, wrapped } from "../../core/text/display.ts";
import type { AnyConsent } from "../../ports/consent.ts";
import { counted } from "../output/words.ts";

/** The terminal to ask at: questions go to the output, answers come from the input. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Aborts an open question, which then fails. */
  readonly signal: AbortSignal;
}

export interface ConsentSettings extends Confirmation {
  readonly yes?: boolean;
  readonly environment: string | undefined;
  /** The database and its server as messages name them; available once the database is open. */
  readonly database: () => string;
  /** Shell commands that show the changes of these files; undefined if none is known. */
  readonly seeChanges: (paths: readonly string[]) => string | undefined;
  /** False in JSON, whose output no person reads. */
  readonly mayAsk: boolean;
}

/** Confirmation from the command line, else from the user at the terminal. */
export class TerminalConsent implements AnyConsent {
  readonly #terminal: Terminal;
  readonly #settings: ConsentSettings;

  constructor(terminal: Terminal, settings: ConsentSettings) {
    this.#terminal = terminal;
    this.#settings = settings;
  }

  /** @throws Failure consent-missing, with the confirming command as its hint; declined */
  async mayReset({ databaseName }: ResetInventory): Promise<boolean> {
    const { environment, confirm, database } = this.#settings;
    if (confirm !== undefined || !this.#canAsk()) {
      requireConfirmation(databaseName, environment, this.#settings);
      return true;
    }
    requireForce(databaseName, environment, this.#settings);
    const where = printableLine(database());
    const answer = await this.#ask(
      `This cannot be undone. To delete everything in ${where}, type the database's name (${printableLine(databaseName)}): `,
      `Cannot reset ${databaseName}`,
    );
    if (answer !== databaseName) throw declined(answer, databaseName);
    return true;
  }

  /** @throws Failure consent-missing, with the confirming command as its hint; declined */
  async mayUnprotect(databaseName: string): Promise<void> {
    const { confirm } = this.#settings;
    if (confirm === undefined && this.#canAsk()) {
      const where = printableLine(this.#settings.database());
      const answer = await this.#ask(
        `To allow reset, restore and down on ${where} again, type the database's name (${printableLine(databaseName)}): `,
        `Cannot unprotect ${databaseName}`,
      );
      if (answer !== databaseName) throw declined(answer, databaseName);
      return;
    }
    requireUnprotecting(databaseName, confirm);
  }

  /** @throws Failure consent-missing, with a finding for each changed file, without a terminal; declined */
  async mayRepair(changed: readonly Entry[]): Promise<boolean> {
    if (this.#settings.yes) return true;
    const database = this.#settings.database();
    const git = this.#settings.seeChanges(changed.map(pathOf));
    const [only] = changed;
    if (!this.#canAsk()) {
      const command = `pgstep repair ${changed.length === 1 && only ? `${only.version} ` : ""}--yes`;
      throw new Failure("consent-missing", `Cannot repair the history of ${database}: confirmation needs a terminal`, {
        hint: `${git ? `See the change (${git})` : "Check the files"}, then accept it: ${command}`,
        findings: changed.map((entry) =>
          finding("changed", { message: changedWords(entry), place: { path: pathOf(entry) } }),
        ),
      });
    }
    const files = changed.map((entry) => `  ${printableLine(pathOf(entry))}: ${changedWords(entry)}\n`);
    const [these, they] = changed.length === 1 ? ["this file as it is", "It"] : ["these files as they are", "They"];
    const see = git ? `See the change: ${printableLine(git)}\n` : "";
    this.#terminal.output.write(`On ${printableLine(database)}:\n${files.join("")}${see}`);
    const answer = await this.#ask(
      `Accept ${these} now? ${they} will not be run again. [y/N] `,
      "Cannot repair the history",
    );
    if (!isYes(answer)) throw declined();
    return true;
  }

  /** @throws Failure consent-missing without a terminal, declined */
  async mayRecord(migration: string, recorded: RecordReport["recorded"]): Promise<void> {
    if (this.#settings.yes) return;
    const where = printableLine(this.#settings.database());
    const as = recorded === "applied" ? "applied" : "not applied";
    const what = `Cannot record ${printableLine(migration)} as ${as}`;
    const question = `Record ${printableLine(migration)} as ${as} on ${where}? Nothing is run. [y/N] `;
    if (!this.#canAsk()) {
      throw new Failure("consent-missing", `${what}: confirmation needs a terminal`, {
        hint: "Check the database, then add --yes.",
      });
    }
    if (!isYes(await this.#ask(question, what))) throw declined();
  }

  /** @throws Failure consent-missing without a terminal, declined */
  async mayImport({ tool, table, recorded, pending, oldTable, renamedTo }: ImportReport): Promise<void> {
    if (this.#settings.yes) return;
    const from = `${printableLine(tool)}'s history`;
    if (!this.#canAsk()) {
      throw new Failure("consent-missing", `Cannot import ${tool}'s history: confirmation needs a terminal`, {
        hint: "See what would be recorded: pgstep import --dry-run; then confirm: pgstep import --yes",
      });
    }
    const last = recorded.at(-1)?.name ?? "none";
    const fate = { kept: "stays", renamed: `is renamed to ${renamedTo}`, dropped: "is dropped" }[oldTable];
    this.#terminal.output.write(
      `On ${printableLine(this.#settings.database())}: ${counted(recorded.length, "migration")} ${recorded.length === 1 ? "is" : "are"} applied according to ` +
        `${printableLine(table)}, the last one ${printableLine(last)}; ${pending} ${pending === 1 ? "stays" : "stay"} pending. ` +
        `The table ${printableLine(fate)}.\n`,
    );
    const answer = await this.#ask("Record them in pgstep's history? Nothing is run. [y/N] ", `Cannot import ${from}`);
    if (!isYes(answer)) throw declined();
  }

  /** @throws Failure consent-missing without a terminal, declined */
  async mayForget({ version, applied }: Entry): Promise<void> {
    if (this.#settings.yes) return;
    const name = printableLine(version);
    if (!this.#canAsk()) {
      throw new Failure("consent-missing", `Cannot remove ${name} from the history: confirmation needs a terminal`, {
        hint: `If its file was deleted on purpose: pgstep repair ${version} --yes`,
      });
    }
    const where = printableLine(this.#settings.database());
    this.#terminal.output.write(`${name} was applied on ${where}${appliedTime(applied)}, and its file is missing.\n`);
    const answer = await this.#ask(
      `Remove ${name} from the history? Its changes to the database stay, and pgstep can no longer undo them. [y/N] `,
      `Cannot remove ${name} from the history`,
    );
    if (!isYes(answer)) throw declined();
  }

  async isRenamed({ kind, old, now }: RenameCandidate): Promise<boolean> {
    if (!this.#canAsk()) return false;
    const question = `Is ${kind} ${printableLine(now)} the former ${kind} ${printableLine(old)}, with its rows? [y/N] `;
    return isYes(await this.#ask(question, "Cannot compare the schemas"));
  }

  #canAsk(): boolean {
    const { input, output } = this.#terminal;
    return this.#settings.mayAsk && (input.isTTY ?? false) && (output.isTTY ?? false);
  }

  /**
   * The typed line; undefined if it is empty or the input ends first.
   * @throws Failure interrupted, terminated
   */
  async #ask(question: string, doing: string): Promise<string | undefined> {
    const { input, output, signal } = this.#terminal;
    // The terminal's own line editing is used, so that Ctrl-C arrives as a signal.
    const lines = createInterface({ input, terminal: false });
    output.write(`${wrapped(question.trimEnd(), (output.columns || 80) - 1).join("\n")} `);
    try {
      const answer = await new Promise<string | undefined>((resolve, reject) => {
        lines.once("line", resolve);
        lines.once("close", () => resolve(undefined));
        const stop = () => reject(stopped(doing, signal));
        if (signal.aborted) stop();
        signal.addEventListener("abort", stop, { once: true });
      });
      if (answer === undefined) output.write("\n");
      return answer?.trim() || undefined;
    } catch (error) {
      output.write("\n");
      throw error;
    } finally {
      lines.close();
    }
  }
}

function pathOf({ version, migration }: Entry): string {
  return migration?.up.path ?? version;
}

function changedWords({ applied }: Entry): string {
  return `changed after it was applied${appliedTime(applied)}`;
}

/** " (2026-11-28 17:05:12 UTC)"; empty if the history has no time. */
function appliedTime(applied: Entry["applied"]): string {
  return applied?.appliedAt ? ` (${printableLine(applied.appliedAt.slice(0, 19).replace("T", " "))} UTC)` : "";
}

function isYes(answer: string | undefined): boolean {
  return /^y(es)?$/i.test(answer ?? "");
}

/** @param wanted the name that would have confirmed; a different name is probably a typing error, and is shown */
function declined(answer?: string, wanted?: string): Failure {
  const isSlip = wanted !== undefined && answer !== undefined && !/^no?$/i.test(answer);
  return new Failure(
    "declined",
    isSlip ? `Nothing was changed: "${answer}" is not the name ${wanted}.` : "Nothing was changed.",
  );
}

function stopped(doing: string, signal: AbortSignal): Failure {
  const code = signal.reason === "terminate" ? "terminated" : "interrupted";
  return new Failure(code, `${doing}: ${code} before it was confirmed`, { hint: "Nothing was changed." });
}
