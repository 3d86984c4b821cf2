// Writes src/generated/: everything that is derived from the model, the rule packs and the templates. Never edit those files by hand.
import { mkdirSync } from 'node:fs';

mkdirSync(new URL('../src/generated/', import.meta.url), { recursive: true });
