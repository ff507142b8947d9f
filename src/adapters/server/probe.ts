import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { describeHost, type Host, isSocket, type ServerTarget } from "../../core/connection/target.ts";
import { Failure } from "../../core/failure/failure.ts";
import { type Check, good, problem, warning } from "../../core/reports/diagnosis.ts";
import type { Probe } from "../../ports/probe.ts";
import { type Dial, dialsTo } from "../network/dial.ts";
import { certificateChecks, encryptionCheck } from "../network/probe-certificate.ts";
import { encrypted, isEncrypted, TlsFailed, type TlsSettings } from "../network/tls.ts";
import { tlsAttempts } from "../network/tls-settings.ts";
import { ConnectTimeout, connectionFailure } from "./connection-failure.ts";

/** The steps to each host of a target: its addresses, a connection to each, and TLS. */
export function serverProbe(target: ServerTarget): Probe {
  return {
    async *steps(signal) {
      for (const host of target.hosts) yield* hostSteps(target, host, signal);
    },
  };
}

/** Time limit of a step if connect_timeout sets none. */
const LIMIT_MS = 10_000;

/** A failing host is only a warning if there are others. */
async function* hostSteps(target: ServerTarget, host: Host, signal: AbortSignal): AsyncGenerator<Check> {
  const failed = (topic: string, error: unknown): Check => {
    const failure = error instanceof Failure ? error : connectionFailure(target, host, error);
    const message = failure.message.slice(failure.message.indexOf(": ") + 2);
    const text = target.hosts.length > 1 ? `${describeHost(host)}: ${message}` : message;
    return (target.hosts.length > 1 ? warning : problem)(topic, text, failure.hint);
  };
  const inTime = <T>(work: (limit: AbortSignal) => Promise<T>) => withLimit(target, signal, work);
  let addresses: Host[];
  try {
    addresses = await inTime(() => addressesOf(host));
  } catch (error) {
    yield failed("host name", error);
    return;
  }
  if (addresses[0]?.address !== undefined && host.address === undefined) {
    yield good("host name", `${host.name} is ${addresses.map(({ address }) => address).join(", ")}`);
  }
  let reached: Dial | undefined;
  for (const address of addresses) {
    const [dial] = await dialsTo(address, target.keepAliveMs);
    if (!dial) continue;
    const where = describeHost({ ...host, name: address.address ?? host.name });
    const started = performance.now();
    try {
      (await inTime(dial)).destroy();
      yield good(
        socketTopic(host),
        `${where} answers after ${Math.max(1, Math.round(performance.now() - started))} ms`,
      );
      reached ??= dial;
    } catch (error) {
      yield addresses.length > 1
        ? { ...failed(socketTopic(host), error), state: "warning" }
        : failed(socketTopic(host), error);
    }
  }
  if (reached) yield* encryption(target, host, reached, inTime, failed);
}

function socketTopic(host: Host): string {
  return isSocket(host) ? "socket" : "TCP";
}

async function* encryption(
  target: ServerTarget,
  host: Host,
  dial: Dial,
  inTime: <T>(work: (limit: AbortSignal) => Promise<T>) => Promise<T>,
  failed: (topic: string, error: unknown) => Check,
): AsyncGenerator<Check> {
  const { mode } = target.tls;
  let tls: TlsSettings | undefined;
  try {
    tls = tlsAttempts(target, host).find((settings) => settings !== undefined);
    if (!tls) {
      if (!isSocket(host)) yield good("TLS", `not used: sslmode=${mode}`);
      return;
    }
    const stream = await inTime(encrypted(dial, tls));
    if (isEncrypted(stream)) yield* [encryptionCheck(stream, mode), ...certificateChecks(stream)];
    else yield good("TLS", `the server does not support it, and sslmode=${mode} continues without it`);
    stream.destroy();
  } catch (error) {
    const check = failed("TLS", error);
    // These modes continue in plain text.
    yield mode === "allow" || mode === "prefer" ? { ...check, state: "warning" } : check;
    if (tls && error instanceof TlsFailed) yield* await distrusted(dial, tls, inTime);
  }
}

/** Checks of a certificate that was not accepted: connects once more without verification, only to read it. */
async function distrusted(
  dial: Dial,
  { options, ...tls }: TlsSettings,
  inTime: <T>(work: (limit: AbortSignal) => Promise<T>) => Promise<T>,
): Promise<Check[]> {
  const lenient = { ...options, rejectUnauthorized: false, checkServerIdentity: () => undefined };
  try {
    const stream = await inTime(encrypted(dial, { ...tls, options: lenient }));
    const checks = certificateChecks(stream);
    stream.destroy();
    return checks;
  } catch {
    return [];
  }
}

/** The host once for each of its addresses. */
async function addressesOf(host: Host): Promise<Host[]> {
  if (host.address !== undefined || isSocket(host) || isIP(host.name)) return [host];
  const found = await lookup(host.name, { all: true });
  return found.map(({ address }) => ({ ...host, address }));
}

async function withLimit<T>(
  { connectTimeoutMs }: ServerTarget,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new ConnectTimeout("no answer")), connectTimeoutMs || LIMIT_MS);
  const limit = AbortSignal.any([signal, deadline.signal]);
  try {
    return await new Promise((resolve, reject) => {
      limit.addEventListener("abort", () => reject(limit.reason), { once: true });
      work(limit).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}
