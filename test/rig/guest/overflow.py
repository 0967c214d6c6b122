"""overflow.py PID uevent|route: makes the kernel drop notifications for a process, without touching its code.

Stops the process (SIGSTOP), then causes notifications that mean nothing until every netlink socket of that kind by which
it listens has overflowed. From then on all notifications for it are lost (netlink delivers none until the queue is empty)
until it is let go on (SIGCONT, the caller's), reads what was queued and gets ENOBUFS. Prints the sockets and their drops.
"""
import json, os, re, signal, subprocess, sys, time

pid, kind = int(sys.argv[1]), sys.argv[2]
protocol = {"route": 0, "uevent": 15}[kind]


def sockets():
    """{inode: drops} of the process's listening netlink sockets of that protocol."""
    mine = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            continue
        if link:
            mine.add(link[1])
    with open("/proc/net/netlink") as table:
        rows = [line.split() for line in table][1:]
    return {row[9]: int(row[8]) for row in rows if row[9] in mine and int(row[1]) == protocol and int(row[3], 16) != 0}


def flood_uevents():
    fd = os.open("/sys/class/mem/null/uevent", os.O_WRONLY)
    for _ in range(300):
        os.write(fd, b"change")
    os.close(fd)


def flood_routes():
    """Loopback's size and one more loopback address: link, address and route groups all hear of it."""
    there = "link set dev lo mtu 65535\naddr add 127.9.9.9/32 dev lo\n"
    back = "link set dev lo mtu 65536\naddr del 127.9.9.9/32 dev lo\n"
    subprocess.run(["ip", "-batch", "-"], input=(there + back) * 100, text=True, check=True)


before = sockets()
if not before:
    raise SystemExit(f"process {pid} listens by no {kind} socket")
os.kill(pid, signal.SIGSTOP)
deadline = time.monotonic() + 60
while any(drops <= before.get(inode, 0) for inode, drops in sockets().items()):
    if time.monotonic() > deadline:
        os.kill(pid, signal.SIGCONT)
        raise SystemExit(f"no overflow of {before} within 60 s: {sockets()}")
    flood_uevents() if kind == "uevent" else flood_routes()
print(json.dumps(sockets()))
