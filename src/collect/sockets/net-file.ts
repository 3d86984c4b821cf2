/** Path of a file of a namespace's /proc/net (`tcp`, `raw6`); null: it cannot be had. */
export type NetFilePath = (file: string) => string | null;
