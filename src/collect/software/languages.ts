import type { Package } from '../../model/package.js';
import type { Root } from './root.js';

const MANIFEST_BYTES_MAX = 1024 * 1024;
const DISTRIBUTIONS_MAX = 1_000;

const known = (manager: string, name: string, version: string | null): Package => ({
  manager,
  name,
  version,
  modified: null,
});

function snap(root: Root, path: string): Package | null {
  const [, name, revision] = /^\/snap\/([^/]+)\/([^/]+)\//.exec(path) ?? [];
  if (name === undefined) return null;
  const manifest = root.readText(`/snap/${name}/${revision}/meta/snap.yaml`, MANIFEST_BYTES_MAX);
  const version = manifest.ok ? (/^version:\s*['"]?([^'"\n]+)/m.exec(manifest.value)?.[1] ?? null) : null;
  return known('snap', name, version);
}

/** Inside a sandbox of flatpak the application stands under /app, and /.flatpak-info names it. */
function flatpak(root: Root, path: string): Package | null {
  const outside = /\/flatpak\/app\/([^/]+)\//.exec(path)?.[1];
  if (outside !== undefined) return known('flatpak', outside, null);
  if (!path.startsWith('/app/')) return null;
  const info = root.readText('/.flatpak-info', MANIFEST_BYTES_MAX);
  const name = info.ok ? /^name=(.+)$/m.exec(info.value)?.[1] : undefined;
  return name === undefined ? null : known('flatpak', name, null);
}

function npm(root: Root, path: string): Package | null {
  const [, folder, name] = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/.][^/]*))(?:\/|$)/.exec(path) ?? [];
  if (folder === undefined || name === undefined) return null;
  const manifest = root.readText(`${folder}/package.json`, MANIFEST_BYTES_MAX);
  return known('npm', name, manifest.ok ? (/"version"\s*:\s*"([^"]{1,64})"/.exec(manifest.value)?.[1] ?? null) : null);
}

function gem(path: string): Package | null {
  const [, name, version] = /\/gems\/([\w.-]+?)-(\d[\w.]*)\//.exec(path) ?? [];
  return name === undefined ? null : known('gem', name, version ?? null);
}

const normal = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');

/** The distribution of a folder of Python packages that has the name, or whose RECORD lists the file. */
function distribution(root: Root, folder: string, name: string, recorded: string): Package | null {
  const wanted = normal(name);
  const infos = root
    .list(folder)
    .filter((entry) => entry.endsWith('.dist-info'))
    .slice(0, DISTRIBUTIONS_MAX);
  const split = (info: string): readonly [string, string | null] => {
    const [, distributed = info, version = null] = /^(.+)-([^-]+)\.dist-info$/.exec(info) ?? [];
    return [distributed, version];
  };
  for (const info of infos) {
    const [distributed, version] = split(info);
    if (normal(distributed) === wanted) return known('pip', distributed, version);
  }
  if (recorded === '') return null;
  for (const info of infos) {
    const record = root.readText(`${folder}/${info}/RECORD`, MANIFEST_BYTES_MAX);
    if (record.ok && record.value.includes(recorded)) {
      const [distributed, version] = split(info);
      return known('pip', distributed, version);
    }
  }
  return null;
}

function pip(root: Root, path: string): Package | null {
  const [, folder, module] = /^(.*\/(?:site|dist)-packages)\/([^/]+)/.exec(path) ?? [];
  if (folder !== undefined && module !== undefined) return distribution(root, folder, module.replace(/\.py$/, ''), '');
  const [, prefix, name] = /^(.*)\/bin\/([^/]+)$/.exec(path) ?? [];
  if (prefix === undefined || name === undefined) return null;
  for (const python of root.list(`${prefix}/lib`).filter((entry) => /^python\d/.test(entry)))
    for (const kind of ['site-packages', 'dist-packages']) {
      const found = distribution(root, `${prefix}/lib/${python}/${kind}`, name, `bin/${name},`);
      if (found !== null) return found;
    }
  return null;
}

/** Version managers that put an interpreter into a folder with its version. */
function versioned(path: string): Package | null {
  const pyenv = /\/\.?pyenv\/versions\/([^/]+)\/bin\/python/.exec(path)?.[1];
  if (pyenv !== undefined) return known('pyenv', 'python', pyenv);
  const nvm = /\/\.?(nvm|fnm|asdf|volta)\/.*node[^/]*\/v?(\d[\w.]*)\//.exec(path);
  if (nvm !== null) return known(nvm[1] ?? 'nvm', 'node', nvm[2] ?? null);
  const rbenv = /\/\.?(rbenv|rvm)\/(?:versions|rubies)\/(?:ruby-)?([^/]+)\/bin\/ruby/.exec(path);
  if (rbenv !== null) return known(rbenv[1] ?? 'rbenv', 'ruby', rbenv[2] ?? null);
  const nix = /^\/nix\/store\/[a-z0-9]{32}-(.+?)-(\d[^/]*)\//.exec(path);
  if (nix !== null) return known('nix', nix[1] ?? '', nix[2] ?? null);
  const appImage = /^\/tmp\/\.mount_([^/]{1,6})[^/]*\//.exec(path)?.[1];
  return appImage === undefined ? null : known('appimage', appImage, null);
}

/** Packages that a path itself names, or a manifest beside it: snap, flatpak, AppImage, npm, gem, pip, version managers. */
export function findByPath(root: Root, path: string): Package | null {
  return snap(root, path) ?? flatpak(root, path) ?? versioned(path) ?? npm(root, path) ?? gem(path) ?? pip(root, path);
}
