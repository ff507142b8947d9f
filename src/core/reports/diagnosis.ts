/** The result of one check. */
export interface Check {
  /** A short, fixed name: "host name", "server version". */
  readonly topic: string;
  /** A problem blocks a run; a warning does not. */
  readonly state: "good" | "warning" | "error";
  readonly message: string;
  /** How to fix it: a command, or one imperative sentence. */
  readonly hint?: string;
}

export function good(topic: string, message: string): Check {
  return { topic, state: "good", message };
}

export function warning(topic: string, message: string, hint?: string): Check {
  return { topic, state: "warning", message, ...(hint !== undefined && { hint }) };
}

export function problem(topic: string, message: string, hint?: string): Check {
  return { topic, state: "error", message, ...(hint !== undefined && { hint }) };
}

/** The name as SQL needs it, quoted only where necessary, for commands that people copy. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
