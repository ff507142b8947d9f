import { chosen, contradiction, malformed, textValue } from "./parameter-values.ts";
import type { ConnectionParameters } from "./parameters.ts";
import { SSL_MODES, type SslMode, TLS_VERSIONS, type TlsDemands, type TlsVersion } from "./target.ts";

/**
 * The TLS settings in the ssl parameters (PostgreSQL documentation, 32.19 SSL Support).
 * @throws Failure settings
 */
export function tlsDemands(parameters: ConnectionParameters): TlsDemands {
  const value = (name: string) => textValue(parameters, name);
  const rootCertificate = value("sslrootcert");
  const system = rootCertificate === "system";
  const mode = chosen<SslMode>(parameters, "sslmode", SSL_MODES, system ? "verify-full" : "prefer");
  if (system && mode !== "verify-full" && mode !== "disable") {
    throw contradiction(`sslmode=${mode}`, "sslrootcert=system", "Write sslmode=verify-full.");
  }
  const direct = chosen(parameters, "sslnegotiation", ["postgres", "direct"], "postgres") === "direct";
  if (direct && ["disable", "allow", "prefer"].includes(mode)) {
    throw contradiction(`sslmode=${mode}`, "sslnegotiation=direct", "Write sslmode=require or stricter.");
  }
  const minimumVersion = version(parameters, "ssl_min_protocol_version") ?? "TLSv1.2";
  const maximumVersion = version(parameters, "ssl_max_protocol_version");
  if (maximumVersion !== undefined && maximumVersion < minimumVersion) {
    throw contradiction(
      `ssl_min_protocol_version=${minimumVersion}`,
      `ssl_max_protocol_version=${maximumVersion}`,
      "Set ssl_max_protocol_version to at least ssl_min_protocol_version.",
    );
  }
  const keyPassword = value("sslpassword");
  return {
    mode,
    direct,
    sendsName: chosen(parameters, "sslsni", ["1", "0"], "1") === "1",
    rootCertificate,
    clientCertificate: value("sslcert"),
    clientKey: value("sslkey"),
    clientKeyPassword: () => keyPassword,
    showsCertificate: chosen(parameters, "sslcertmode", ["allow", "disable"], "allow") === "allow",
    revocationList: value("sslcrl"),
    revocationDirectory: value("sslcrldir"),
    minimumVersion,
    maximumVersion,
  };
}

/** libpq ignores case here, unlike elsewhere. */
function version(parameters: ConnectionParameters, name: string): TlsVersion | undefined {
  const text = textValue(parameters, name);
  if (text === undefined) return undefined;
  const found = TLS_VERSIONS.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw malformed(parameters, name, `${name}=${text} is not supported`, `Write one of: ${TLS_VERSIONS.join(", ")}.`);
}
