import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { endPointHash } from "../../../src/core/authentication/channel-binding.ts";
import { saslprep } from "../../../src/core/authentication/saslprep.ts";
import { ScramError, ScramExchange } from "../../../src/core/authentication/scram.ts";
import { makeCertificate } from "../../support/certificates.ts";

describe("SCRAM", () => {
  const salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
  const nonce = "rOprNGfwEbeRWgbNEkqO";

  test("begins as the binding has it", () => {
    assert.equal(new ScramExchange("none", nonce).first(), `n,,n=,r=${nonce}`);
    assert.equal(new ScramExchange("not offered", nonce).first(), `y,,n=,r=${nonce}`);
    const bound = new ScramExchange({ endPoint: Buffer.from("hash") }, nonce);
    assert.equal(bound.first(), `p=tls-server-end-point,,n=,r=${nonce}`);
  });

  test("the answer repeats what it is bound to", async () => {
    const bound = new ScramExchange({ endPoint: Buffer.from("hash") }, nonce);
    const answer = await bound.prove(`r=${nonce}more,s=${salt},i=4096`, "pencil");
    const expected = Buffer.from("p=tls-server-end-point,,hash").toString("base64");
    assert.ok(answer.startsWith(`c=${expected},r=${nonce}more,p=`), answer);
  });

  test("a challenge that is not one is refused", async () => {
    const challenges = [
      "",
      "e=other-error",
      `r=${nonce},s=${salt},i=4096`,
      `r=other,s=${salt},i=4096`,
      `r=${nonce}more,s=${salt}`,
      `r=${nonce}more,s=${salt},i=0`,
      `m=x,r=${nonce}more,s=${salt},i=4096`,
      `r=${nonce}more,s=${salt},i=10000001`,
      `r=${nonce}more,s=${salt},i=9999999999`,
    ];
    for (const challenge of challenges) {
      await assert.rejects(new ScramExchange("none", nonce).prove(challenge, "pencil"), ScramError, challenge);
    }
  });

  test("a server that does not know the password is found out", async () => {
    const exchange = new ScramExchange("none", nonce);
    assert.throws(() => exchange.verify("v="), ScramError);
    await exchange.prove(`r=${nonce}more,s=${salt},i=1`, "pencil");
    for (const outcome of ["", "v=", "e=invalid-proof", `v=${Buffer.alloc(32).toString("base64")}`]) {
      assert.throws(() => exchange.verify(outcome), ScramError, outcome);
    }
  });
});

describe("SASLprep", () => {
  // The examples of RFC 4013, section 3; what has no form stays as it is, as in PostgreSQL.
  const cases: [string, string][] = [
    ["I\u00adX", "IX"],
    ["user", "user"],
    ["USER", "USER"],
    ["\u00aa", "a"],
    ["\u2168", "IX"],
    ["\u0007", "\u0007"],
    ["\u0627\u0031", "\u0627\u0031"],
    ["a\u00a0b", "a b"],
    ["\u00ad", "\u00ad"],
    ["a\u00a0😀", "a\u00a0😀"],
    ["e\u0301", "é"],
  ];
  for (const [password, expected] of cases) {
    test(JSON.stringify(password), () => assert.equal(saslprep(password), expected));
  }
});

describe("the hash of a certificate", () => {
  const cases = {
    "ecdsa-sha256": "sha256",
    "ecdsa-sha384": "sha384",
    "rsa-sha1": "sha256",
    "rsa-sha256": "sha256",
    "rsa-sha512": "sha512",
  } as const;
  for (const [signature, hash] of Object.entries(cases)) {
    test(`signed with ${signature} is of ${hash}`, () => {
      const { der } = makeCertificate({ name: "x", signature: signature as keyof typeof cases });
      assert.deepEqual(endPointHash(der), createHash(hash).update(der).digest());
    });
  }

  test("is not defined for Ed25519, nor for what is no certificate", () => {
    assert.equal(endPointHash(makeCertificate({ name: "x", signature: "ed25519" }).der), undefined);
    for (const bytes of [Buffer.alloc(0), Buffer.from("junk"), Buffer.alloc(50, 0x30)]) {
      assert.equal(endPointHash(bytes), undefined);
    }
  });
});
