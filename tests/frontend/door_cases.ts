/** Asks the door's rules (events_app/frontend/src/door) what test_door_rules.py wants to know: JSON in, JSON out. */
import { readClaim, type SignedCode } from "../../events_app/frontend/src/door/code";
import { daysIn, found, leaseOver, verdict, wordsOf } from "../../events_app/frontend/src/door/rules";
import { Signature } from "../../events_app/frontend/src/door/signature";

declare const process: { stdin: AsyncIterable<{ toString(): string }>; stdout: { write(text: string): void } };

let text = "";
for await (const part of process.stdin) text += part.toString();
const asked = JSON.parse(text);

if (asked.without_webcrypto) crypto.subtle.importKey = () => Promise.reject(new DOMException("", "NotSupportedError"));

async function genuine(code: string, key: string): Promise<boolean> {
  const claim = readClaim(code) as SignedCode;
  return Signature.of(key).verify(claim.message, claim.signature);
}

function told(code: string): unknown {
  const claim = readClaim(code);
  if (typeof claim !== "object") return claim ?? null;
  return [claim.keyId, claim.ticketId, claim.version, btoa(String.fromCharCode(...claim.signature))];
}

const answers = {
  claims: () => asked.codes.map(told),
  genuine: () => Promise.all(asked.codes.map((code: string) => genuine(code, asked.key))),
  words: () => asked.texts.map(wordsOf),
  found: () => asked.pairs.map(([wanted, words]: [string, string]) => found(wordsOf(wanted), wordsOf(words))),
  verdicts: () =>
    asked.cases.map((one: never[]) => {
      const [code, ...rest] = one as unknown as [string, never, never, never, never, never, never];
      return verdict(readClaim(code), ...rest);
    }),
  days: () => asked.moments.map(daysIn(asked.timezone)),
  leases: () => asked.cases.map((one: [number, number, number]) => leaseOver(...one)),
} as Record<string, () => unknown>;

process.stdout.write(JSON.stringify(await answers[asked.what]?.()));
