#!/usr/bin/env node
'use strict';
// The program's entry: it loads the chunks beside it by itself, because Node's own loader resolves each path and compiles each file anew,
// which took half of a small audit. The chunks are ASCII (build/bundle.mjs): one byte a character. earshot.cache holds V8's code cache of the common path, made when earshot was built; another V8
// refuses it and compiles as usual.
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const folder = `${__dirname}/chunks/`;
const modules = new Map();

/** Code caches by chunk: a length, a JSON index of [offset, length], and the caches behind it. */
const caches = (() => {
  try {
    const bytes = readFileSync(`${__dirname}/earshot.cache`);
    const start = 4 + bytes.readUInt32LE(0);
    const index = JSON.parse(bytes.toString('latin1', 4, start));
    return (name) => {
      const place = index[name];
      return place === undefined ? undefined : bytes.subarray(start + place[0], start + place[0] + place[1]);
    };
  } catch {
    return () => undefined;
  }
})();

function load(name) {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const filename = folder + name;
  const made = { exports: {} };
  modules.set(name, made);
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: caches(name) });
  const ours = (id) => (id.startsWith('./') ? load(id.slice(2)) : require(id));
  ours.resolve = require.resolve;
  script.runInThisContext()(made.exports, ours, made, filename, __dirname);
  return made.exports;
}

load('main.cjs');
