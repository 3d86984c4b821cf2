import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path)) ?? '/bin/busybox';
const STATUS = `Package: busybox-static
Status: install ok installed
Version: 1:1.35.0-4
Architecture: amd64
Description: Standalone rescue shell
`;

/** Shared libraries that a program needs, by ldd(1). */
const librariesOf = (program: string): readonly string[] =>
  [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map((found) => found[1] ?? '');

/** The root of an image as a tar: a static busybox that a package of its own brought, a page that says hello, and socat for datagrams. */
export function imageTar(): Buffer {
  const root = mkdtempSync(join(tmpdir(), 'earshot-image-'));
  const put = (path: string, from: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(from, join(root, path), { dereference: true });
  };
  try {
    put('/bin/busybox', BUSYBOX);
    for (const applet of ['sh', 'httpd', 'sleep', 'cat']) symlinkSync('busybox', join(root, 'bin', applet));
    for (const path of ['/usr/bin/socat', ...librariesOf('/usr/bin/socat')]) put(path, path);
    for (const folder of ['www', 'etc', 'var/lib/dpkg/info', 'tmp', 'proc', 'sys', 'dev'])
      mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'www/index.html'), 'hello\n');
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n');
    writeFileSync(join(root, 'var/lib/dpkg/status'), STATUS);
    writeFileSync(join(root, 'var/lib/dpkg/info/busybox-static.list'), '/.\n/bin\n/bin/busybox\n');
    return execFileSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 256 * 1024 * 1024 });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
