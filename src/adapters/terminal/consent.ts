import { createInterface } from "node:readline/promises";
import {
  type Confirmation,
  requireConfirmation,
  requireForce,
  requireUnprotecting,
} from "../../core/command-line/consent.ts";
import { Failure, finding } from "../../core/failure/failure.ts";
import type { Entry } from "../../core/migrations/history.ts";
import type { RecordReport, ResetInventory } from "../../core/reports/report.ts";
import { printableLine, wrapped } from "../../core/text/display.ts";
import type { Consent, ForgetConsent, RecordConsent, UnprotectConsent } from "../../ports/consent.ts";

/** Where a person can be asked: questions go to the output, answers come from the input. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** A question that is open when it is aborted counts as not answered. */
  readonly signal: AbortSignal;
}

export interface ConsentSettings extends Confirmation {
  readonly yes?: boolean;
  readonly environment: string | undefined;
  /** The database and its server as messages name them; known once it is opened. */
  readonly database: () => string;
  /** The commands that show how these files were changed; undefined where none is known. */
  readonly seeChanges: (paths: readonly string[]) => string | undefined;
  /** Whether to ask at all: never in JSON, where nobody is supposed to look. */
  readonly mayAsk: boolean;
}

/** Consent from the command line, else from the person at the terminal. */
export class TerminalConsent implements Consent, UnprotectConsent, RecordConsent, ForgetConsent {
  readonly #terminal: Terminal;
  readonly #settings: ConsentSettings;

  constructor(terminal: Terminal, settings: ConsentSettings) {
    this.#terminal = terminal;
    this.#settings = settings;
  }

  /** @throws Failure consent-missing naming the command that would give it, declined */
  async mayReset({ databaseName }: ResetInventory): Promise<boolean> {
    const { environment, confirm, database } = this.#settings;
    if (confirm !== undefined || !this.#canAsk()) {
      requireConfirmation(databaseName, environment, this.#settings);
      return true;
    }
    requireForce(databaseName, environment, this.#settings);
    const where = printableLine(database());
    const answer = await this.#ask(
      `This cannot be undone. To delete it all from ${where}, type the database's name (${printableLine(databaseName)}): `,
      `Cannot reset ${databaseName}`,
    );
    if (answer !== databaseName) throw declined(answer, databaseName);
    return true;
  }

  /** @throws Failure consent-missing naming the command that would give it, declined */
  async mayUnprotect(databaseName: string): Promise<void> {
    const { confirm } = this.#settings;
    if (confirm === undefined && this.#canAsk()) {
      const where = printableLine(this.#settings.database());
      const answer = await this.#ask(
        `To let ${where} be reset, restored or undone again, type the database's name (${printableLine(databaseName)}): `,
        `Cannot unprotect ${databaseName}`,
      );
      if (answer !== databaseName) throw declined(answer, databaseName);
      return;
    }
    requireUnprotecting(databaseName, confirm);
  }

  /** @throws Failure consent-missing naming each changed file, where nobody can be asked; declined */
  async mayRepair(changed: readonly Entry[]): Promise<boolean> {
    if (this.#settings.yes) return true;
    const database = this.#settings.database();
    const git = this.#settings.seeChanges(changed.map(pathOf));
    const [only] = changed;
    if (!this.#canAsk()) {
      const command = `pgstep repair ${changed.length === 1 && only ? `${only.version} ` : ""}--yes`;
      throw new Failure("consent-missing", `Cannot repair the history of ${database}: nobody can be asked here`, {
        hint: `${git ? `See the change (${git})` : "Look at the files"}, then accept it: ${command}`,
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

  /** @throws Failure consent-missing where nobody can be asked, declined */
  async mayRecord(migration: string, recorded: RecordReport["recorded"]): Promise<void> {
    if (this.#settings.yes) return;
    const where = printableLine(this.#settings.database());
    const as = recorded === "applied" ? "applied" : "not applied";
    const what = `Cannot record ${printableLine(migration)} as ${as}`;
    const question = `Record ${printableLine(migration)} as ${as} on ${where}? Nothing is run. [y/N] `;
    if (!this.#canAsk()) {
      throw new Failure("consent-missing", `${what}: nobody can be asked here`, {
        hint: "Check what the database has, then add --yes.",
      });
    }
    if (!isYes(await this.#ask(question, what))) throw declined();
  }

  /** @throws Failure consent-missing where nobody can be asked, declined */
  async mayForget({ version, applied }: Entry): Promise<void> {
    if (this.#settings.yes) return;
    const name = printableLine(version);
    if (!this.#canAsk()) {
      throw new Failure("consent-missing", `Cannot forget ${name}: nobody can be asked here`, {
        hint: `If its file is gone for good: pgstep repair ${version} --yes`,
      });
    }
    const where = printableLine(this.#settings.database());
    this.#terminal.output.write(`${name} was applied on ${where}${appliedTime(applied)}, and its file is gone.\n`);
    const answer = await this.#ask(
      `Forget ${name}? Its row is removed from the history. What it made in the database stays, and pgstep can no longer undo it. [y/N] `,
      `Cannot forget ${name}`,
    );
    if (!isYes(answer)) throw declined();
  }

  #canAsk(): boolean {
    const { input, output } = this.#terminal;
    return this.#settings.mayAsk && (input.isTTY ?? false) && (output.isTTY ?? false);
  }

  /**
   * The line that is typed; undefined when it is empty or the input ends first.
   * @throws Failure interrupted, terminated
   */
  async #ask(question: string, doing: string): Promise<string | undefined> {
    const { input, output, signal } = this.#terminal;
    // The terminal's own line editing is used: in it, Ctrl-C arrives as the signal that it is everywhere else.
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

/** " (2026-11-28 17:05:12 UTC)"; empty where the history does not know. */
function appliedTime(applied: Entry["applied"]): string {
  return applied?.appliedAt ? ` (${printableLine(applied.appliedAt.slice(0, 19).replace("T", " "))} UTC)` : "";
}

function isYes(answer: string | undefined): boolean {
  return /^y(es)?$/i.test(answer ?? "");
}

/** @param wanted the name that would have been agreement, where it is one; another name is a slip that is worth a word */
function declined(answer?: string, wanted?: string): Failure {
  const isSlip = wanted !== undefined && answer !== undefined && !/^no?$/i.test(answer);
  return new Failure(
    "declined",
    isSlip ? `Nothing was changed: "${answer}" is not the name ${wanted}.` : "Nothing was changed.",
  );
}

function stopped(doing: string, signal: AbortSignal): Failure {
  const code = signal.reason === "terminate" ? "terminated" : "interrupted";
  return new Failure(code, `${doing}: ${code} before it was agreed to`, { hint: "Nothing was changed." });
}
