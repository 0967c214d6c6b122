"""The rig's hand in the guest: runs commands that come over a virtio port and says what they print and how they end.

A frame is its length (4 bytes, big-endian) and JSON. From the host: {clock}, {id, command, input?}, {id, signal}.
To the host: {ready}, {id, pid}, {id, out|err: base64}, {id, code}. One thread, one poll: commands run side by side, and
when one ends, what it has printed is read to the last byte first, even if a child of it still holds the pipe.
"""
import base64, glob, json, os, select, signal, struct, subprocess, time


def open_port(name):
    for entry in glob.glob("/sys/class/virtio-ports/*"):
        with open(entry + "/name") as file:
            if file.read().strip() == name:
                return os.open("/dev/" + os.path.basename(entry), os.O_RDWR)
    raise SystemExit("no port named " + name)


port = open_port("rig.shell")
poll = select.poll()
poll.register(port, select.POLLIN)
running = {}  # id: {process, pidfd, pipes: {fd: "out" or "err"}}
owners = {}  # fd: id


def send(message):
    body = json.dumps(message).encode()
    frame = memoryview(struct.pack(">I", len(body)) + body)
    while frame:
        frame = frame[os.write(port, frame) :]


def start(id, command, given):
    stdin = os.memfd_create("input")
    os.write(stdin, given.encode())
    os.lseek(stdin, 0, os.SEEK_SET)
    process = subprocess.Popen(
        ["/bin/bash", "-c", command], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, bufsize=0
    )
    os.close(stdin)
    pipes = {process.stdout.fileno(): "out", process.stderr.fileno(): "err"}
    pidfd = os.pidfd_open(process.pid)
    running[id] = {"process": process, "pidfd": pidfd, "pipes": pipes}
    for fd in (*pipes, pidfd):
        os.set_blocking(fd, False)
        owners[fd] = id
        poll.register(fd, select.POLLIN)
    send({"id": id, "pid": process.pid})


def drain(id, fd, stream, chunks):
    """Reads at most `chunks` pieces, so that a loud command does not starve the others."""
    for _ in range(chunks):
        try:
            data = os.read(fd, 65536)
        except BlockingIOError:
            return
        if not data:
            if owners.pop(fd, None) is not None:
                poll.unregister(fd)
            return
        send({"id": id, stream: base64.b64encode(data).decode()})


def finish(id):
    entry = running.pop(id)
    for fd, stream in entry["pipes"].items():
        if fd in owners:
            drain(id, fd, stream, 1 << 20)
    for fd in (*entry["pipes"], entry["pidfd"]):
        if owners.pop(fd, None) is not None:
            poll.unregister(fd)
    os.close(entry["pidfd"])
    process = entry["process"]
    code = process.wait()
    process.stdout.close()
    process.stderr.close()
    send({"id": id, "code": code if code >= 0 else 128 - code})


def take(message):
    if "clock" in message:
        time.clock_settime(time.CLOCK_REALTIME, message["clock"] / 1000)
    elif "command" in message:
        start(message["id"], message["command"], message.get("input", ""))
    elif message["id"] in running:
        try:
            os.killpg(running[message["id"]]["process"].pid, signal.Signals[message["signal"]])
        except ProcessLookupError:
            pass


send({"ready": True})
received = b""
while True:
    for fd, _ in poll.poll():
        if fd == port:
            data = os.read(port, 65536)
            if not data:
                raise SystemExit("the host has gone")
            received += data
            while len(received) >= 4 and len(received) >= 4 + struct.unpack(">I", received[:4])[0]:
                end = 4 + struct.unpack(">I", received[:4])[0]
                take(json.loads(received[4:end]))
                received = received[end:]
        elif fd in owners:
            id = owners[fd]
            if fd == running[id]["pidfd"]:
                finish(id)
            else:
                drain(id, fd, running[id]["pipes"][fd], 4)
