/** What brought a file: a package of a distribution or of a language. */
export interface Package {
  readonly manager: string;
  readonly name: string;
  readonly version: string | null;
  /** True: the file on disk is not the one the package brought; null: not checked. */
  readonly modified?: boolean | null;
}
