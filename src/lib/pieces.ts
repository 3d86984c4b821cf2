/** Characters of one piece. */
const PIECE = 262_144;

/** A long text in pieces that join to it: what is written piece by piece need not lie in memory as bytes too. No character is cut in two. */
export function* piecesOf(text: string): Iterable<string> {
  for (let at = 0; at < text.length; ) {
    let end = at + PIECE;
    const last = text.charCodeAt(end - 1);
    if (last >= 0xd800 && last <= 0xdbff) end++;
    yield text.slice(at, end);
    at = end;
  }
}
