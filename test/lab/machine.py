#!/usr/bin/env python3
"""Boots systemd in a root of its own, with socket units of every kind, for the lab. Prints the truth.

  machine.py up NETNS               boots it; prints what listens where
  machine.py enter NETNS COMMAND…   runs a command inside, with every namespace of the machine
  machine.py down NETNS             ends it

Needs root, cgroup v2 (alone or beside v1) and systemd's files. /usr and the package database are the host's, read-only; /etc, /run, /tmp, /var, the
process, mount, network, UTS and IPC namespaces and the control group are the machine's own: nothing of the host is within its reach.
"""
import json, os, shutil, signal, socket, subprocess, sys, time

DIR = "/var/lib/earshot-lab"
ADDRESS = "198.51.100.1"
# The node that runs the tests: the machine has it as /opt/node, and the repository as /opt/earshot.
NODE = os.environ.get("LAB_NODE") or shutil.which("node") or "/usr/bin/node"
FOLDERS = ("usr", "etc", "run", "tmp", "var", "dev", "proc", "sys", "root", "home", "opt", "old")

# Units of systemd's own that the machine has; the others would change what is the host's.
UNITS = [f"{name}.target" for name in "basic sockets sysinit shutdown umount slices paths timers local-fs swap exit emergency rescue".split()]

# A service that is handed its sockets: it takes what comes and answers as HTTP does.
SERVER = """import os, select, socket
fds = [socket.socket(fileno=3 + n) for n in range(int(os.environ.get("LISTEN_FDS", "0")))]
while True:
    for s in select.select(fds, [], [])[0]:
        c, _ = s.accept()
        c.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
        c.close()
"""

GENERATOR = """#!/bin/sh
printf '[Socket]\\nListenStream=2317\\nService=memory.service\\n' >"$1/generated.socket"
mkdir -p "$1/sockets.target.wants"
ln -s ../generated.socket "$1/sockets.target.wants/generated.socket"
"""

V4 = f"{ADDRESS}:"
TELNETD = "ExecStart=-/bin/busybox telnetd -i -l /bin/false"
# path: text. Links say where they lead after "->".
FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nmember:x:1000:1000::/home/member:/bin/sh\nsshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nmember:x:1000:\nnogroup:x:65534:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/hosts": "127.0.0.1 localhost\n", "/etc/hostname": "lab-machine\n", "/etc/machine-id": "\n", "/etc/os-release": "ID=lab\nNAME=lab\n",
    "/etc/systemd/system/lab.target": "[Unit]\nRequires=basic.target\nAfter=basic.target\n",
    "/etc/systemd/system/default.target": "-> lab.target",
    "/etc/systemd/system-generators/lab": GENERATOR,
    "/opt/server.py": SERVER,
    # Accept=yes.
    "/usr-local/accepts.socket": "[Socket]\nListenStream=23\nAccept=yes\n",
    "/usr-local/accepts@.service": f"[Service]\n{TELNETD}\nStandardInput=socket\n",
    # Accept=no, asleep; the service has another name; a list with IPv4, IPv6, and a unix socket.
    "/usr-local/sleeps.socket": f"[Socket]\nListenStream={V4}2301\nListenStream=[::1]:2301\nListenStream=%t/sleeps/%p.sock\nListenStream=@sleeps-abstract\nFileDescriptorName=cache\nService=memory.service\n",
    "/usr-local/memory.service": "[Service]\nExecStart=/usr/bin/memcached -u nobody\n",
    # A template, wanted as one instance and started by hand as another.
    "/usr-local/instance@.socket": "[Socket]\nListenStream=%i\n",
    "/usr-local/instance@.service": "[Service]\nExecStart=/usr/sbin/sshd -D -o 'Port %i'\n",
    "/etc/systemd/system/sockets.target.wants/instance@2302.socket": "-> /usr/local/lib/systemd/system/instance@.socket",
    # Drop-ins move the port, and change what is started.
    "/usr-local/dropped.socket": "[Socket]\nListenStream=80\n",
    "/usr-local/dropped.service": "[Service]\nExecStart=/usr/sbin/nginx\n",
    "/etc/systemd/system/dropped.socket.d/10-port.conf": "[Socket]\nListenStream=\nListenStream=2303\n",
    "/etc/systemd/system/dropped.service.d/command.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/redis-server --port 2303\n",
    # Datagrams; a device; IPv6 only.
    "/usr-local/datagrams.socket": "[Socket]\nListenDatagram=2304\n",
    "/usr-local/datagrams.service": "[Service]\nExecStart=/bin/busybox tftpd /tmp\nStandardInput=socket\n",
    "/usr-local/device.socket": "[Socket]\nListenStream=2305\nBindToDevice=lab0\nAccept=yes\n",
    "/usr-local/device@.service": f"[Service]\n{TELNETD}\nStandardInput=socket\n",
    "/usr-local/six.socket": "[Socket]\nListenStream=[::]:2306\nBindIPv6Only=ipv6-only\nService=memory.service\n",
    # One service, two sockets that it is given by name; it runs.
    "/usr-local/runs-web.socket": "[Socket]\nListenStream=2307\nFileDescriptorName=web\nService=runs.service\n",
    "/usr-local/runs-admin.socket": "[Socket]\nListenStream=2308\nFileDescriptorName=admin\nService=runs.service\n",
    "/usr-local/runs.service": "[Service]\nSockets=runs-web.socket runs-admin.socket\nExecStart=/usr/bin/python3 /opt/server.py\n",
    # Started and stopped; a stranger has its port now.
    "/usr-local/stopped.socket": "[Socket]\nListenStream=2309\nAccept=yes\n",
    "/usr-local/stopped@.service": f"[Service]\n{TELNETD}\n",
    "/usr-local/stranger.service": f"[Service]\nExecStart=/usr/bin/python3 -m http.server -b {ADDRESS} 2309\n",
    # Never started, and its interpreter is the stranger's.
    "/usr-local/never.socket": "[Socket]\nListenStream=2310\n",
    "/usr-local/never.service": "[Service]\nExecStart=/usr/bin/python3 -m pyftpdlib\n",
    "/usr-local/stranger2.service": f"[Service]\nExecStart=/usr/bin/python3 -m http.server -b {ADDRESS} 2310\n",
    # As Debian has it: a socket unit that is there and does not run, beside the service that has opened the port itself.
    "/usr-local/plain.socket": "[Socket]\nListenStream=2322\nAccept=yes\n",
    "/usr-local/plain@.service": "[Service]\nExecStart=-/usr/sbin/sshd -i\n",
    "/usr-local/plain.service": f"[Service]\nRuntimeDirectory=sshd\nExecStartPre=/bin/sh -c 'echo y | ssh-keygen -q -t ed25519 -N \"\" -f /run/plain-key'\nExecStart=/usr/sbin/sshd -D -f /dev/null -h /run/plain-key -o ListenAddress={ADDRESS}:2322\n",
    # Passed on: asleep, and awake.
    "/usr-local/passes.socket": "[Socket]\nListenStream=2311\n",
    "/usr-local/passes.service": "[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:6379\n",
    "/usr-local/passing.socket": "[Socket]\nListenStream=2312\n",
    "/usr-local/passing.service": "[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd 127.0.0.1:6379\n",
    "/usr-local/target.service": "[Service]\nExecStart=/usr/bin/redis-server --bind 127.0.0.1 --port 6379 --save ''\n",
    # Under another name; masked, while somebody else has its port.
    "/usr-local/named.socket": "[Socket]\nListenStream=2313\nAccept=yes\n[Install]\nAlias=alias-of-named.socket\n",
    "/usr-local/named@.service": f"[Service]\n{TELNETD}\n",
    "/etc/systemd/system/alias-of-named.socket": "-> /usr/local/lib/systemd/system/named.socket",
    "/usr-local/masked.socket": "[Socket]\nListenStream=2314\nAccept=yes\n",
    "/usr-local/masked@.service": f"[Service]\n{TELNETD}\n",
    "/etc/systemd/system/masked.socket": "-> /dev/null",
    "/usr-local/unmasked.service": f"[Service]\nExecStart=/usr/bin/memcached -u nobody -l {ADDRESS} -p 2314\n",
    # A user's own manager.
    "/home/member/.config/systemd/user/own.socket": "[Socket]\nListenStream=2315\nListenStream=%t/own.sock\n",
    "/home/member/.config/systemd/user/own.service": "[Service]\nExecStart=/usr/bin/memcached\n",
    "/home/member/.config/systemd/user/sockets.target.wants/own.socket": "-> ../own.socket",
    "/home/member/.config/systemd/user/lab.target": "[Unit]\nWants=sockets.target\n",
    "/usr-local/manager.service": "[Service]\nUser=member\nDelegate=yes\nEnvironment=XDG_RUNTIME_DIR=/run/user/1000 HOME=/home/member\nExecStartPre=+/bin/mkdir -p /run/user\nExecStartPre=+/usr/bin/install -d -o member -g member /run/user/1000\nExecStart=/lib/systemd/systemd --user --unit=lab.target\n",
    # Two units, one port, two addresses; and a name with an escaped dash.
    "/usr-local/first.socket": f"[Socket]\nListenStream={V4}2318\nService=memory.service\n",
    "/usr-local/second\\x2dof-two.socket": "[Socket]\nListenStream=127.0.0.1:2318\nAccept=yes\n",
    "/usr-local/second\\x2dof-two@.service": f"[Service]\n{TELNETD}\n",
    # One port, one address, shared by two: only the kernel knows which socket is whose.
    "/usr-local/shared.socket": f"[Socket]\nListenStream={V4}2319\nReusePort=yes\nService=memory.service\n",
    "/usr-local/sharer.service": "[Service]\nExecStart=/usr/bin/python3 -c \"import socket,time; s=socket.socket(); s.setsockopt(1,15,1); s.bind(('127.0.0.1',2320)); s.listen(); time.sleep(1e6)\"\n",
}
WANTED = "accepts sleeps dropped datagrams device six runs-web runs-admin stopped passes passing named first second\\x2dof-two shared".split()
SERVICES = "runs plain target manager unmasked sharer".split()

# What listens, by hand: address, port, unit, service (null: nothing is known to be right, only `never` to be wrong).
TRUTH = [
    ("tcp", "::", 23, "accepts.socket", "telnet"),
    ("tcp", ADDRESS, 2301, "sleeps.socket", "memcached"),
    ("tcp", "::1", 2301, "sleeps.socket", "memcached"),
    ("unix", "/run/sleeps/sleeps.sock", None, "sleeps.socket", "memcached"),
    ("unix", "@sleeps-abstract", None, "sleeps.socket", "memcached"),
    ("tcp", "::", 2302, "instance@2302.socket", "ssh"),
    ("tcp", "::", 2316, "instance@2316.socket", "ssh"),
    ("tcp", "::", 2303, "dropped.socket", "redis"),
    ("udp", "::", 2304, "datagrams.socket", "tftp"),
    ("tcp", "::", 2305, "device.socket", "telnet"),
    ("tcp", "::", 2306, "six.socket", "memcached"),
    ("tcp", "::", 2307, "runs-web.socket", None),
    ("tcp", "::", 2308, "runs-admin.socket", None),
    ("tcp", ADDRESS, 2309, "stranger.service", "http"),
    ("tcp", ADDRESS, 2310, "stranger2.service", "http"),
    ("tcp", ADDRESS, 2322, "plain.service", "ssh"),
    ("tcp", "::", 2311, "passes.socket", "redis"),
    ("tcp", "::", 2312, "passing.socket", "redis"),
    ("tcp", "127.0.0.1", 6379, "target.service", "redis"),
    ("tcp", "::", 2313, "named.socket", "telnet"),
    ("tcp", ADDRESS, 2314, "unmasked.service", "memcached"),
    ("tcp", "::", 2315, "own.socket", "memcached"),
    ("unix", "/run/user/1000/own.sock", None, "own.socket", "memcached"),
    ("tcp", "::", 2317, "generated.socket", "memcached"),
    ("tcp", ADDRESS, 2318, "first.socket", "memcached"),
    ("tcp", "127.0.0.1", 2318, "second\\x2dof-two.socket", "telnet"),
    ("tcp", ADDRESS, 2319, "shared.socket", "memcached"),
    ("tcp", "127.0.0.1", 2320, "sharer.service", None),
    ("tcp", "::", 2321, "passed-by-hand.socket", "http"),
]


def sh(command, **more): return subprocess.run(command, shell=True, capture_output=True, text=True, **more)


def unified():
    """Where cgroup v2 is mounted; null: nowhere."""
    for line in open("/proc/mounts"):
        fields = line.split()
        if fields[2] == "cgroup2": return fields[1]
    return None


def place(netns): return f"{DIR}/machine-{netns}"
# As systemd-nspawn names it.
def group(netns): return f"{unified()}/machine.slice/machine-{netns}.scope"


def boot(netns):
    """Runs in a process of its own, which becomes the machine's first one. Only names inside the new mount namespace are ever mounted."""
    root = place(netns)
    with open(f"{group(netns)}/cgroup.procs", "w") as f: f.write(str(os.getpid()))
    script = f"""set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 lab {root}
cd {root}
mkdir -p {' '.join(FOLDERS)}
for link in bin sbin lib lib64 lib32; do ln -s usr/$link $link; done
mount --bind /usr usr
mount -o remount,bind,ro usr
mount -t tmpfs -o mode=755 lab usr/local
mkdir -p usr/local/lib/systemd/system
mkdir units
for unit in {' '.join(UNITS)}; do cp -a usr/lib/systemd/system/$unit units/; done
mount -t tmpfs -o mode=755 lab usr/lib/systemd/system
mv units/* usr/lib/systemd/system/
rmdir units
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=1777 lab tmp
mount -t tmpfs -o mode=755 lab run
mount -t tmpfs -o mode=755 lab dev
for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
mkdir dev/pts dev/shm
touch dev/console
mount --bind {root}.log dev/console
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mkdir -p var/lib/dpkg var/log var/tmp etc/ld.so.conf.d
mount --bind /var/lib/dpkg var/lib/dpkg
mount -o remount,bind,ro var/lib/dpkg
for file in ld.so.cache ld.so.conf alternatives; do cp -a /etc/$file etc/; done
mkdir opt/earshot
touch opt/node
mount --bind {os.path.realpath(NODE)} opt/node
mount --bind {os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))} opt/earshot
mount -o remount,bind,ro opt/earshot
for folder in etc opt home usr/local; do cp -a {root}.files/$folder/. $folder/; done
pivot_root . old
umount -l old
rmdir old
hostname lab-machine
exec env -i container=earshot-lab PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --log-target=console --log-level=info
"""
    log = os.open(f"{root}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for fd in (1, 2): os.dup2(log, fd)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.setsid()
    os.execvp("nsenter", ["nsenter", f"--net=/run/netns/{netns}", "unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child", "sh", "-c", script])


def write(netns):
    """The machine's own files, beside its root."""
    for path, text in FILES.items():
        full = f"{place(netns)}.files" + path.replace("/usr-local/", "/usr/local/lib/systemd/system/")
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if text.startswith("-> "): os.symlink(text[3:], full)
        else:
            with open(full, "w") as f: f.write(text)
        if "generators" in path: os.chmod(full, 0o755)
    wants = f"{place(netns)}.files/etc/systemd/system/sockets.target.wants"
    os.makedirs(wants, exist_ok=True)
    for name in WANTED: os.symlink(f"/usr/local/lib/systemd/system/{name}.socket", f"{wants}/{name}.socket")
    sh(f"chown -R 1000:1000 {place(netns)}.files/home/member")


def leader(netns):
    """Process id of the machine's first process, as the host counts."""
    for line in open(f"{group(netns)}/cgroup.procs") if os.path.exists(group(netns)) else []: pass
    for folder, _, _ in os.walk(group(netns)):
        for pid in open(f"{folder}/cgroup.procs").read().split():
            try:
                status = open(f"/proc/{pid}/status").read()
                if os.readlink(f"/proc/{pid}/exe").endswith("/systemd/systemd") and status.split("NSpid:\t")[1].split("\n")[0].split("\t")[1:] == ["1"]: return int(pid)
            except (OSError, IndexError): continue
    return None


def enter(netns, argv, **more):
    pid = leader(netns)
    if pid is None: sys.exit("the machine does not run")
    return subprocess.run(["nsenter", "-t", str(pid), "-a", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", *argv], **more)


def wait(what, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        if what(): return True
        time.sleep(0.1)
    return False


def up(netns):
    down(netns)
    os.makedirs(place(netns)); os.chmod(DIR, 0o755)
    os.makedirs(group(netns))
    for c in (f"ip netns add {netns}", f"ip -n {netns} link set lo up", f"ip -n {netns} link add lab0 type veth peer name lab1", f"ip -n {netns} link set lab0 up", f"ip -n {netns} link set lab1 up", f"ip -n {netns} addr add {ADDRESS}/24 dev lab0"): sh(c)
    write(netns)
    if os.fork() == 0: boot(netns)
    inside = lambda *argv: enter(netns, argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if not wait(lambda: leader(netns) is not None and inside("systemctl", "is-active", "lab.target").stdout.strip() == "active"):
        sys.exit(f"it did not boot:\n{open(f'{place(netns)}.log').read()[-4000:]}")
    inside("systemctl", "start", "instance@2316.socket", *[f"{name}.service" for name in SERVICES])
    inside("systemctl", "stop", "stopped.socket")
    inside("systemctl", "start", "stranger.service", "stranger2.service")
    inside("systemd-run", "--socket-property=ListenStream=2321", "--unit=passed-by-hand", "/bin/busybox", "httpd", "-i")
    inside("python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 2312)).sendall(b'PING\\r\\n')")
    listening = lambda: inside("ss", "-xtulnH").stdout
    wait(lambda: all(f":{port} " in listening() for port in (2309, 2310, 2314, 2315, 2320, 2322, 6379)))
    now = listening()
    stands = lambda t: (f":{t[2]} " if t[0] != "unix" else f"{t[1]} ") in now
    print(json.dumps(dict(netns=netns, leader=leader(netns), listeners=[dict(protocol=p, address=a, port=n, unit=u, service=s) for p, a, n, u, s in TRUTH if stands((p, a, n))], notUp=[f"{t[0]}/{t[1]}:{t[2]}" for t in TRUTH if not stands(t)]), indent=1))


def down(netns):
    pid = leader(netns) if unified() and os.path.isdir(group(netns)) else None
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        wait(lambda: not os.path.exists(f"/proc/{pid}"), 10)
    if unified() and os.path.isdir(group(netns)):
        def remove():
            for folder, _, _ in os.walk(group(netns), topdown=False):
                try: os.rmdir(folder)
                except OSError: pass
            return not os.path.isdir(group(netns))
        wait(remove, 10)
        try: os.rmdir(os.path.dirname(group(netns)))
        except OSError: pass
    if os.path.exists(f"/run/netns/{netns}"): sh(f"ip netns del {netns}")
    for path in (place(netns), f"{place(netns)}.files"): shutil.rmtree(path, ignore_errors=True)
    try: os.unlink(f"{place(netns)}.log")
    except OSError: pass


if __name__ == "__main__":
    verb, netns = (sys.argv + ["", ""])[1:3]
    if verb == "up" and netns: up(netns)
    elif verb == "down" and netns: down(netns)
    elif verb == "enter" and netns: sys.exit(enter(netns, sys.argv[3:]).returncode)
    else: print(__doc__)
