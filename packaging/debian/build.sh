#!/bin/sh
# Builds earshot_VERSION_ARCH.deb into the folder given (default: here). Needs dpkg-deb, npm and a checkout with node_modules.
set -eu
umask 022
out=$(cd "${1:-.}" && pwd)
cd "$(dirname "$0")/../.."
version=$(node -p 'require("./package.json").version')
arch=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
lib=$root/usr/lib/earshot

# What the program needs at run time, and nothing else: the entry, its chunks, and the two packages with a native library.
npm run -s build
mkdir -p "$lib/node_modules"
cp -R dist package.json "$lib/"
for package in koffi libsql @koromix @libsql @neon-rs detect-libc; do
  [ -e "node_modules/$package" ] || continue
  mkdir -p "$lib/node_modules/$(dirname "$package")"
  cp -R "node_modules/$package" "$lib/node_modules/$package"
done
# Debian's C library is glibc; of koffi only what is loaded is taken, not its sources and its build tool.
rm -rf "$lib"/node_modules/@libsql/*-musl "$lib"/node_modules/@koromix/*/musl_* "$lib/node_modules/koffi/lib" "$lib/node_modules/koffi/cnoke.cjs"
find "$lib/node_modules/koffi/src" -type f ! -name 'index.*' ! -name 'indirect.*' -delete
find "$lib/node_modules" \( -name '*.md' -o -name '*.ts' -o -name '*.map' -o -iname 'license*' -o -name '.package-lock.json' \) -type f -delete
find "$lib/node_modules" -depth -type d -empty -delete
find "$lib/node_modules" -name '*.node' -exec strip --strip-unneeded {} +
find "$lib" -type f -exec chmod 0644 {} +
find "$root" -type d -exec chmod 0755 {} +
chmod 0755 "$lib/dist/earshot.cjs"

mkdir -p "$root/usr/bin"
ln -s ../lib/earshot/dist/earshot.cjs "$root/usr/bin/earshot"
earshot="node dist/earshot.cjs"
install -d "$root/usr/share/man/man8" "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions" \
  "$root/usr/share/fish/vendor_completions.d" "$root/usr/share/doc/earshot" "$root/lib/systemd/system"
$earshot man | gzip -9n >"$root/usr/share/man/man8/earshot.8.gz"
$earshot completion bash >"$root/usr/share/bash-completion/completions/earshot"
$earshot completion zsh >"$root/usr/share/zsh/vendor-completions/_earshot"
$earshot completion fish >"$root/usr/share/fish/vendor_completions.d/earshot.fish"
$earshot init --systemd --print-only --program /usr/bin/node:/usr/lib/earshot/dist/earshot.cjs >"$work/units"
awk -v dir="$root/lib/systemd/system/" '/^# \/etc\/systemd\/system\// { n = split($2, part, "/"); file = dir part[n]; next } { print > file }' "$work/units"

cat >"$root/usr/share/doc/earshot/copyright" <<COPYRIGHT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: earshot

Files: *
Copyright: 2026 The earshot maintainers
License: Apache-2.0
 On Debian systems the full text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.

Files: usr/lib/earshot/node_modules/koffi/* usr/lib/earshot/node_modules/@koromix/*
Copyright: Niels Martignène
License: MIT

Files: usr/lib/earshot/node_modules/libsql/* usr/lib/earshot/node_modules/@libsql/* usr/lib/earshot/node_modules/@neon-rs/*
Copyright: Pekka Enberg and the libSQL and Neon authors
License: MIT

Files: usr/lib/earshot/node_modules/detect-libc/*
Copyright: Lovell Fuller and others
License: Apache-2.0
 On Debian systems the full text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.

License: MIT
 Permission is hereby granted, free of charge, to any person obtaining a copy
 of this software and associated documentation files (the "Software"), to deal
 in the Software without restriction, including without limitation the rights
 to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
 copies of the Software, and to permit persons to whom the Software is
 furnished to do so, subject to the following conditions:
 .
 The above copyright notice and this permission notice shall be included in
 all copies or substantial portions of the Software.
 .
 THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
 LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
 SOFTWARE.
COPYRIGHT
printf 'earshot (%s) unstable; urgency=medium\n\n  * Release %s; see CHANGELOG.md.\n\n -- The earshot maintainers <earshot@example.org>  Wed, 25 Nov 2026 00:00:00 +0000\n' "$version" "$version" |
  gzip -9n >"$root/usr/share/doc/earshot/changelog.gz"

mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<CONTROL
Package: earshot
Version: $version
Architecture: $arch
Maintainer: The earshot maintainers <earshot@example.org>
Installed-Size: $(du -k -s --exclude=DEBIAN "$root" | cut -f1)
Depends: libc6, libgcc-s1, nodejs (>= 20.19)
Recommends: iproute2, nftables | iptables
Section: admin
Priority: optional
Homepage: https://example.org/earshot
Description: audit of what this host lets others hear
 earshot reads the listening sockets of a host from the kernel, finds out what
 stands behind each of them and who can reach it through the firewall, and
 reports what is a risk, why, and what to type to close it.
 .
 The nightly audit is installed and not started: systemctl enable --now
 earshot.timer does that.
CONTROL
cat >"$root/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
fi
POSTINST
cat >"$root/DEBIAN/prerm" <<'PRERM'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop earshot.timer >/dev/null || true
fi
PRERM
cat >"$root/DEBIAN/postrm" <<'POSTRM'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
fi
if [ "$1" = purge ]; then
  if command -v deb-systemd-helper >/dev/null; then
    deb-systemd-helper purge earshot.timer >/dev/null || true
  fi
  rm -rf /var/lib/earshot
fi
POSTRM
chmod 0755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm" "$root/DEBIAN/postrm"
(cd "$root" && find usr lib -type f -exec md5sum {} + >DEBIAN/md5sums)
dpkg-deb --root-owner-group --build "$root" "$out/earshot_${version}_$arch.deb"
