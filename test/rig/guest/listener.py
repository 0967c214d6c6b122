"""listener.py uevent|route: says what a plain netlink listener hears, one line each, and `ENOBUFS` where it was told of a loss."""
import errno, socket, struct, sys

uevent = sys.argv[1] == "uevent"
listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15 if uevent else 0)
listener.bind((0, 1 if uevent else 0x1 | 0x10 | 0x40))  # the kernel's own uevents; link, IPv4 address, IPv4 route
print("listening", flush=True)
while True:
    try:
        data = listener.recv(65536)
    except OSError as error:
        if error.errno != errno.ENOBUFS:
            raise
        print("ENOBUFS", flush=True)
        continue
    if uevent:
        print(data.split(b"\0")[0].decode(), flush=True)
    else:
        kind, index = struct.unpack_from("=H", data, 4)[0], struct.unpack_from("=i", data, 20)[0]
        print(f"type {kind} index {index}", flush=True)
