declare const medium: unique symbol;

/** Where text is going to stand; each has its own file in this folder. */
export type Medium =
  | 'terminal'
  | 'html'
  | 'markdown'
  | 'xml'
  | 'shell'
  | 'prometheus'
  | 'command'
  | 'nagios'
  | 'sarif'
  | 'syslog';

/** Text that is safe in its medium. Only the files of this folder make one. */
export type Escaped<M extends Medium> = string & { readonly [medium]: M };

/** Joins pieces that are safe already. */
export function joined<M extends Medium>(pieces: Iterable<Escaped<M>>, separator: Escaped<M>): Escaped<M> {
  return [...pieces].join(separator) as Escaped<M>;
}

/** A template tag for text of our own around escaped pieces; a plain string between them does not compile. */
export function tag<M extends Medium>(): (
  own: TemplateStringsArray,
  ...pieces: readonly (Escaped<M> | number)[]
) => Escaped<M> {
  return (own, ...pieces) => {
    let text = own[0] ?? '';
    for (let i = 0; i < pieces.length; i++) text += String(pieces[i]) + (own[i + 1] ?? '');
    return text as Escaped<M>;
  };
}
