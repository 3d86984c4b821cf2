const encoder = new TextEncoder();

/** Bytes of a text in UTF-8, by which net-tools counts columns. */
export const bytesOf = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : encoder.encode(text).length);

/** printf's `%-Ns`. */
export const left = (text: string | number, width: number): string => {
  const own = String(text);
  return own + ' '.repeat(Math.max(0, width - bytesOf(own)));
};

/** printf's `%Ns`. */
export const right = (text: string | number, width: number): string => String(text).padStart(width);

/** The first `bytes` bytes, without half a character at the end. */
export function cutBytes(text: string, bytes: number): string {
  if (bytesOf(text) <= bytes) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += bytesOf(character);
    if (used > bytes) break;
    kept += character;
  }
  return kept;
}
