/** What came of looking at something of the host: expected to fail, so a value. `why` begins with the errno name and names the path. */
export type Look<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly why: string };

const EXPLAINED = /^[A-Z][A-Z0-9]+$/;

export function failed(
  path: string,
  error: unknown,
): { readonly ok: false; readonly code: string; readonly why: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_INVALID_ARG_VALUE') return refused('EINVAL', `${path} holds a NUL byte`);
  if (EXPLAINED.test(code)) return { ok: false, code, why: `${code}: ${path}` };
  throw error;
}

export const refused = (code: string, why: string): { ok: false; code: string; why: string } => ({
  ok: false,
  code,
  why: `${code}: ${why}`,
});
