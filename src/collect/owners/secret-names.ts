/** Whether the value that goes with a name is a secret, judged by the name: option, environment variable, header, query parameter or key. */
export type NameKind =
  /** The value is a secret whatever it looks like. */
  | 'secret'
  /** The value is a secret unless it is a path. */
  | 'key'
  /** The value may be `user:secret`. */
  | 'pair'
  | 'plain';

/** Anywhere in a name, also run together with other words (`dbpassword`, `APITOKEN`). */
const TELLING =
  /passw|passphrase|passcode|pwd|secret|token|api_?key|access_?key|private_?key|shared_?key|master_?key|account_?key|signing_?key|encryption_?key|enc_?key|pre_?shared|authkey|bearer|cookie|credential|requirepass|masterauth|signature|session_?id|connection_?string|otp_?seed|authorization/;
/** As a word of its own, or at the end of one. */
const TELLING_WORD =
  /^(pass|pw|psk|auth_?pass|pin|sas|jwt|dsn|sig)$|(?<!by|com|tres|sur|over|under)pass$|[a-z]{2}pw$|psk$/;
const PAIRS = /^(user|userpass|userpwd|auth|basicauth|login|account|proxyuser|creds?|up)$/;

/** What such a word is about instead of being the secret: `password-file`, `token-ttl`, `no-password`. */
const ABOUT =
  /^(file|path|dir|directory|folder|ttl|timeout|expiry|expires|lifetime|length|len|size|min|max|policy|type|mode|kind|format|algorithm|alg|fd|required|enabled|disabled|allowed|count|limit|issuer|audience|url|uri|endpoint|name|names|prefix|header|no|ask|prompt|without|skip|through|tokenizer|tokenize|rotation|rotate|interval|domain|samesite|secure|httponly|method|methods|provider|store|backend|cache|review|reviewer|webhook)$/;

const words = (name: string): readonly string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

/** Judges a name without its dashes and `=`. */
export function nameKind(name: string): NameKind {
  const parts = words(name);
  const joined = parts.join('_');
  const last = parts.at(-1) ?? '';
  if (joined === 'pwd' || joined === 'oldpwd' || joined === 'ssh_askpass') return 'plain';
  const telling = TELLING.test(joined) || TELLING.test(parts.join('')) || parts.some((part) => TELLING_WORD.test(part));
  if (telling) return ABOUT.test(last) || ABOUT.test(parts[0] ?? '') || /^tokeniz/.test(last) ? 'plain' : 'secret';
  if (last === 'key' || last === 'keys' || /[a-z]key$/.test(last))
    return parts.length === 1 || !ABOUT.test(parts[0] ?? '') ? 'key' : 'plain';
  return PAIRS.test(parts.join('')) || PAIRS.test(last) ? 'pair' : 'plain';
}

/** A value that names a file rather than being the secret itself. */
export function looksLikePath(value: string): boolean {
  return (
    /^(~|\.{0,2})\/[\w.@%+~-]+(\/[\w.@%+~-]+)*\/?$/.test(value) ||
    /^[\w.@%+~/-]+\.(pem|key|crt|cer|cert|p12|pfx|jks|json|ya?ml|conf|cfg|txt|pub|gpg|asc)$/i.test(value)
  );
}
