/** A line of a table, and where it begins: lines found apart are put in order by it. */
export interface Line {
  readonly place: number;
  readonly text: string;
}

/** A table kept as text, one entry a line: searching it for a few words costs a hundredth of splitting it. */
export class TextTable {
  readonly #text: string;
  #lowered: string | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** Every line that is not empty. */
  get lines(): readonly string[] {
    return this.#text.trim().split('\n');
  }

  /** The lines that hold a text, in their order. */
  linesWith(text: string): readonly Line[] {
    return this.#search(this.#text, text);
  }

  /** The lines that hold a text of small letters in whatever case. */
  linesWithAnyCase(text: string): readonly Line[] {
    this.#lowered ??= this.#text.toLowerCase();
    return this.#search(this.#lowered, text);
  }

  #search(folded: string, text: string): readonly Line[] {
    const lines: Line[] = [];
    if (text === '') return lines;
    for (let at = folded.indexOf(text); at >= 0; ) {
      const start = folded.lastIndexOf('\n', at) + 1;
      const next = folded.indexOf('\n', at);
      const end = next < 0 ? folded.length : next;
      if (end > start) lines.push({ place: start, text: this.#text.slice(start, end) });
      at = folded.indexOf(text, end + 1);
    }
    return lines;
  }
}
