/** What a code's text claims, as events_app/tickets/rules.py reads it: the two are tested against each other. */
export type SignedCode = { keyId: number; ticketId: string; version: number; message: Uint8Array<ArrayBuffer>; signature: Uint8Array<ArrayBuffer> };
/** A signed code taken apart, a short code in its normal spelling, or nothing readable. */
export type Claim = SignedCode | string | undefined;

const SIGNED = /^CT1([0-9A-V]{141})$/;
const DOMAIN = new TextEncoder().encode("clustertreff-ticket-1");
const BODY_BYTES = 88;
const PAYLOAD_BYTES = 24;
const SHORT = /^[0-9ACDEFGHJKMNPQRTVWX]{8}$/;
const LONGEST_SHORT = 32;
// Python's \s, soft hyphens and all kinds of dashes.
const SEPARATORS = /[\t-\r\x1c- \x85\xa0\xad\u1680\u2000-\u200a\u2010-\u2015\u2028\u2029\u202f\u205f\u2212\u3000-]+/g;
const LOOKALIKES: Record<string, string> = { O: "0", I: "1", L: "1", Z: "2", S: "5", B: "8", U: "V" };

/** Whatever a camera, a handheld scanner or a hand put in; never throws. */
export function readClaim(text: string): Claim {
  return signedCode(text) ?? shortCode(text);
}

function signedCode(text: string): SignedCode | undefined {
  const spelt = SIGNED.exec(upper(text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")))?.[1];
  const body = spelt && decoded(spelt);
  if (!body) return undefined;
  const view = new DataView(body.buffer);
  const message = new Uint8Array([...DOMAIN, ...body.subarray(0, PAYLOAD_BYTES)]);
  return { keyId: view.getInt32(0), ticketId: uuid(body.subarray(4, 20)), version: view.getInt32(20), message, signature: body.slice(PAYLOAD_BYTES) };
}

export function shortCode(text: string): string | undefined {
  if (text.length > LONGEST_SHORT) return undefined;
  const code = upper(text.replace(SEPARATORS, "")).replace(/[OILZSBU]/g, (letter) => LOOKALIKES[letter] ?? letter);
  return SHORT.test(code) ? code : undefined;
}

/** ASCII only: there are letters elsewhere whose capitals are ours. */
function upper(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

/** base32hex without padding; nothing if the bit behind the last byte is set, as one code has one spelling. */
function decoded(spelt: string): Uint8Array<ArrayBuffer> | undefined {
  const body = new Uint8Array(BODY_BYTES);
  let [held, bits, at] = [0, 0, 0];
  for (const letter of spelt) {
    held = ((held << 5) | Number.parseInt(letter, 32)) & 0xfff;
    bits += 5;
    if (bits >= 8) body[at++] = (held >> (bits -= 8)) & 0xff;
  }
  return held & ((1 << bits) - 1) ? undefined : body;
}

function uuid(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
