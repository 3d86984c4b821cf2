declare const EARSHOT_VERSION: string | undefined;

/** Version of this earshot, set when the program is bundled; `0.0.0-dev` when run from source. */
export const VERSION: string = typeof EARSHOT_VERSION === 'string' ? EARSHOT_VERSION : '0.0.0-dev';
